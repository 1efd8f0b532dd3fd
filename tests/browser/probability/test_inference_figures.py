"""Importance sampling is drawn as it was measured, and a drawing becomes the x that a model sees."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from models.likelihood import LIKELIHOODS
from models.vae import PIXELS
from tests.browser.figures import INK
from tests.browser.inference_page import inference_page
from tests.browser.waiting import wait_until

TRACES = "curves.lines.data.map(({ name, x, y, yaxis, showlegend }) => ({ name, x, y, yaxis, showlegend }))"
DRAWS = [1, 10, 100, 1000, 10_000]
EXACT = -90.5


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with inference_page(browser) as page:
        yield page


def curve(*bound: float) -> dict[str, list[float]]:
    """A curve through ``bound``, with a band of a nat on either side and sizes made up."""
    effective = [max(1.0, 0.3 * draws) for draws in DRAWS]
    spread = {"low": [value - 1 for value in bound], "high": [value + 1 for value in bound]}
    sizes = {"effective_low": [0.9 * size for size in effective], "effective_high": [1.1 * size for size in effective]}
    return {"bound": list(bound), **spread, "error": [0.05] * len(bound), "effective": effective, **sizes}


def answered(**changes: object) -> dict:
    """What is known of an image once its curves are drawn."""
    encoder, prior = curve(-94.5, -92, -91, -90.6, -90.5), curve(-1234.5, -400, -150, -99, -91)
    curves = {"draws": DRAWS, "pool": 20_000, "encoder": encoder, "prior": prior}
    known = {"model": "mnist-beta-1", "image": 18, "x": "", "unit": "nats", "log_evidence": EXACT}
    return {**known, "elbo": {"value": -94.5, "error": 1e-4}, "fits": {}, "curves": curves, **changes}


def without_encoder() -> dict:
    return answered(elbo=None, curves=answered()["curves"] | {"encoder": None})


def show(page: Page, shown: dict | None) -> None:
    page.evaluate("([shown, ink]) => curves.show(shown, ink)", [shown, INK])


def traces(page: Page, shown: dict) -> list[dict]:
    show(page, shown)
    expect(page.locator(".lse-curves")).to_have_attribute("data-ready", "true")
    return page.evaluate(TRACES)


def press(page: Page) -> Locator:
    return page.locator(".lse-curves").get_by_role("button", name="Draw")


def test_curves_are_drawn_on_request_for_a_known_x(page: Page) -> None:
    show(page, None)
    expect(press(page)).to_be_disabled()
    show(page, answered(curves=None))
    before = page.evaluate("presses")
    press(page).click()
    assert page.evaluate("presses") == before + 1
    expect(press(page)).to_be_disabled()
    show(page, answered(curves=None))  # the answer comes in parts
    expect(press(page)).to_be_disabled()
    show(page, answered())
    expect(press(page)).to_be_enabled()
    expect(press(page)).to_have_text("Draw again")


@pytest.mark.parametrize("other", [{"image": 19}, {"model": "mnist-beta-3"}, None])
def test_nobody_waits_for_the_curves_of_an_x_that_is_gone(page: Page, other: dict) -> None:
    show(page, answered(curves=None))
    press(page).click()
    show(page, other and answered(curves=None, **other))
    expect(page.locator(".lse-curves")).to_have_attribute("data-waiting", "false")
    assert press(page).is_enabled() == bool(other)


def test_lines_and_bands_are_what_was_measured(page: Page) -> None:
    shown = answered()
    drawn = traces(page, shown)
    for name, proposal in (("encoder’s q", "encoder"), ("prior", "prior")):
        measured = shown["curves"][proposal]
        for axis, columns in (
            ("y", ("bound", "low", "high")),
            ("y2", ("effective", "effective_low", "effective_high")),
        ):
            line, low, high = (measured[column] for column in columns)
            found = [each["y"] for each in drawn if each["yaxis"] == axis and each["name"].startswith(name)]
            assert found == [low, high, line]
            assert all(each["x"] == DRAWS for each in drawn if each["name"].startswith(name))
    named = {each["name"]: each["y"] for each in drawn}
    assert named["log p(x), exact"] == [EXACT, EXACT]
    assert named["ELBO"] == [-94.5]
    assert named["all draws count"] == [1, 10_000]
    assert {each["name"] for each in drawn if each["showlegend"]} == {"encoder’s q", "prior", "log p(x), exact"}


def test_the_axis_shows_log_evidence_and_elbo_and_says_what_lies_below_it(page: Page) -> None:
    traces(page, answered())
    low, high = page.evaluate("curves.lines.layout.yaxis.range")
    assert -97 < low < -94.5
    assert EXACT < high < -89
    assert "prior’s −1234.50 nats at K = 1" in page.locator(".lse-curves > .lse-quiet").inner_text()
    types = page.evaluate("['xaxis', 'xaxis2', 'yaxis2'].map(axis => curves.lines._fullLayout[axis].type)")
    assert types == ["log"] * 3


def test_a_q_that_is_almost_the_posterior_keeps_five_nats_in_sight(page: Page) -> None:
    near = answered(elbo={"value": EXACT - 0.01, "error": 1e-4})
    near["curves"]["encoder"] = curve(*[EXACT - 0.01] * len(DRAWS))
    traces(page, near)
    low, high = page.evaluate("curves.lines.layout.yaxis.range")
    assert 5 <= high - low < 7


def test_a_model_without_an_encoder_has_the_prior_alone(page: Page) -> None:
    names = {each["name"] for each in traces(page, without_encoder())}
    assert "prior" in names
    assert not names & {"ELBO", "encoder’s q"}
    words = page.locator(".lse-curves > .lse-quiet").inner_text()
    assert "encoder" not in words
    assert "prior 0.50 ± 0.05 nats below log p(x), effective size 3,000" in words


def ending_at(*ends: float, **changes: object) -> dict:
    """An answer whose encoder's and prior's curves end so many nats above log p(x)."""
    encoder, prior = (curve(-94.5, -92, -91.5, -91, EXACT + end) for end in ends)
    return answered(curves=answered()["curves"] | {"encoder": encoder, "prior": prior} | changes)


def caption(page: Page, shown: dict) -> str:
    traces(page, shown)
    return page.locator(".lse-curves > .lse-quiet").inner_text()


def test_a_mean_above_the_evidence_is_told_as_noise(page: Page) -> None:
    words = caption(page, ending_at(0.08, -0.4))
    assert "encoder’s q 0.08 ± 0.05 nats above log p(x), within the noise, effective size 3,000" in words
    assert "prior 0.40 ± 0.05 nats below log p(x), effective size" in words
    assert "above log p(x) is noise" in page.locator(".lse-curves").inner_text()


def test_an_effective_size_is_told_only_beside_a_bound_that_is_near(page: Page) -> None:
    words = caption(page, ending_at(-138.0, -0.05))
    assert "138.00 ± 0.05 nats below log p(x), too far for its effective size to mean anything; prior" in words
    assert words.count("effective size 3,000") == 1
    labels = "curves.lines.data.filter(each => each.yaxis === 'y2' && each.customdata).map(each => each.customdata)"
    of_prior, of_q = page.evaluate(labels)
    assert of_q[-1] == "<br>bound 138.00 nats below log p(x)"
    assert of_prior[-1] == "<br>bound 0.05 nats below log p(x)"
    page.locator(".lse-curves").get_by_text("What the effective sample size says").click()
    assert "not the mass of p(z|x) that they missed" in page.locator(".lse-curves details").inner_text()


@pytest.mark.parametrize(("pool", "told"), [(5000, "the first 5,000 of 20,000 draws"), (20_000, "From 20,000 draws")])
def test_the_draws_are_those_that_were_asked_for(page: Page, pool: int, told: str) -> None:
    assert told in caption(page, ending_at(0, 0, pool=pool))
    show(page, answered(curves=None))
    expect(press(page)).to_have_text("Draw 2 × 20,000 samples")


def test_nats_of_a_density_are_called_so(page: Page) -> None:
    traces(page, answered(unit="nats of a density"))
    assert "nats of a density" in page.evaluate("curves.lines.layout.yaxis.title.text")
    assert "bound (nats of a density)" in page.evaluate("curves.rows()[0]")


def test_the_numbers_can_be_kept(page: Page) -> None:
    traces(page, answered())
    head, *rows = page.evaluate("curves.rows()")
    assert len(rows) == 2 * len(DRAWS)
    first = dict(zip(head, rows[0], strict=True))
    assert (first["proposal"], first["K"], first["bound (nats)"], first["log p(x) (nats)"]) == (
        "encoder’s q",
        1,
        -94.5,
        EXACT,
    )
    assert [row[2] for row in rows[5:]] == answered()["curves"]["prior"]["bound"]


@pytest.mark.parametrize("width", [1400, 390])
def test_the_figure_fills_its_place_and_can_be_kept_as_a_picture(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    traces(page, answered())
    wait_until(page, "curves.lines._fullLayout.width === curves.chart.clientWidth")
    saved = page.evaluate("curves.picture().then(({ width, height }) => [width, height])")
    box = page.evaluate("[curves.chart.clientWidth, curves.chart.clientHeight]")
    stacked = page.evaluate("curves.lines._fullLayout.xaxis2.domain[0] === 0")
    page.set_viewport_size({"width": 1400, "height": 900})
    assert saved == [2 * side for side in box]
    assert stacked == (width == 390)


def stroke(page: Page) -> None:
    page.locator(".lse-sketch canvas").scroll_into_view_if_needed()
    box = page.locator(".lse-sketch canvas").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 130, steps=5)
    page.mouse.up()


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_drawing_becomes_the_x_that_the_model_sees(page: Page, likelihood: str) -> None:
    page.evaluate("facts => { drawn.length = 0; sketch.likelihood = facts }", LIKELIHOODS[likelihood].facts())
    stroke(page)
    pixels, final = page.evaluate("drawn.at(-1)")
    grey = np.array(page.evaluate("Array.from(centred(sketch.pad.ink))"))
    seen = np.array(page.evaluate("Array.from(binarised(centred(sketch.pad.ink)))"))
    assert final
    assert len(pixels) == PIXELS
    assert np.abs(np.array(pixels) - 255 * (seen if LIKELIHOODS[likelihood].is_binary else grey)).max() <= 0.51
    assert page.evaluate("Array.from(sketch.pixels)") == pixels
    page.locator(".lse-sketch").get_by_role("button", name="Clear").click()
    assert page.evaluate("drawn.at(-1)") == [None, True]
    assert page.evaluate("sketch.pixels") is None
