"""A drawing keeps its shape in a link."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from explorer.server import link
from tests.browser.blank_page import blank_page, modules

Stroke = list[tuple[int, int]]


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows how a drawing becomes text."""
    with blank_page(browser, modules("strokes")) as page:
        yield page


def loop(seed: int, points: int) -> Stroke:
    """A smooth loop from the first to the last corner of the pad's coordinates."""
    first, second = np.random.default_rng(seed).uniform(0.5, 3, 2)
    turn = np.linspace(0, 2 * np.pi, points)
    places = np.stack([256 - 255.5 * np.cos(first * turn), 256 + 255 * np.sin(second * turn)], axis=1)
    return [(int(x), int(y)) for x, y in places.clip(0, 511).round()]


def simplified(page: Page, stroke: Stroke) -> Stroke:
    return [(x, y) for x, y in page.evaluate("simplified", stroke)]


def distances(points: Stroke, line: Stroke) -> np.ndarray:
    """From each point to the nearest place of a line of straight pieces: of 2,000 places on each piece."""
    shares = np.linspace(0, 1, 2000)[:, None]
    places = np.concatenate([a + shares * (np.array(b) - a) for a, b in zip(np.array(line), line[1:], strict=False)])
    return np.array([np.linalg.norm(places - point, axis=1).min() for point in points])


@pytest.mark.parametrize("seed", range(5))
def test_a_simplified_stroke_stays_within_its_tolerance_and_is_shorter(javascript: Page, seed: int) -> None:
    stroke = loop(seed, 300)
    short = simplified(javascript, stroke)
    assert set(short) <= set(stroke)
    assert (short[0], short[-1]) == (stroke[0], stroke[-1])
    assert 2 < len(short) < len(stroke) / 3
    assert distances(stroke, short).max() <= 1.5 + 0.2


def test_a_straight_line_keeps_its_ends_and_a_dot_is_a_point(javascript: Page) -> None:
    assert simplified(javascript, [(x, 2 * x) for x in range(100)]) == [(0, 0), (99, 198)]
    assert simplified(javascript, [(7, 9)]) == [(7, 9)]
    assert simplified(javascript, [(0, 0), (50, 0), (0, 0)]) == [(0, 0), (50, 0), (0, 0)]


def test_a_drawing_comes_back_from_the_text_that_a_link_may_have(javascript: Page) -> None:
    drawing = [simplified(javascript, loop(seed, 200)) for seed in range(3)] + [[(0, 511)]]
    text = javascript.evaluate("textOf", drawing)
    assert link.clean({"drawing": text}, link.COMPARE)["drawing"] == text
    assert [[tuple(point) for point in stroke] for stroke in javascript.evaluate("strokesOf", text)] == drawing
    assert javascript.evaluate("strokesOf", "") == []


def test_too_long_a_drawing_is_in_no_link(javascript: Page) -> None:
    assert len(javascript.evaluate("textOf", [loop(0, 666)])) == 1998
    assert javascript.evaluate("textOf", [loop(0, 667)]) == ""
