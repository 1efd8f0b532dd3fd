"""Densities, divergences and fits in JavaScript are those of torch and of a fine sum."""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page
from torch.distributions import kl_divergence

from tests.browser.blank_page import blank_page, modules
from tests.browser.opened_divergence import Hump, made
from tests.conftest import seeded

WAY = """([direction, q, p]) => Array.from(descent(direction, q, p), q => [q, divergenceAlong(direction, q, p)])"""
LINE = torch.linspace(-80, 80, 400_001, dtype=torch.float64)


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows the densities and the way to the minimum."""
    with blank_page(browser, modules("gaussians", "descent")) as page:
        yield page


def on_line(q: list[Hump], p: list[Hump]) -> float:
    """KL(q || p) by a fine Riemann sum."""
    log_q = made(q).log_prob(LINE)
    return float(((log_q - made(p).log_prob(LINE)) * log_q.exp()).sum() * (LINE[1] - LINE[0]))


def drawn(count: int, humps: int) -> list[list[Hump]]:
    """Densities drawn from the range of the grips."""
    mean, stddev, weight = torch.rand(3, count, humps, generator=seeded(), dtype=torch.float64)
    columns = (9 * mean - 4.5, 0.3 + 2.7 * stddev, weight / weight.sum(dim=1, keepdim=True))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [[{"weight": w, "mean": m, "stddev": s} for m, s, w in zip(*each, strict=True)] for each in rows]


SOME = [*drawn(6, 1), *drawn(6, 2)]
TWO = [{"weight": 0.5, "mean": -2.0, "stddev": 0.6}, {"weight": 0.5, "mean": 2.25, "stddev": 0.8}]


@pytest.mark.parametrize("density", SOME)
def test_densities_and_scores_are_those_of_torch_however_far_out(javascript: Page, density: list[Hump]) -> None:
    x = torch.linspace(-90, 90, 61, dtype=torch.float64, requires_grad=True)
    expected = made(density).log_prob(x)
    (slope,) = torch.autograd.grad(expected.sum(), x)
    script = "([density, xs]) => xs.map(x => [logDensity(density, x), scoreAt(density, x)])"
    found = np.array(javascript.evaluate(script, [density, x.tolist()]))
    np.testing.assert_allclose(found[:, 0], expected.detach(), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found[:, 1], slope, rtol=1e-6, atol=1e-8)


def test_closed_form_and_quadrature_are_the_divergence_of_torch(javascript: Page) -> None:
    script = "([q, p]) => [divergence(q, p), divergenceOfGaussians(q[0], p[0]), crossEntropy(q, q)]"
    for q in SOME[:6]:
        for p in SOME[:6]:
            found = javascript.evaluate(script, [q, p])
            kl = kl_divergence(made(q), made(p)).item()
            assert found == pytest.approx([kl, kl, made(q).entropy().item()], rel=1e-10, abs=1e-10)


def test_divergences_of_mixtures_are_those_of_a_fine_sum(javascript: Page) -> None:
    for q in SOME[3:9]:
        for p in SOME[3:9]:
            found = javascript.evaluate("([q, p]) => divergence(q, p)", [q, p])
            assert found == pytest.approx(on_line(q, p), rel=1e-4, abs=1e-7)
            assert found >= -1e-12


def test_the_parts_of_a_divergence_are_its_positive_and_negative_area(javascript: Page) -> None:
    q, p = SOME[7], SOME[8]
    log_q = made(q).log_prob(LINE)
    values = (log_q - made(p).log_prob(LINE)) * log_q.exp()
    above = float(values.clamp(min=0).sum() * (LINE[1] - LINE[0]))
    assert javascript.evaluate("([q, p]) => divergenceAbove(q, p)", [q, p]) == pytest.approx(above, rel=1e-4)


@pytest.mark.parametrize("direction", ["qp", "pq"])
@pytest.mark.parametrize("start", [-3.5, 0.1, 3.5])
def test_descent_falls_in_small_steps_to_where_no_neighbour_is_lower(
    javascript: Page, direction: str, start: float
) -> None:
    way = javascript.evaluate(WAY, [direction, {"weight": 1, "mean": start, "stddev": 1.4}, TWO])
    humps, values = zip(*way, strict=True)
    assert all(after < before for before, after in pairwise(values))
    assert max(abs(np.diff([hump["mean"] for hump in humps]))) <= 0.12 + 1e-9

    def value(**changes: float) -> float:
        pair = [{**humps[-1], **changes}], TWO
        return on_line(*(pair if direction == "qp" else pair[::-1]))

    end = humps[-1]
    around = [value(mean=end["mean"] + step) for step in (-0.01, 0.01)]
    around += [value(stddev=end["stddev"] * factor) for factor in (0.99, 1.01)]
    assert value() < min(around)
    assert value() == pytest.approx(values[-1], abs=1e-6)


def test_one_direction_covers_from_anywhere_and_the_other_seeks_the_hump_beside_it(javascript: Page) -> None:
    ends = {}
    for start in (-3.5, 3.5):
        for direction in ("qp", "pq"):
            way = javascript.evaluate(WAY, [direction, {"weight": 1, "mean": start, "stddev": 0.5}, TWO])
            ends[direction, start] = [way[-1][0]["mean"], way[-1][0]["stddev"], way[-1][1]]
    p = made(TWO)
    for start in (-3.5, 3.5):
        assert ends["pq", start][:2] == pytest.approx([p.mean.item(), p.stddev.item()], abs=1e-4)
        # What giving up one of two equal humps costs, where they are far apart.
        assert ends["qp", start][2] == pytest.approx(math.log(2), abs=0.02)
    assert [ends["qp", start][0] for start in (-3.5, 3.5)] == pytest.approx([-2, 2.25], abs=0.05)
