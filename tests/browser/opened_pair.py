"""Two maps side by side, open in a browser."""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from models import gallery
from tests.browser.opened_map import OpenedMap

A, B = "mnist-beta-0.3", gallery.REFERENCE
"""Two models whose codes all but fill the shared window."""
PAIR = f"?a={A}&b={B}"
SEVEN = [(0.2, 0.25), (0.75, 0.25), (0.45, 0.85)]
"""A stroke, in shares of the pad's side."""


class OpenedPair(OpenedMap):
    """As OpenedMap, of two."""

    name = "side-by-side"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.panes = page.get_by_test_id("pane")
        self.plots = page.locator(".lse-plot")

    def side(self, letter: str) -> Locator:
        """Everything of one side."""
        return self.page.locator(f"[data-side={letter}]")

    def models(self) -> list[str | None]:
        """Which two models show."""
        return [self.side(letter).get_attribute("data-model") for letter in "AB"]

    def points_of_both(self) -> list[str]:
        """What the canvases of the points show, to compare."""
        return self.page.locator(".lse-points").evaluate_all("all => all.map(canvas => canvas.toDataURL())")

    def picker(self, letter: str) -> Locator:
        """The list of models of a side."""
        return self.page.get_by_label(f"model {letter}", exact=True)

    def put(self, letter: str, name: str) -> None:
        """Choose a shipped model for a side and wait until the points stand still."""
        self.picker(letter).select_option(name)
        expect(self.side(letter)).to_have_attribute("data-model", name)
        expect(self.root).to_have_attribute("data-gliding", "false")

    def place_on(self, letter: str, z: Sequence[float]) -> tuple[float, float]:
        """Where a point of the latent space stands on the screen, on one side."""
        return self.place(z, "AB".index(letter))

    def fold(self, name: str) -> None:
        """Close a section by its headline."""
        self.page.locator(f"[data-fold={name}] > summary").click()
        expect(self.page.locator(f"[data-fold={name}]")).not_to_have_attribute("open", "")

    def z_of(self, letter: str) -> list[float]:
        """Where the handle of a side is."""
        return [float(text) for text in (self.side(letter).get_attribute("data-z") or "").split(",")]

    def draw(self, *strokes: Sequence[tuple[float, float]]) -> None:
        """Draw on the pad by mouse, in shares of its side."""
        pad = self.page.locator(".lse-pad-canvas").first
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        for stroke in strokes:
            places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in places[1:]:
                self.page.mouse.move(*place, steps=8)
            self.page.mouse.up()

    def axis_ranges(self) -> list[list[list[float]]]:
        """For each map, what Plotly's two axes span."""
        return self.page.locator(".lse-axes").evaluate_all(
            "all => all.map(({ layout }) => [layout.xaxis.range, layout.yaxis.range])"
        )


def centre(opened: OpenedPair, letter: str, selector: str) -> tuple[float, float]:
    box = opened.side(letter).locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
