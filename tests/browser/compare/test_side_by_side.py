"""Two linked maps in the browser: one pointer, one handle and one selection for both models."""

import csv
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Download, Route, expect

from explorer.server import link
from models import gallery
from models.data import Dataset
from models.evaluation import fixed_images
from models.objective import terms
from tests.browser.opened_map import OpenedMap, decoded, lonely_image, says
from tests.browser.opened_pair import PAIR, SEVEN, A, B, OpenedPair, centre
from tests.conftest import seeded

FIRST = [link.defaults(link.COMPARE)[side] for side in "ab"]
BETA_0_AND_1 = "?a=mnist-beta-0&b=mnist-beta-1"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 3}


def mean_of(name: str, image: int) -> list[float]:
    return gallery.read(name).codes.mean[image].tolist()


def test_the_numbers_of_a_side_are_its_models(open_pair: Callable) -> None:
    opened = open_pair(BETA_0_AND_1, shared=True)
    opened.wait_for_axes()
    for letter, name in zip("AB", opened.models(), strict=True):
        brief = opened.side(letter).get_by_test_id("brief").locator("dd").all_inner_texts()
        metrics = gallery.read(name).metrics
        for text, key in zip(brief, ("reconstruction", "kl", "negative_elbo"), strict=True):
            assert text.split()[-1] == "nats"
            assert says(text.split()[0], metrics[key])
    expect(opened.side("A").locator(".lse-floor")).to_contain_text("σ is kept above 0.000006")
    expect(opened.side("B").locator(".lse-floor")).to_be_empty()


def test_axes_have_one_aspect_and_are_common_unless_each_is_to_fit(open_pair: Callable) -> None:
    opened = open_pair(BETA_0_AND_1, shared=True)
    opened.wait_for_axes()
    spreads = [gallery.read(name).codes.mean.abs().max() for name in opened.models()]
    for scale in ("shared", "fit", "own"):
        opened.page.locator(f"[data-scale={scale}]").click()
        opened.page.wait_for_url(lambda url, scale=scale: f"scale={scale}" in url)
        expect(opened.root).to_have_attribute("data-gliding", "false")
        axes = opened.axis_ranges()
        widths = [right - left for (left, right), _ in axes]
        assert [high - low for _, (low, high) in axes] == pytest.approx(widths), scale
        assert (widths[0] == pytest.approx(widths[1])) == (scale != "own"), scale
        if scale == "own":
            assert all(width > spread for width, spread in zip(widths, spreads, strict=True))


@pytest.mark.slow
def test_an_image_under_the_pointer_lights_up_on_both_maps(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_axes()
    image = lonely_image(A)
    opened.page.mouse.move(*opened.place_on("A", mean_of(A, image)))
    for letter, name in (("A", A), ("B", B)):
        expect(opened.side(letter).get_by_test_id("lit")).to_be_visible()
        wanted = opened.place_on(letter, mean_of(name, image))
        assert centre(opened, letter, ".lse-lit") == pytest.approx(wanted, abs=1)
    opened.page.mouse.move(2, 2)
    expect(opened.page.get_by_test_id("lit").filter(visible=True)).to_have_count(0)


def test_the_classes_are_joined_where_their_names_stand(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_axes()
    threads = opened.page.locator(".lse-thread-class")
    expect(threads).to_have_count(0)
    opened.page.get_by_test_id("lines").click()
    expect(threads).to_have_count(10)
    assert opened.query["lines"] == "on"
    overlay = opened.page.get_by_test_id("threads").bounding_box()
    for digit in (0, 7):
        for letter, ends in (("A", ("x1", "y1")), ("B", ("x2", "y2"))):
            x, y = (float(threads.nth(digit).get_attribute(end)) for end in ends)
            name = opened.side(letter).locator(".lse-letter").nth(digit)
            plot = opened.side(letter).locator(".lse-plot").bounding_box()
            wanted = (plot["x"] + float(name.get_attribute("x")), plot["y"] + float(name.get_attribute("y")))
            assert (overlay["x"] + x, overlay["y"] + y) == pytest.approx(wanted, abs=1)
    toggle = opened.page.locator(".lse-legend button").first
    toggle.click()
    expect(threads).to_have_count(9)
    toggle.click()
    expect(threads).to_have_count(10)
    opened.page.get_by_test_id("lines").click()
    expect(threads).to_have_count(0)
    opened.page.wait_for_url(lambda url: "lines" not in url and "digits" not in url)


def test_a_model_that_does_not_come_is_named_and_the_other_stays(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_silence()
    opened.break_requests(r"mnist-beta-3-[0-9a-f]+\.")
    opened.picker("A").select_option("mnist-beta-3")
    expect(opened.error).to_contain_text("could not be loaded")
    assert opened.models() == [A, B]
    opened.mend_requests()
    opened.put("A", "mnist-beta-3")
    expect(opened.error).to_be_hidden()
    opened.put("A", A)
    opened.wait_for_silence()


@pytest.mark.slow
def test_a_click_draws_both_ellipses_to_scale_and_the_link_says_on_which_map_it_was(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_axes()
    opened.choose_image(7)
    image = lonely_image(B)
    opened.page.mouse.click(*opened.place_on("B", mean_of(B, image)))
    expect(opened.root).to_have_attribute("data-image", str(image))
    for letter, name in (("A", A), ("B", B)):
        ring = opened.side(letter).locator(".lse-ellipse").first
        scale = opened.side(letter).locator(".lse-plot").bounding_box()["width"] / 8
        for radius, sigma in zip(("rx", "ry"), gallery.read(name).codes.stddev[image].tolist(), strict=True):
            assert float(ring.get_attribute(radius)) == pytest.approx(sigma * scale, rel=1e-3)
    opened.page.wait_for_url("**lead=b*")
    z = opened.z
    opened.page.reload()
    opened.wait_until_ready()
    assert opened.z == z == pytest.approx(mean_of(B, image), abs=1e-3)


def test_one_handle_is_decoded_by_both_decoders_without_a_word_to_the_server(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.page.locator("[data-handles=linked]").click()
    opened.wait_for_the_last_file()
    sent, asked = len(opened.frames), len(opened.requests)
    opened.grab()
    opened.page.mouse.move(*opened.place((0.6, -0.8)), steps=10)
    opened.wait_for_z((0.6, -0.8))
    assert len(opened.frames) == sent
    assert opened.requests[asked:] == []
    z = [float(text) for text in opened.root.get_attribute("data-z").split(",")]
    for letter, name in (("A", A), ("B", B)):
        picture = opened.picture(opened.side(letter).get_by_test_id("decoded"))
        assert np.abs(picture - decoded(name, z)).max() <= 1
        wanted = opened.place_on(letter, z)  # scrolls there
        assert centre(opened, letter, ".lse-handle") == pytest.approx(wanted, abs=1)
    opened.page.mouse.up()


def test_a_zoom_on_one_map_is_a_zoom_on_both(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.wait_for_axes()
    opened.side("B").locator("[data-zoom=in]").click()
    opened.page.wait_for_url("**view=*")
    first, second = opened.axis_ranges()
    assert first == second
    assert first[0][1] - first[0][0] == pytest.approx(8 / 1.5)
    opened.page.locator("[data-scale=follow]").click()
    opened.page.wait_for_url(lambda url: "view" not in url)


def test_the_receipt_of_an_image_adds_up_to_what_torch_says_it_costs(open_pair: Callable, mnist_test: Dataset) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.choose_image(7)
    receipt = opened.page.get_by_test_id("receipt")
    expect(receipt).to_have_attribute("data-ready", "true")
    totals = [float(text) for text in receipt.get_attribute("data-total").split(",")]
    x, noise = fixed_images(mnist_test)[7:8], torch.randn(4000, 1, 2, generator=seeded())
    for name, total in zip((A, B), totals, strict=True):
        with torch.no_grad():
            loss = sum(term.item() for term in terms(gallery.read(name).vae(), x, noise))
        assert total == pytest.approx(loss, abs=0.1)  # what 4,000 draws leave open


def saved(opened: OpenedMap, press: Callable[[], None]) -> Download:
    with opened.page.expect_download() as download:
        press()
    return download.value


def test_the_maps_are_saved_as_a_picture_and_as_a_table(open_pair: Callable, tmp_path: Path) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.choose_image(7)
    opened.wait_for_axes()
    buttons = opened.page.locator(".lse-save-maps button")
    table = saved(opened, buttons.filter(has_text="CSV").click)
    table.save_as(tmp_path / "maps.csv")
    head, *body = csv.reader((tmp_path / "maps.csv").read_text().splitlines())
    assert len(body) == 20_000
    codes = gallery.read(B).codes
    row = dict(zip(head, body[10_007], strict=True))
    assert (row["side"], row["model"], row["image"], row["class"]) == ("B", "β = 1", "7", str(codes.label[7].item()))
    assert float(row["mean z2"]) == pytest.approx(codes.mean[7, 1].item(), rel=1e-6)
    picture = saved(opened, buttons.filter(has_text="PNG").click)
    picture.save_as(tmp_path / "maps.png")
    width, height = struct.unpack(">II", (tmp_path / "maps.png").read_bytes()[16:24])
    assert width > 1.5 * height > 1000


@pytest.mark.slow
def test_dragging_a_handle_of_the_plane_puts_another_model_on_the_map(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.unfold("plane")
    expect(opened.page.locator("[data-testid=plane][data-ready=true]")).to_be_attached()
    handle = opened.page.get_by_test_id("plane").locator("[data-letter=B]")
    handle.focus()
    handle.press("ArrowLeft")
    expect(opened.side("B")).not_to_have_attribute("data-model", B)
    opened.put("B", B)
    opened.fold("plane")


@pytest.mark.slow
def test_an_image_that_is_still_to_come_is_billed_by_its_stored_terms(open_pair: Callable, mnist_folder: Path) -> None:
    opened = open_pair(PAIR)
    held: list[Route] = []
    opened.page.route("**/mnist-test-*", lambda route: held.append(route))
    opened.page.goto(f"{opened.page.url}&image=7")
    receipt = opened.page.get_by_test_id("receipt")
    expect(receipt).to_contain_text("is loading")
    expect(receipt).to_have_attribute("data-ready", "false")
    codes = gallery.read(B).codes
    assert f"{codes.reconstruction[7].item():.1f}" in receipt.inner_text()
    for route in held:
        route.continue_()
    expect(receipt).to_have_attribute("data-ready", "true")
    expect(receipt).not_to_contain_text("is loading")


@pytest.mark.slow
def test_the_link_holds_the_pair_and_the_view(open_pair: Callable) -> None:
    query = f"{PAIR}&z=0.5,-0.25&image=7&digits=0137&scale=fit&lines=on&draw=12"
    opened = open_pair(query)
    opened.wait_for_axes()
    assert opened.query == {
        "a": A, "b": B, "z": "0.5,-0.25", "image": "7", "digits": "0137", "scale": "fit", "lines": "on", "draw": "12",
    }  # fmt: skip
    expect(opened.page.locator(".lse-thread-class")).to_have_count(4)
    opened.put("A", "mnist-beta-10")
    opened.page.wait_for_url("**a=mnist-beta-10*")
    opened.page.reload()
    opened.wait_until_ready()
    assert opened.models() == ["mnist-beta-10", B]


def test_a_bad_link_opens_the_default_pair(open_pair: Callable) -> None:
    opened = open_pair("?a=nonsense&b=run-0123456789abcdef@7&draw=-1&scale=huge")
    assert opened.models() == FIRST


@pytest.fixture
def phone(open_pair: Callable) -> OpenedPair:
    opened = open_pair(PAIR, anywhere=True, **PHONE)
    opened.wait_for_axes()
    return opened


@pytest.mark.slow
def test_on_a_phone_one_map_follows_the_other_and_nothing_scrolls_sideways(phone: OpenedPair) -> None:
    first, second = (phone.side(letter).locator(".lse-stage").bounding_box() for letter in "AB")
    assert first["y"] + first["height"] <= second["y"]
    assert first["width"] == second["width"] > 340
    assert phone.page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")


@pytest.mark.slow
def test_on_a_phone_a_thumb_draws(phone: OpenedPair) -> None:
    pad = phone.page.get_by_test_id("pad").locator("canvas").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    session = phone.page.context.new_cdp_session(phone.page)
    for kind, (x, y) in zip(("touchStart", "touchMove", "touchMove"), SEVEN, strict=True):
        point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.page.get_by_test_id("given").locator("figure")).to_have_count(4)
    expect(phone.side("B").locator("circle.lse-guest")).to_have_count(1)
