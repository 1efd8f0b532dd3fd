"""A run view open in a browser, over the made-up run of run_view_app.py."""

from playwright.sync_api import Page, expect

from tests.browser.opened_map import OpenedMap, measured, says

FRAMES = ("mnist-beta-30", "mnist-beta-10", "mnist-beta-3", "mnist-beta-1", "mnist-beta-0.1", "mnist-beta-0")
"""The shipped models that stand in for the frames of a run, in order."""
GAP = 200
"""Steps from one frame to the next."""
ROWS = ("loss", "reconstruction", "kl", "negative_elbo", "spread", "mean_sigma")


class OpenedRun(OpenedMap):
    """As OpenedMap, with a timeline."""

    name = "run-view"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.slider = page.get_by_test_id("timeline")
        self.live = page.get_by_test_id("live")
        self.play = page.get_by_test_id("play")
        self.panes = page.get_by_test_id("pane")

    def record_frame(self) -> None:
        """Let the run go on to its next frame, as the server sees it."""
        before = int(self.root.get_attribute("data-frames") or 0)
        self.page.get_by_role("button", name="Next frame").click()
        expect(self.root).to_have_attribute("data-frames", str(before + 1))

    def scrub(self, step: int) -> None:
        """Put the thumb of the timeline at a step."""
        self.slider.fill(str(step))

    def wait_for_frame(self, number: int) -> None:
        """Until that frame shows and stands still."""
        expect(self.root).to_have_attribute("data-step", str(GAP * number))
        expect(self.root).to_have_attribute("data-gliding", "false")

    def assert_numbers(self, name: str, column: int = 0) -> None:
        """That column of the table holds the metrics of the model ``name``."""
        rows = self.root.get_by_test_id("numbers").locator("tbody tr").all()
        for row, key in zip(rows, ROWS, strict=True):
            assert says(row.locator("td").nth(column).inner_text(), measured(name)[key])

    def cursor_step(self) -> float:
        """Where on the axis of steps the line in the curves stands."""
        return self.page.get_by_test_id("curves").evaluate(
            """curves => {
                const axis = curves.querySelector(".lse-lines")._fullLayout.xaxis;
                const at = new DOMMatrix(getComputedStyle(curves.querySelector(".lse-cursor")).transform).e;
                return axis.p2l(at - axis._offset);
            }"""
        )
