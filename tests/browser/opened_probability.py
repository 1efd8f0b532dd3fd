"""The probability page, open in a browser."""

import re
from collections.abc import Sequence

from playwright.sync_api import ConsoleMessage, Locator, expect

from tests.browser.opened_map import OpenedMap
from tests.browser.waiting import wait_until

NUMBER = r"−?\d+\.\d+"


class OpenedProbability(OpenedMap):
    """As OpenedMap, with what is known of one image beside it."""

    name = "probability"
    motion = "no-preference"  # for the fit is played

    def _note_line(self, line: ConsoleMessage) -> None:
        # Streamlit's own way to find out that a page is not the server's root.
        if "/probability/_stcore/" not in line.location["url"]:
            super()._note_line(line)

    def choose(self, name: str) -> None:
        """Switch to a model by the list and wait until the points stand still."""
        self.page.get_by_label("model", exact=True).select_option(name)
        expect(self.root).to_have_attribute("data-model", name)
        expect(self.root).to_have_attribute("data-gliding", "false")

    @property
    def answer(self) -> int:
        """The number of the question whose answer shows."""
        return int(self.root.get_attribute("data-answer") or -1)

    def wait_for_answer(self, after: int = 0) -> None:
        """Until an answer shows to a question newer than ``after``, its fit too where there is an encoder."""
        script = """([name, after]) => {
            const { answer, waits } = document.querySelector(`[data-testid=${name}]`).dataset;
            return Number(answer) > after && waits === "false";
        }"""
        wait_until(self.page, script, [self.name, after])

    @property
    def fit(self) -> Locator:
        return self.page.get_by_test_id("fit")

    def numbers(self, part: str, names: Sequence[str]) -> list[float]:
        """The numbers in bold after their names in the identity or the fit."""
        words = self.page.get_by_test_id(part).inner_text().replace("\n", " ")
        found = [re.search(rf"{re.escape(name)} ({NUMBER})", words) for name in names]
        assert all(found), (names, words)
        return [float(match[1].replace("−", "-")) for match in found]

    def fit_to_the_end(self) -> None:
        """Press the button and wait for the last step."""
        slider = self.fit.locator("input[type=range]")
        expect(slider).to_be_enabled()
        self.fit.get_by_role("button").click()
        expect(self.fit).to_have_attribute("data-step", slider.get_attribute("max"))

    def draw(self, *places: Sequence[float]) -> None:
        """One stroke on the pad, in shares of its side."""
        pad = self.page.get_by_test_id("sketch").locator("canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
        self.page.mouse.move(*corners[0])
        self.page.mouse.down()
        for corner in corners[1:]:
            self.page.mouse.move(*corner, steps=8)
        self.page.mouse.up()

    def colour_at(self, z: Sequence[float]) -> list[int]:
        """Red, green and blue of the map's canvas at a point of the window that all models share."""
        script = """(canvas, [right, down]) => {
            const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, -Math.floor(right * canvas.width), -Math.floor(down * canvas.height));
            return Array.from(copy.getImageData(0, 0, 1, 1).data.slice(0, 3));
        }"""
        return self.page.locator(".lse-points").evaluate(script, [(z[0] + 4) / 8, (4 - z[1]) / 8])
