"""Each scene is asked, answered and judged by the real models, on one page that goes through all of them."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from models import gallery
from tests.browser.opened_map import READY_MS


def ready(page: Page, place: str) -> None:
    expect(page.locator("[data-testid=story][data-ready=true]")).to_be_attached(timeout=READY_MS)
    expect(page.get_by_test_id("scene")).to_have_attribute("data-scene", place)


@pytest.fixture(scope="module")
def story(browser: Browser, server: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(READY_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}story")
    ready(page, "1")
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def go(story: Page) -> Callable[[str], Page]:
    """Goes to a scene by the keys of a presenter, from wherever the page is."""

    def to(number: str) -> Page:
        order = story.get_by_test_id("story").get_attribute("data-places").split()
        now = story.get_by_test_id("story").get_attribute("data-place")
        steps = order.index(number) - order.index(now)
        for _ in range(abs(steps)):
            story.keyboard.press("PageDown" if steps > 0 else "PageUp")
        ready(story, number)
        return story

    return to


def answered(page: Page) -> tuple[str, str]:
    """The guess and the truth, once the scene has both."""
    scene = page.get_by_test_id("scene")
    expect(scene).to_have_attribute("data-answered", "true", timeout=READY_MS)
    return scene.get_attribute("data-guess"), scene.get_attribute("data-truth")


def test_every_scene_fits_a_projector_and_has_a_link(go: Callable, story: Page) -> None:
    for number in story.get_by_test_id("story").get_attribute("data-places").split()[:-1]:
        page = go(number)
        assert page.locator(".lse-formula").bounding_box()["y"] + 60 <= 720, number
        assert f"scene={number}" in page.url or number == "1"


def test_the_best_z_costs_no_more_than_the_visitors(go: Callable) -> None:
    page = go("1")
    page.get_by_role("button", name="This is my z").click()
    guess, truth = answered(page)
    assert 50 < float(truth) <= float(guess)


def test_the_circle_without_the_kl_term_holds_99_of_100_codes(go: Callable) -> None:
    page = go("4")
    page.get_by_role("button", name="Switch the KL term off").click()
    _, truth = answered(page)
    distances = np.linalg.norm(gallery.read("mnist-beta-0").codes.mean.numpy(), axis=1)
    assert float(truth) == pytest.approx(np.sort(distances)[9899], abs=0.01)


def test_at_the_largest_weight_no_digit_survives(go: Callable) -> None:
    page = go("5")
    page.get_by_role("button", name="digit 3 survives at beta 30").click()
    page.get_by_role("button", name="Turn the dial").click()
    guess, truth = answered(page)
    assert guess == "|3"
    at_ten, at_thirty = truth.split("|")
    assert len(at_ten) > len(at_thirty) == 0


def test_the_sheet_has_the_guesses(go: Callable, story: Page) -> None:
    go("5")
    story.keyboard.press("PageDown")
    while story.get_by_test_id("scene").count():
        story.keyboard.press("PageDown")
    expect(story.get_by_test_id("sheet").locator("tbody tr")).to_have_count(3)
