"""Each side of a comparison has a dial of its own."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from models import gallery
from tests.browser.opened_map import says
from tests.browser.opened_pair import PAIR, SEVEN, A, B, OpenedPair
from tests.browser.waiting import wait_until

DIAL = gallery.DIAL
NEAR = """([given, mean]) => {
    const place = given.dataset.places.split(";")[1]?.split(",").map(Number);
    return place?.every((z, i) => Math.abs(z - mean[i]) < 1e-3);
}"""


def on_dial(opened: OpenedPair, letter: str, beta: float) -> None:
    side = opened.side(letter)
    expect(side).to_have_attribute("data-model", f"{DIAL}@{beta:g}")
    expect(side).to_have_attribute("data-beta", f"{beta:g}")
    expect(opened.root).to_have_attribute("data-gliding", "false")


def assert_decodes(opened: OpenedPair, letter: str, beta: float) -> None:
    """The picture of a side is that of the dial's decoder at the weight."""
    with torch.no_grad():
        wanted = 255 * gallery.read(DIAL).vae(beta).decode(torch.tensor(opened.z)).mean.numpy()
    shown = opened.picture(opened.side(letter).get_by_test_id("decoded"))
    assert np.abs(shown - wanted).max() <= 1


@pytest.mark.slow
def test_one_dial_turns_one_side(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    before = opened.points_of_both()
    dial = opened.side("B").get_by_test_id("dial")
    expect(dial).to_have_attribute("aria-valuetext", "β = 1")
    dial.press("ArrowRight")
    on_dial(opened, "B", 1.25)
    after = opened.points_of_both()
    assert [now == then for now, then in zip(after, before, strict=True)] == [True, False]
    assert opened.models() == [A, f"{DIAL}@1.25"]
    dial.press("ArrowRight")
    on_dial(opened, "B", 1.55)
    table = gallery.read(DIAL).table
    assert table is not None
    metrics = table.metrics[int((table.betas - 1.55).abs().argmin())]
    shown = opened.side("B").get_by_test_id("brief").locator("dd").all_inner_texts()
    for text, name in zip(shown, ("reconstruction", "kl", "negative_elbo"), strict=True):
        assert says(text.split()[0], metrics[name])
    expect(opened.picker("B")).to_have_value(DIAL)
    opened.page.wait_for_url(re.compile(f"b={DIAL}(@|%40)1.55"))
    opened.put("B", B)


def test_the_end_stop_is_the_model_without_the_kl_term_and_the_list_has_the_dial(open_pair: Callable) -> None:
    opened = open_pair(PAIR, anywhere=True)
    opened.side("B").locator("[data-mark='0']").click()
    expect(opened.side("B")).to_have_attribute("data-model", "mnist-beta-0")
    opened.picker("A").select_option(DIAL)
    on_dial(opened, "A", 0.3)
    opened.put("A", A)
    opened.put("B", B)


def test_a_link_brings_two_dials_back_and_each_decodes_at_its_weight(open_pair: Callable) -> None:
    opened = open_pair(f"?a={DIAL}@0.3&b={DIAL}@10&z=1,1")
    for letter, beta in (("A", 0.3), ("B", 10)):
        on_dial(opened, letter, beta)
        assert_decodes(opened, letter, beta)
    opened.side("A").locator("[data-mark='3']").click()
    on_dial(opened, "A", 3)
    assert_decodes(opened, "A", 3)
    assert_decodes(opened, "B", 10)


@pytest.mark.slow
def test_a_drawing_follows_the_dial(open_pair: Callable) -> None:
    opened = open_pair(f"?a={A}&b={DIAL}@1")
    opened.draw(SEVEN)
    given = opened.page.get_by_test_id("given")
    expect(given.locator("figure")).to_have_count(4)
    x = torch.from_numpy(opened.picture(given.locator("canvas").nth(1)).astype(np.float32) / 255)
    dial = gallery.read(DIAL)
    for beta in (1, 10):
        opened.side("B").locator(f"[data-mark='{beta}']").click()
        on_dial(opened, "B", beta)
        with torch.no_grad():
            mean = dial.vae(beta).encode(x).mean.tolist()
        wait_until(opened.page, NEAR, [given.element_handle(), mean])
