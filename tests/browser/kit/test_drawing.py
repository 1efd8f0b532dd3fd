"""What is drawn on the pad comes to the networks as MNIST's digits come: in their size, in their place, and steady."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from models.data import Dataset
from tests.browser.blank_page import DRAWING, blank_page, teach
from tests.browser.opened_map import TWO_FRAMES

CENTRED = """([drawings, factor]) => drawings.map(ink => {
    const [side, length] = [Math.sqrt(ink.length), factor * Math.sqrt(ink.length)];
    const enlarged = Float32Array.from({ length: length * length }, (_, i) => {
        return ink[Math.floor(i / length / factor) * side + Math.floor((i % length) / factor)];
    });
    const digit = centred(enlarged);
    return digit && Array.from(digit);
})"""
BINARISED = "images => images.map(grey => Array.from(binarised(Float32Array.from(grey))))"
OPEN_PAD = """() => {
    document.body.innerHTML = '<div style="width: 448px"></div>';
    window.seen = [];
    window.ended = new AbortController();
    window.pad = new Pad(document.querySelector("div"), ended.signal, { changed: (ink, final) => {
        seen.push({ ink: ink && Array.from(ink), final, time: document.timeline.currentTime });
    } });
}"""
Stroke = list[tuple[float, float]]
SIDE = 120


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows how drawings become digits."""
    with blank_page(browser, DRAWING) as page:
        yield page


@pytest.fixture
def pad(new_context: Callable[..., BrowserContext]) -> Page:
    """A page with a pad; what it tells is in ``seen``."""
    page = new_context(has_touch=True).new_page()
    teach(page, DRAWING)
    page.evaluate(OPEN_PAD)
    return page


def drawing(seed: int, side: int = SIDE) -> np.ndarray:
    """Three soft strokes between random points of the middle, [side, side]."""
    ends = np.random.default_rng(seed).uniform(0.3, 0.7, (3, 2, 2)) * side
    places = np.stack(np.meshgrid(*2 * [np.arange(side)], indexing="ij"), axis=-1)
    shares = np.linspace(0, 1, 40)[:, None]
    dots = np.concatenate([first + shares * (second - first) for first, second in ends])
    distance = np.linalg.norm(places[:, :, None] - dots, axis=-1).min(axis=-1)
    return np.clip(0.04 * side + 0.5 - distance, 0, 1)


def digits_of(page: Page, drawings: list[np.ndarray], factor: int = 1) -> np.ndarray:
    """Each drawing, enlarged ``factor`` times, as a digit [28, 28]."""
    return np.array(page.evaluate(CENTRED, [[each.ravel().tolist() for each in drawings], factor])).reshape(-1, 28, 28)


def box_of(image: np.ndarray) -> list[int]:
    """Height and width of what has ink."""
    return [int(np.ptp(np.flatnonzero(image.any(axis=axis)))) + 1 for axis in (1, 0)]


def centre_of(image: np.ndarray) -> np.ndarray:
    """The centre of mass, the first pixel being 0."""
    return np.array([(image.sum(axis=axis) * np.arange(28)).sum() for axis in (1, 0)]) / image.sum()


def test_mnist_itself_has_its_centres_of_mass_at_fourteen_and_its_digits_in_twenty_pixels(mnist_test: Dataset) -> None:
    images = mnist_test.pixels.numpy().astype(float)
    centres = np.array([centre_of(image) for image in images])
    assert np.abs(centres - 14).max() <= 0.5
    assert centres.mean(axis=0) == pytest.approx([14, 14], abs=0.02)
    assert np.mean([max(box_of(image)) == 20 for image in images]) > 0.999


def test_a_drawing_becomes_as_large_as_mnists_digits_and_lies_where_they_do(javascript: Page) -> None:
    drawings = [drawing(seed) for seed in range(8)]
    for ink, digit in zip(drawings, digits_of(javascript, drawings), strict=True):
        assert max(box_of(digit)) == 20
        assert np.abs(centre_of(digit) - 14).max() <= 0.5 + 1e-6
        zoom = 20 / max(box_of(ink))
        assert min(box_of(digit)) == pytest.approx(min(box_of(ink)) * zoom, abs=1)
        assert digit.sum() == pytest.approx(ink.sum() * zoom**2, rel=1e-5)
        assert digit.min() >= 0
        assert digit.max() <= 1 + 1e-6


@pytest.mark.parametrize(("down", "right"), [(0, 0), (-20, 7), (13, -31)])
def test_where_it_is_drawn_does_not_matter(javascript: Page, down: int, right: int) -> None:
    moved = np.roll(drawing(0), (down, right), axis=(0, 1))
    first, second = digits_of(javascript, [drawing(0), moved])
    assert np.array_equal(first, second)


@pytest.mark.parametrize("factor", [2, 3])
def test_how_large_it_is_drawn_does_not_matter(javascript: Page, factor: int) -> None:
    (small,), (large,) = (digits_of(javascript, [drawing(1)], times) for times in (1, factor))
    assert np.abs(small - large).max() <= 1e-5


def test_a_digit_of_mnist_comes_back_as_it_was(javascript: Page, mnist_test: Dataset) -> None:
    images = mnist_test.pixels[:50].numpy() / 255
    found = digits_of(javascript, list(images), 10)
    assert np.abs(found - images).max() <= 1e-5


def test_nothing_is_lost_where_the_centre_of_mass_lies_far_out(javascript: Page) -> None:
    ink = np.zeros((SIDE, SIDE))
    ink[10:90, 30] = 1
    ink[90:110, 20:40] = 1
    (digit,) = digits_of(javascript, [ink])
    assert digit.sum() == pytest.approx(ink.sum() * (20 / 100) ** 2, rel=1e-5)
    assert max(box_of(digit)) == 20


def test_one_pixel_of_ink_is_enough_and_none_is_no_digit(javascript: Page) -> None:
    dot, nothing = np.zeros((2, SIDE, SIDE))
    dot[-1, -1] = 0.5
    (digit,) = digits_of(javascript, [dot])
    assert box_of(digit) == [20, 20]
    assert digit.max() == pytest.approx(0.5)
    assert javascript.evaluate(CENTRED, [[nothing.ravel().tolist()], 1]) == [None]


def test_x_is_on_as_often_as_the_grey_level_says_and_steady(javascript: Page) -> None:
    levels = [0, 0.1, 0.5, 0.9, 1]
    found = np.array(javascript.evaluate(BINARISED, [[level] * 784 for level in [*levels, *levels]]))
    assert set(found.ravel()) == {0, 1}
    assert np.array_equal(found[:5], found[5:])
    assert (np.diff(found[:5], axis=0) >= 0).all()
    for share, level in zip(found[:5].mean(axis=1), levels, strict=True):
        assert share == pytest.approx(level, abs=4 * (level * (1 - level) / 784) ** 0.5)


# The pad


def on_pad(pad: Page, x: float, y: float) -> tuple[float, float]:
    box = pad.locator("canvas").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw(pad: Page, stroke: Stroke) -> None:
    pad.mouse.move(*on_pad(pad, *stroke[0]))
    pad.mouse.down()
    for place in stroke[1:]:
        pad.mouse.move(*on_pad(pad, *place), steps=5)
    pad.mouse.up()


def told(pad: Page) -> list[dict]:
    pad.evaluate(TWO_FRAMES)  # a finger's or a pen's moves come with the next frame
    return pad.evaluate("seen")


BAR: Stroke = [(0.2, 0.2), (0.8, 0.2)]
STEM: Stroke = [(0.8, 0.2), (0.4, 0.8)]


def test_a_stroke_is_told_of_once_a_frame_and_once_when_it_ends(pad: Page) -> None:
    draw(pad, BAR)
    *during, last = told(pad)
    assert last["final"]
    assert not any(each["final"] for each in during)
    frames = [each["time"] for each in during]
    assert len(frames) == len(set(frames))
    digit = np.array(last["ink"]).reshape(28, 28)
    assert box_of(digit)[1] == 20
    assert digit.max() == pytest.approx(1, abs=1e-4)


def test_undo_takes_the_last_stroke_back_and_clear_all_of_them(pad: Page) -> None:
    draw(pad, BAR)
    one = told(pad)[-1]["ink"]
    draw(pad, STEM)
    assert told(pad)[-1]["ink"] != one
    pad.get_by_role("button", name="Undo").press("Enter")
    assert told(pad)[-1]["ink"] == one
    draw(pad, STEM)
    pad.get_by_role("button", name="Clear").press("Enter")
    assert (told(pad)[-1]["ink"], told(pad)[-1]["final"]) == (None, True)
    assert pad.get_by_role("button", name="Clear").is_disabled()


def test_a_finger_draws_what_a_mouse_draws(pad: Page) -> None:
    draw(pad, BAR)
    by_mouse = np.array(told(pad)[-1]["ink"])
    pad.evaluate("pad.clear()")
    session = pad.context.new_cdp_session(pad)
    for kind, place in zip(("touchStart", "touchMove"), BAR, strict=True):
        x, y = on_pad(pad, *place)
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert told(pad)[-1]["final"]
    assert np.abs(np.array(told(pad)[-1]["ink"]) - by_mouse).max() <= 0.02


def test_a_tap_leaves_a_dot_and_another_button_than_the_first_nothing(pad: Page) -> None:
    pad.mouse.click(*on_pad(pad, 0.5, 0.5), button="right")
    assert told(pad) == []
    pad.mouse.click(*on_pad(pad, 0.5, 0.5))
    assert box_of(np.array(told(pad)[-1]["ink"]).reshape(28, 28)) == [20, 20]


def test_once_it_has_ended_the_pad_is_silent(pad: Page) -> None:
    pad.evaluate("ended.abort()")
    draw(pad, BAR)
    assert told(pad) == []
