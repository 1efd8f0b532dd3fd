"""By keyboard alone: an image by its number or from code to code, the classes, the handle, and what is said of it."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, expect

from models import classifier, gallery
from tests.browser.opened_map import SHARED_HALF, OpenedMap
from tests.browser.opened_pair import PAIR, A

CODES = gallery.read(gallery.REFERENCE).codes
STOPS = 60
REFUSAL = "No test image has this number. Type a whole number from 0 to 9,999."
LEAST_PX = 4  # of a step from code to code
# What shows that the keyboard is here: an outline, of the element or of what stands for it, or a stroke in an SVG.
SHOWS_FOCUS = """() => {
    const at = document.activeElement;
    const styles = [getComputedStyle(at), getComputedStyle(at, "::before")];
    const outlined = styles.some(({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && outlineWidth !== "0px");
    return outlined || (at instanceof SVGElement && styles[0].stroke !== "none");
}"""


def tab_to(opened: OpenedMap, part: Locator) -> None:
    """Press the tab key until ``part`` has the focus."""
    part.wait_for(state="attached")
    for _ in range(STOPS):
        opened.page.keyboard.press("Tab")
        if part.evaluate("part => part === document.activeElement"):
            return
    pytest.fail(f"{part} is no stop of the tab key")


def choose(opened: OpenedMap, number: str) -> None:
    """Type a number into the field and press Enter."""
    tab_to(opened, opened.page.get_by_test_id("number").locator("input"))
    enter(opened, number)


def enter(opened: OpenedMap, number: str) -> None:
    opened.page.keyboard.press("Control+A")
    opened.page.keyboard.type(number)
    opened.page.keyboard.press("Enter")


def likeness(name: str, z: tuple[float, ...]) -> str:
    """What a picture's name is to say of what it shows."""
    with torch.no_grad():
        pixels = gallery.read(name).vae().decode(torch.tensor([z])).mean
    probabilities = classifier.read().probabilities(pixels)[0]
    digit, most = int(probabilities.argmax()), float(probabilities.max())
    how = "looks like" if most >= classifier.CONFIDENT else "unclear, most like"
    return f"{how} {'an' if digit == 8 else 'a'} {digit} ({100 * most:.0f} %)"


def place(z: tuple[float, ...]) -> str:
    return ", ".join(f"z{i} = {value:.2f}" for i, value in enumerate(z, 1)).replace("-", "−")


@pytest.mark.slow
def test_every_stop_of_the_tab_key_on_the_map_can_be_seen(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    seen = 0
    for _ in range(STOPS):
        opened.page.keyboard.press("Tab")
        if opened.root.evaluate("root => root.contains(document.activeElement)"):
            seen += 1
            assert opened.page.evaluate(SHOWS_FOCUS), opened.page.evaluate("document.activeElement.outerHTML")
        elif seen:
            break
    assert seen > 15


def test_a_class_is_hidden_and_shown_by_keyboard(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    first, third = (opened.page.get_by_role("button", name=f"class {digit}", exact=True) for digit in (0, 2))
    tab_to(opened, first)
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    expect(third).to_be_focused()
    expect(third).to_have_attribute("aria-pressed", "true")
    opened.page.keyboard.press("Space")
    opened.page.wait_for_url("**/*digits=013456789*")
    expect(opened.letters).to_have_text(list("013456789"))
    expect(third).to_have_attribute("aria-pressed", "false")
    expect(third).to_be_focused()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_url(lambda url: "digits" not in url)
    expect(third).to_have_attribute("aria-pressed", "true")


def test_an_image_is_chosen_by_its_number_on_the_map(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    choose(opened, "42")
    opened.page.wait_for_url("**/*image=42*")
    assert opened.z == pytest.approx(CODES.mean[42].tolist(), abs=1e-4)
    expect(opened.page.get_by_test_id("image").locator("h2")).to_have_text(f"Test image 42, class {CODES.label[42]}")
    expect(opened.page.get_by_role("status").first).to_have_text(f"Test image 42, class {CODES.label[42]}")


@pytest.mark.slow
def test_a_number_that_no_image_has_gets_a_sentence(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    field = opened.page.get_by_test_id("number")
    choose(opened, "7")
    for number in ("10000", "-1", "4.5", "e"):
        enter(opened, number)
        expect(field.get_by_role("alert")).to_have_text(REFUSAL)
        expect(opened.root).to_have_attribute("data-image", "7")
        enter(opened, "7")
        expect(field.get_by_role("alert")).to_be_hidden()


@pytest.mark.slow
def test_the_same_number_again_brings_the_handle_back(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    choose(opened, "42")
    opened.drag((1, 1))
    choose(opened, "42")
    opened.wait_for_z(CODES.mean[42].tolist(), within=1e-3)


def nearest(image: int, axis: int, sign: int, least: float) -> int:
    """The image whose code is the nearest one to another's in a direction, 45 degrees to either side."""
    way = (CODES.mean - CODES.mean[image]).numpy().astype(float)
    along, across = sign * way[:, axis], np.abs(way[:, 1 - axis])
    distance = np.hypot(along, across)
    inside = CODES.mean.abs().amax(dim=1).numpy() <= SHARED_HALF
    return int(np.where((along >= across) & (distance >= least) & inside, distance, np.inf).argmin())


def test_arrow_keys_go_to_the_nearest_code_that_way(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    choose(opened, "42")
    least = LEAST_PX * 2 * SHARED_HALF / opened.box()["width"]
    tab_to(opened, opened.page.get_by_role("application"))
    image = 42
    for key, axis, sign in (("Right", 0, 1), ("Up", 1, 1), ("Left", 0, -1), ("Down", 1, -1)):
        opened.page.keyboard.press(f"Arrow{key}")
        image = nearest(image, axis, sign, least)
        expect(opened.root).to_have_attribute("data-image", str(image))
    words = f"Test image {image}, class {CODES.label[image]}"
    expect(opened.page.get_by_role("status").first).to_have_text(words)


def test_the_pictures_name_follows_the_handle(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.drag((1.5, 0.6))
    tab_to(opened, opened.handle)
    for key in ("Shift+ArrowLeft", "ArrowUp", "ArrowDown", "Shift+ArrowDown"):
        opened.page.keyboard.press(key)
    opened.wait_for_z((1.1, 0.2))
    words = f"{likeness(gallery.REFERENCE, opened.z)}, {place(opened.z)}"
    expect(opened.page.get_by_test_id("decoded")).to_have_attribute("aria-label", f"decoded picture: {words}")
    expect(opened.handle).to_have_attribute("aria-valuetext", words)


@pytest.mark.slow
def test_a_name_changes_once_the_hand_rests(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.drag((-1, 0.5))
    picture = opened.page.get_by_test_id("decoded")
    expect(picture).to_have_attribute("aria-label", re.compile(r"z1 = −(0\.99|1\.0[01])"))
    picture.evaluate(
        """picture => {
            window.names = [];
            new MutationObserver(() => window.names.push(picture.ariaLabel)).observe(picture, { attributes: true });
        }"""
    )
    opened.drag((1.5, 0.5))
    expect(picture).to_have_attribute("aria-label", re.compile(r"z1 = 1\.(49|50|51)"))
    # A drag of five moves and a release; each may rest on a busy machine, but none is said twice.
    names = opened.page.evaluate("window.names")
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_a_class_hidden_on_one_map_is_hidden_on_both(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_axes()
    of = [opened.side(letter).get_by_role("button", name="class 0", exact=True) for letter in "AB"]
    tab_to(opened, of[0])
    opened.page.keyboard.press("Enter")
    for each in of:
        expect(each).to_have_attribute("aria-pressed", "false")
    opened.page.keyboard.press("Enter")
    for each in of:
        expect(each).to_have_attribute("aria-pressed", "true")
    opened.page.wait_for_url(lambda url: "digits" not in url)


def test_a_pad_leads_to_the_field_that_needs_no_pointer(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_axes()
    tab_to(opened, opened.page.get_by_role("button", name="choose a test image by its number"))
    opened.page.keyboard.press("Enter")
    expect(opened.page.get_by_test_id("number").locator("input")).to_be_focused()


@pytest.mark.slow
def test_each_map_of_a_pair_names_its_own_handle_and_picture(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    choose(opened, "42")
    for letter, name in zip("AB", (A, gallery.REFERENCE), strict=True):
        title = f"map {letter}: β = {gallery.read(name).recipe.beta:g}"
        handle, picture = opened.side(letter).get_by_test_id("handle"), opened.side(letter).get_by_test_id("decoded")
        expect(handle).to_have_attribute("aria-label", f"handle of {title}; arrow keys move it")
        words = f"decoded picture of {title}: {likeness(name, opened.z_of(letter))}, {place(opened.z_of(letter))}"
        expect(picture).to_have_attribute("aria-label", words)


@pytest.mark.slow
def test_an_image_is_chosen_by_its_number_on_compare(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_axes()
    choose(opened, "42")
    opened.page.wait_for_url("**/*image=42*")
    codes = gallery.read(A).codes
    expect(opened.page.get_by_test_id("receipt")).to_contain_text(f"Test image 42, class {codes.label[42]}")
    assert opened.z == pytest.approx(codes.mean[42].tolist(), abs=1e-4)


@pytest.mark.slow
def test_an_image_is_chosen_by_its_number_on_probability(open_probability: Callable, mnist_folder: object) -> None:
    opened = open_probability(anywhere=True)
    opened.wait_for_answer()
    choose(opened, "42")
    opened.page.wait_for_url("**/*image=42*")
    expect(opened.page.get_by_test_id("x-name")).to_have_text("x, test image 42")
    expect(opened.page.get_by_test_id("x")).to_have_attribute("aria-label", "x, test image 42")


@pytest.mark.slow
def test_a_hidden_class_is_passed_over(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-1&image=42&digits=0")
    tab_to(opened, opened.page.get_by_role("application"))
    opened.page.keyboard.press("ArrowLeft")
    opened.page.wait_for_url(lambda url: "image=42" not in url)
    assert CODES.label[int(opened.query["image"])] == 0
