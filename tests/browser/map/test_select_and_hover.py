"""A point under the pointer, and a selected one: its pictures, its own terms in nats, its q(z|x) to scale."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from models import gallery
from models.data import Dataset
from models.evaluation import fixed_images
from tests.browser.opened_map import SHARED_HALF, OpenedMap, decoded, lonely_image, says

REFERENCE = gallery.REFERENCE
CODES = gallery.read(REFERENCE).codes


def hover_over(opened: OpenedMap, image: int) -> None:
    opened.page.mouse.move(*opened.place(CODES.mean[image].tolist()))


def click_on(opened: OpenedMap, image: int) -> None:
    opened.page.mouse.click(*opened.place(CODES.mean[image].tolist()))
    expect(opened.root).to_have_attribute("data-image", str(image))


def assert_card_names(opened: OpenedMap, image: int, kind: str) -> None:
    card = opened.page.get_by_test_id("hover")
    expect(card).to_be_visible()
    expect(card).to_have_attribute("data-image", str(image))
    for words in (rf"\bimage {image}\b", rf"\bclass {CODES.label[image]}\b", kind):
        expect(card).to_contain_text(re.compile(words))


def figures(opened: OpenedMap) -> dict[str, np.ndarray]:
    """The pictures of the selected image, by caption."""
    parts = opened.page.get_by_test_id("image").locator("figure").all()
    return {part.locator("figcaption").inner_text(): opened.picture(part.locator("canvas")) for part in parts}


@pytest.mark.slow
def test_hovering_shows_the_original_where_the_files_are_and_the_card_goes_with_the_pointer(
    open_map: Callable, mnist_test: Dataset
) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    opened.choose_image(0)
    expect(opened.page.get_by_test_id("image").locator("figure")).to_have_count(3)
    image = lonely_image(REFERENCE)
    hover_over(opened, image)
    assert_card_names(opened, image, "original")
    shown = opened.picture(opened.page.get_by_test_id("hover").locator("canvas"))
    assert np.array_equal(shown, mnist_test.pixels[image].flatten().numpy())
    opened.page.mouse.move(2, 2)
    expect(opened.page.get_by_test_id("hover")).to_be_hidden()


def test_a_click_selects_the_image_shows_its_pictures_and_a_drag_leaves_it_selected(
    open_map: Callable, mnist_test: Dataset
) -> None:
    opened = open_map(anywhere=True)
    opened.wait_for_axes()
    image = lonely_image(REFERENCE)
    click_on(opened, image)
    opened.page.wait_for_url(f"**/*image={image}*")
    assert opened.z == pytest.approx(CODES.mean[image].tolist(), abs=1e-4)
    expect(opened.page.get_by_test_id("image").locator("figure")).to_have_count(3)
    original, binarised, rebuilt = figures(opened).values()
    assert list(figures(opened)) == ["original", "x, binarised", "decoded at its mean"]
    assert np.array_equal(original, mnist_test.pixels[image].flatten().numpy())
    assert np.array_equal(binarised, 255 * fixed_images(mnist_test)[image].numpy())
    assert np.abs(rebuilt - decoded(REFERENCE, CODES.mean[image].tolist())).max() <= 1
    opened.drag((-0.5, 2))
    opened.wait_for_z_in_the_address()
    assert opened.query["image"] == str(image)
    expect(opened.page.get_by_test_id("image").locator("h2")).to_contain_text(str(image))


@pytest.mark.parametrize("image", [0, 9_999])
def test_a_selected_image_shows_its_own_terms_and_their_sum(open_map: Callable, image: int) -> None:
    opened = open_map(anywhere=True)
    opened.choose_image(image)
    texts = opened.page.get_by_test_id("image").locator("dd").all_inner_texts()
    assert [text.split()[1] for text in texts] == ["nats"] * 3
    reconstruction, kl = CODES.reconstruction[image].item(), CODES.kl[image].item()
    for text, value in zip(texts, [reconstruction, kl, reconstruction + kl], strict=True):
        assert says(text.split()[0], value)


def test_the_ellipses_are_one_and_two_sigma_of_q_to_scale(open_map: Callable) -> None:
    image = lonely_image(REFERENCE)
    opened = open_map(anywhere=True)
    opened.choose_image(image)
    scale = opened.box()["width"] / (2 * SHARED_HALF)
    ellipses = opened.page.locator(".lse-ellipse")
    expect(ellipses).to_have_count(2)
    radii = np.array([[float(each.get_attribute(name)) for name in ("rx", "ry")] for each in ellipses.all()])
    assert radii[1] == pytest.approx(2 * radii[0])
    assert radii[0] == pytest.approx(CODES.stddev[image].numpy() * scale, rel=1e-4)


@pytest.mark.slow
def test_the_ellipses_grow_as_the_window_zooms_in(open_map: Callable) -> None:
    image = lonely_image(REFERENCE)
    z1, z2 = CODES.mean[image].tolist()
    opened = open_map(f"?model={REFERENCE}&image={image}&view={z1:.4f},{z2:.4f},0.5")
    box = opened.box()
    first = opened.page.locator(".lse-ellipse").first
    assert float(first.get_attribute("rx")) == pytest.approx(CODES.stddev[image, 0].item() * box["width"], rel=1e-4)
    assert float(first.get_attribute("cx")) == pytest.approx(box["width"] / 2, abs=0.1)
