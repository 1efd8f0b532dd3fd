"""The dial of the KL weight: turned by keys, marks and wheel, it shows one model for every weight."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from models import gallery
from tests.browser.opened_map import OpenedMap, says
from tests.browser.waiting import wait_until

DIAL = "mnist-dial"
OFF = "mnist-beta-0"


def turned(opened: OpenedMap) -> float:
    """The KL weight that the page says it shows."""
    return float(opened.root.get_attribute("data-beta") or "nan")


def at_rest(opened: OpenedMap, beta: float) -> None:
    expect(opened.root).to_have_attribute("data-beta", f"{beta:g}")
    expect(opened.root).to_have_attribute("data-gliding", "false")


def press_mark(opened: OpenedMap, beta: float) -> None:
    opened.page.locator(f"[data-mark='{beta:g}']").click()
    at_rest(opened, beta)


def assert_decodes(opened: OpenedMap, beta: float) -> None:
    """The picture is that of the dial's decoder at the weight."""
    with torch.no_grad():
        wanted = 255 * gallery.read(DIAL).vae(beta).decode(torch.tensor(opened.z)).mean.numpy()
    assert np.abs(opened.picture() - wanted).max() <= 1


def assert_numbers(opened: OpenedMap, beta: float) -> float:
    """The table holds the averages of the weight, by the dial's table; returns the loss."""
    table = gallery.read(DIAL).table
    assert table is not None
    metrics = table.metrics[int((table.betas - beta).abs().argmin())]
    loss = metrics["reconstruction"] + beta * metrics["kl"]
    cells = opened.page.get_by_test_id("numbers").locator("tbody tr td:last-child").all_inner_texts()
    for cell, value in zip(cells, (loss, metrics["reconstruction"], metrics["kl"]), strict=False):
        assert says(cell.split()[0], value)
    return loss


def test_the_dial_stands_where_the_model_does_and_says_so(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.choose("mnist-beta-3")
    dial = opened.page.get_by_test_id("dial")
    expect(dial).to_have_attribute("role", "slider")
    expect(dial).to_have_attribute("aria-valuenow", "3")
    expect(dial).to_have_attribute("aria-valuetext", "β = 3")
    assert turned(opened) == 3
    opened.choose(gallery.REFERENCE)


def test_at_a_mark_its_loss_stands_beside_that_of_models_for_one_weight(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    press_mark(opened, 10)
    loss = assert_numbers(opened, 10)
    words = opened.page.get_by_test_id("dial-words").inner_text()
    found = re.search(r"loss is ([\d.]+) nats .* have ([\d.]+) to ([\d.]+\d)", words)
    assert found is not None
    assert says(found[1], loss)
    assert float(found[2]) < float(found[3])
    spread = opened.page.get_by_test_id("spread")
    expect(spread).to_be_empty()
    press_mark(opened, 0.01)
    found = re.search(r"spread less .*, ([\d.]+) against ([\d.]+) units of z", spread.inner_text())
    alone = gallery.read("mnist-beta-0.01").metrics["spread"]
    assert found is not None
    assert float(found[1]) < float(found[2])
    assert says(found[2], alone)
    opened.choose(gallery.REFERENCE)


def test_the_end_stop_is_the_model_without_the_kl_term_and_the_switch_leads_back(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    press_mark(opened, 0.3)
    press_mark(opened, 0)
    expect(opened.root).to_have_attribute("data-model", OFF)
    expect(opened.switch).to_have_attribute("aria-checked", "false")
    expect(opened.page.get_by_test_id("dial")).to_have_attribute("aria-valuetext", "β = 0, off")
    opened.switch.click()
    at_rest(opened, 0.3)
    expect(opened.root).to_have_attribute("data-model", f"{DIAL}@0.3")
    opened.choose(gallery.REFERENCE)


def test_the_wheel_turns_it(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    press_mark(opened, 1)
    opened.page.get_by_test_id("dial").hover()
    opened.page.mouse.wheel(0, -100)
    at_rest(opened, 1.25)
    opened.choose(gallery.REFERENCE)


def test_while_a_hand_turns_it_nothing_is_asked_of_the_server(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    press_mark(opened, 3)  # not 1, which needs no table
    opened.wait_for_the_last_file()
    sent, asked = len(opened.frames), len(opened.requests)
    box = opened.page.get_by_test_id("dial").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    opened.page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 0.85 * box["width"], middle, steps=8)
    expect(opened.root).to_have_attribute("data-beta", re.compile(r"^([5-9]|1\d)(\.\d+)?$"))
    assert len(opened.frames) == sent
    assert opened.requests[asked:] == []
    opened.page.mouse.up()
    opened.page.wait_for_url("**/*mnist-dial*")
    opened.choose(gallery.REFERENCE)


@pytest.mark.slow
def test_on_the_way_to_a_mark_it_passes_the_weights_between(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    press_mark(opened, 1)
    opened.page.evaluate(
        """() => {
            const root = document.querySelector("[data-testid=latent-map]");
            window.passed = new Set();
            new MutationObserver(() => window.passed.add(Number(root.dataset.beta)))
                .observe(root, { attributes: true, attributeFilter: ["data-beta"] });
        }"""
    )
    with opened.in_motion():
        for mark in (0.01, 30, 0.1):  # a busy machine may draw nothing on the way
            press_mark(opened, mark)
            if len(opened.page.evaluate("[...window.passed]")) > 3:
                break
    passed = opened.page.evaluate("[...window.passed]")
    assert len(passed) > 3
    assert all(0.01 <= beta <= 30 for beta in passed)
    opened.choose(gallery.REFERENCE)


def test_the_map_opens_on_the_dial_at_one_without_its_table(open_map: Callable) -> None:
    opened = open_map("", fresh=True)
    files = [re.sub("-[0-9a-f]{12}", "", url.rpartition("/")[2]) for url in opened.requests if "/made/" in url]
    assert "mnist-dial.safetensors.gz" in files
    at_rest(opened, 1)
    assert_decodes(opened, 1)
    assert_numbers(opened, 1)
    expect(opened.page.get_by_test_id("numbers").locator("thead th")).to_have_text(["dial, β = 1"])
    assert "model=" not in opened.page.url
    press_mark(opened, 3)
    assert_decodes(opened, 3)
    expect(opened.page.get_by_test_id("numbers").locator("thead th")).to_have_text(["dial, β = 1", "dial, β = 3"])
    press_mark(opened, 1)
    assert "model=" not in opened.page.url


def test_keys_turn_it_and_everything_follows(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    before, dial = opened.points(), opened.page.get_by_test_id("dial")
    dial.press("ArrowRight")
    at_rest(opened, 1.25)
    expect(opened.root).to_have_attribute("data-model", f"{DIAL}@1.25")
    assert opened.points() != before
    dial.press("ArrowRight")
    at_rest(opened, 1.55)
    assert_decodes(opened, 1.55)
    opened.page.wait_for_url(re.compile(f"{DIAL}(@|%40)1.55"))
    points = opened.points()
    opened.page.reload()
    opened.wait_until_ready()
    at_rest(opened, 1.55)
    assert opened.points() == points


@pytest.mark.slow
def test_a_table_that_does_not_come_is_said_and_the_map_stays(open_map: Callable) -> None:
    opened = open_map(broken="mnist-dial-table")
    opened.wait_until_ready()
    # A request that is still answered when the others are mended may fail, and the axes come last.
    wait_until(opened.page, "document.querySelector('.lse-axes .xtick') !== null")
    opened.page.locator("[data-mark='10']").click()
    expect(opened.error).to_contain_text("could not be loaded")
    expect(opened.root).to_have_attribute("data-model", gallery.REFERENCE)
    opened.mend_requests()
    press_mark(opened, 10)
    expect(opened.error).to_be_hidden()


def test_a_link_to_a_weight_between_leads_to_the_nearest_one(open_map: Callable) -> None:
    opened = open_map("?model=mnist-dial@0.37")
    at_rest(opened, 0.367)
    assert_decodes(opened, 0.367)
    assert_numbers(opened, 0.367)
