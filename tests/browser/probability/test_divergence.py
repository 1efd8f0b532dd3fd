"""KL is not symmetric: hands and keys move the curves, the numbers follow, and both fits end at their minimum."""

import math
import re
from collections.abc import Callable, Iterator

import pytest
import torch
from playwright.sync_api import expect
from torch.distributions import kl_divergence

from tests.browser.opened_divergence import OpenedDivergence, made, opened_on
from tests.browser.opened_map import TWO_FRAMES
from tests.browser.waiting import wait_until

# The areas as they are drawn: pairs of x and height, the least and the greatest closing along 0.
AREA = """path => {
    const places = path.getAttribute("d").slice(1, -1).split("L").map(place => place.split(" ").map(Number));
    let area = 0;
    for (let i = 1; i < places.length; i++)
        area -= (places[i][0] - places[i - 1][0]) * (places[i][1] + places[i - 1][1]) / 2;
    return area;
}"""


@pytest.fixture
def opened(new_context: Callable) -> Iterator[OpenedDivergence]:
    with opened_on(new_context().new_page()) as opened:
        yield opened


@pytest.fixture
def phone(new_context: Callable) -> Iterator[OpenedDivergence]:
    size = {"width": 390, "height": 844}
    with opened_on(new_context(viewport=size, has_touch=True, is_mobile=True).new_page()) as opened:
        yield opened


def test_a_hand_moves_the_mean_by_the_top_and_the_spread_by_the_flank(opened: OpenedDivergence) -> None:
    (before,) = opened.density("q")
    opened.drag("mean-of-q", 1.5)
    opened.wait_for("q", "mean", before["mean"] + 1.5)
    opened.drag("standard-deviation-of-q", -0.6)
    opened.wait_for("q", "stddev", before["stddev"] - 0.6)
    (p,) = opened.density("p")
    opened.drag("standard-deviation-of-p", -0.5)  # its grip is on the left
    opened.wait_for("p", "stddev", p["stddev"] + 0.5)
    assert opened.density("p")[0]["mean"] == p["mean"]
    q, p = made(opened.density("q")), made(opened.density("p"))
    assert opened.nats("qp") == pytest.approx(kl_divergence(q, p).item(), abs=1e-9)
    assert opened.nats("pq") == pytest.approx(kl_divergence(p, q).item(), abs=1e-9)


def test_no_hand_leads_out_of_the_range(opened: OpenedDivergence) -> None:
    opened.drag("mean-of-p", 30)
    opened.wait_for("p", "mean", 4.5, 0)
    opened.drag("standard-deviation-of-q", -30)
    opened.wait_for("q", "stddev", 0.3, 0)


def test_arrow_keys_move_what_has_the_focus(opened: OpenedDivergence) -> None:
    (before,) = opened.density("q")
    opened.page.get_by_test_id("mean-of-q").press("ArrowRight")
    opened.wait_for("q", "mean", before["mean"] + 0.05, 1e-9)
    opened.page.get_by_test_id("standard-deviation-of-q").press("Shift+ArrowUp")
    opened.wait_for("q", "stddev", before["stddev"] + 0.25, 1e-9)
    (before,) = opened.density("p")
    opened.page.get_by_test_id("standard-deviation-of-p").press("ArrowLeft")
    opened.wait_for("p", "stddev", before["stddev"] + 0.05, 1e-9)
    grip = opened.page.get_by_test_id("standard-deviation-of-p")
    assert float(grip.get_attribute("aria-valuenow")) == pytest.approx(before["stddev"] + 0.05)


def test_the_areas_drawn_add_up_to_the_divergence(opened: OpenedDivergence) -> None:
    for two_humped in ("false", "true"):
        expect(opened.page.get_by_test_id("two-humped")).to_have_attribute("aria-pressed", two_humped)
        for direction in ("qp", "pq"):
            section = opened.page.get_by_test_id(f"kl-{direction}")
            areas = [section.locator(f".lse-{part}").evaluate(AREA) for part in ("above", "below")]
            assert areas[0] > 0 > areas[1]
            assert sum(areas) == pytest.approx(opened.nats(direction), abs=0.005)
        opened.page.get_by_test_id("two-humped").click()


def test_the_numbers_say_the_divergence_in_nats_and_in_bits(opened: OpenedDivergence) -> None:
    for direction in ("qp", "pq"):
        words = opened.page.get_by_test_id(f"kl-{direction}").locator(".lse-total").inner_text()
        nats, bits = map(float, re.findall(r"[0-9.]+", words))
        assert nats == pytest.approx(opened.nats(direction), abs=5e-4)
        assert bits == pytest.approx(opened.nats(direction) / math.log(2), abs=5e-4)
        entropy, cross, waste = (opened.cells(direction, row) for row in ("entropy", "cross", "waste"))
        assert cross[0] - entropy[0] == pytest.approx(waste[0], abs=2e-3)
        assert waste[1:] == pytest.approx([bits, bits], abs=1e-3)
    assert opened.cells("qp", "entropy")[0] == pytest.approx(made(opened.density("q")).entropy().item(), abs=5e-4)


def test_code_lengths_are_those_of_binned_values(opened: OpenedDivergence) -> None:
    slider = opened.page.get_by_test_id("resolution")
    opened.drag("mean-of-q", 1.5)  # to where no bin of weight is beyond what a float64 tells from 1
    opened.wait_for("q", "mean", 0.5)
    before = opened.cells("qp", "waste")
    for exponent in (-1.0, -1.5):
        slider.fill(str(exponent))
        bins = torch.arange(-20, 20, 10**exponent, dtype=torch.float64)
        q, p = (made(opened.density(name)).cdf(bins).diff().clamp(min=1e-300) for name in "qp")
        expected = [-(q * each.log2()).sum().item() for each in (q, p)]
        wait_until(
            opened.page, "text => document.querySelector('output').textContent === text", f"δ = {10**exponent:#.2g}"
        )
        found = [opened.cells("qp", row)[2] for row in ("entropy", "cross")]
        assert found == pytest.approx(expected, abs=0.01)
    assert opened.cells("qp", "waste") == before


@pytest.mark.slow
def test_each_fit_moves_q_to_its_minimum_and_says_what_is_left(opened: OpenedDivergence) -> None:
    opened.page.get_by_test_id("two-humped").click()
    expect(opened.page.get_by_test_id("two-humped")).to_have_attribute("aria-pressed", "true")
    opened.fit("qp")
    assert opened.nats("qp") == pytest.approx(math.log(2), abs=0.02)
    assert opened.density("q")[0]["mean"] == pytest.approx(-2, abs=0.05)
    expect(opened.page.get_by_test_id("outcome")).to_contain_text(f"{opened.nats('qp'):.3f} nats")
    opened.fit("pq")
    p = made(opened.density("p"))
    assert opened.density("q")[0]["mean"] == pytest.approx(p.mean.item(), abs=1e-3)
    assert opened.density("q")[0]["stddev"] == pytest.approx(p.stddev.item(), abs=1e-3)


@pytest.mark.slow
def test_from_the_fit_that_covers_both_humps_the_other_seeks_one(opened: OpenedDivergence) -> None:
    opened.page.get_by_test_id("two-humped").click()
    opened.fit("pq")
    opened.fit("qp")
    assert opened.nats("qp") == pytest.approx(math.log(2), abs=0.02)
    assert opened.density("q")[0]["stddev"] < 1


@pytest.mark.slow
def test_a_fit_to_one_gaussian_leaves_nothing(opened: OpenedDivergence) -> None:
    for direction in ("qp", "pq"):
        opened.drag("mean-of-q", -1)
        opened.fit(direction)
        assert opened.nats("qp") == pytest.approx(0, abs=1e-9)
        assert opened.nats("pq") == pytest.approx(0, abs=1e-9)


def test_a_hand_takes_q_from_a_fit_that_runs(opened: OpenedDivergence) -> None:
    opened.page.get_by_test_id("fit-qp").click()
    opened.page.get_by_test_id("mean-of-q").press("ArrowLeft")
    expect(opened.root).to_have_attribute("data-fitting", "")
    held = opened.page.evaluate(
        """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
            const { dataset } = document.querySelector("[data-testid=divergence]");
            const before = dataset.q;
            setTimeout(() => done([before, dataset.q]), 200);
        })))"""
    )
    assert held[0] == held[1]


@pytest.mark.slow
def test_the_humps_of_p_keep_their_places_while_it_is_one_gaussian(opened: OpenedDivergence) -> None:
    switch = opened.page.get_by_test_id("two-humped")
    switch.click()
    opened.page.get_by_test_id("mean-of-p-2").press("ArrowRight")
    opened.wait_for("p", "mean", 2.3, 1e-9, hump=1)
    two = opened.density("p")
    switch.click()
    expect(opened.page.get_by_test_id("mean-of-p-2")).to_be_hidden()
    assert len(opened.density("p")) == 1
    switch.click()
    opened.wait_for("p", "mean", 2.3, 1e-9, hump=1)
    assert opened.density("p") == two


@pytest.mark.slow
def test_a_thumb_moves_a_curve_and_nothing_scrolls_sideways(phone: OpenedDivergence) -> None:
    assert phone.page.evaluate("document.scrollingElement.scrollWidth") <= 390
    (before,) = phone.density("q")
    x, y, far = phone.grasp("mean-of-q", -1)
    session = phone.page.context.new_cdp_session(phone.page)
    for kind, place in (("touchStart", x), ("touchMove", x + far / 2), ("touchMove", x + far)):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": place, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait_for("q", "mean", before["mean"] - 1, 0.1)
    boxes = [button.bounding_box() for button in phone.root.get_by_role("button").all()]
    boxes += [grip.bounding_box() for grip in phone.root.get_by_role("slider").all()]
    assert min(box["height"] for box in boxes) >= 40


@pytest.mark.slow
def test_an_end_of_the_mount_ends_what_runs(opened: OpenedDivergence) -> None:
    opened.page.get_by_test_id("fit-qp").click()
    opened.page.evaluate("window.unmount()")
    before = opened.root.get_attribute("data-q")
    for _ in range(5):
        opened.page.evaluate(TWO_FRAMES)
    assert opened.root.get_attribute("data-q") == before
