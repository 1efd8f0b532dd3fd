"""The rate-distortion plane: models where their nats put them, and handles that choose among them."""

import csv
import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from explorer.server.assets import plotly_url
from models.likelihood import LIKELIHOODS
from models.measures import read_shipped
from tests.browser.figures import ADDRESS, INK, choices, figure_page, kept, seeds

MAKE = """async address => {
    window.plane = new Plane(document.querySelector("#figure"), { pick: (...pair) => picks.push(pair) });
    await plane.load(address);
}"""
SHOW = "shown => { picks.length = 0; plane.last = 'B'; plane.all = false; plane.show(shown); }"
TRACES = "Object.fromEntries(plane.lines.data.map(({ name, x, y, customdata }) => [name, { x, y, customdata }]))"
FRAME = "() => { const { _offset, _length } = plane.lines._fullLayout.xaxis; const { left } = "
FRAME += "plane.lines.getBoundingClientRect(); return [left + _offset, left + _offset + _length]; }"
BOXES = """nodes => nodes.map(node => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return [left, top, right, bottom];
})"""
CENTRE = """node => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
}"""
# The ring about a model's point is drawn before the handle's letter.
RING = """handle => {
    const [box, ring] = [handle.getBoundingClientRect(), getComputedStyle(handle, "::before")];
    return [box.x + parseFloat(ring.left) + 10, box.y + parseFloat(ring.top) + 10];
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with figure_page(browser, width=900) as page:
        page.evaluate(MAKE, ADDRESS + plotly_url())
        yield page


def show(page: Page, models: list[dict], a: dict, b: dict, others: list[dict] | None = None) -> dict[str, dict]:
    """The traces of the figure by name."""
    page.evaluate(SHOW, {"models": models, "seeds": others or [], "a": a, "b": b, "ink": INK})
    expect(page.locator("#figure")).to_have_attribute("data-ready", "true")
    return page.evaluate(TRACES)


def handle(page: Page, letter: str) -> Locator:
    return page.locator(f".lse-peg[data-letter={letter}]")


def nats(models: list[dict]) -> tuple[list[float], list[float]]:
    return [each["metrics"]["kl"] for each in models], [each["metrics"]["reconstruction"] for each in models]


def points(page: Page) -> dict[str, list[float]]:
    """Where the models' points are on the screen."""
    names = page.evaluate("plane.lines.data.flatMap(({ name, customdata }) => name === 'models' ? customdata : [])")
    drawn = page.locator(".scatterlayer .trace").filter(has=page.locator(".plotly-customdata")).first
    return dict(zip(names, drawn.locator(".point").evaluate_all(f"nodes => nodes.map({CENTRE})"), strict=True))


def drag(page: Page, letter: str, *places: list[float]) -> None:
    start = handle(page, letter).evaluate(RING)
    page.mouse.move(*handle(page, letter).locator(".lse-badge").evaluate(CENTRE))
    grip = handle(page, letter).locator(".lse-badge").evaluate(CENTRE)
    page.mouse.down()
    for place in places:
        page.mouse.move(grip[0] + place[0] - start[0], grip[1] + place[1] - start[1], steps=4)
    page.mouse.up()


def test_models_stand_at_their_rate_and_distortion_joined_in_order_of_beta(page: Page) -> None:
    models = choices()
    traces = show(page, models[::-1], models[0], models[4])
    scratch = [each for each in models if each["from_scratch"]]
    assert traces["models"]["customdata"] == [each["name"] for each in scratch]
    assert (traces["models"]["x"], traces["models"]["y"]) == nats(scratch)
    assert (traces["others"]["x"], traces["others"]["y"]) == nats([models[-1]])
    titles = page.evaluate("['xaxis', 'yaxis'].map(axis => plane.lines.layout[axis].title.text)")
    assert "rate: KL, nats per image" in titles[0]
    assert "distortion: reconstruction, nats per image" in titles[1]
    assert page.evaluate("plane.lines._fullLayout.xaxis.type + plane.lines._fullLayout.yaxis.type") == "linearlinear"


def test_the_line_through_beta_1_has_its_elbo_everywhere(page: Page) -> None:
    models = choices()
    slope = show(page, models, models[0], models[1])["slope"]
    x, y = np.array(slope["x"]), np.array(slope["y"])
    assert np.ptp(x) > 10
    assert x + y == pytest.approx(models[4]["metrics"]["negative_elbo"])
    written = page.evaluate("plane.lines.layout.annotations.map(({ text }) => text).join()")
    assert f"−ELBO = {models[4]['metrics']['negative_elbo']:.1f} nats" in written


def test_other_seeds_are_small_marks_and_the_shipped_models_are_none_of_them(page: Page) -> None:
    models = choices()
    own = [{"beta": each["beta"], "seed": 0, "measures": each["measures"]} for each in models if each["from_scratch"]]
    others = seeds(models)
    marks = show(page, models, models[0], models[1], own + others)["seeds"]
    expected = [(each["measures"]["kl"], each["measures"]["reconstruction"]) for each in others]
    assert sorted(zip(marks["x"], marks["y"], strict=True)) == sorted(expected)


def test_models_far_from_the_best_wait_at_the_edge_until_all_are_wanted(page: Page) -> None:
    models = choices()
    (kl,), (reconstruction,) = nats(models[:1])
    edge = show(page, models, models[0], models[4])["outside"]
    assert edge["customdata"] == ["mnist-beta-0", "mnist-beta-30"]
    ranges = page.evaluate("['xaxis', 'yaxis'].map(axis => plane.lines.layout[axis].range)")
    assert edge["x"][0] == ranges[0][1]
    assert edge["y"][1] == ranges[1][1]
    written = page.evaluate("plane.lines.layout.annotations.map(({ text }) => text).join()")
    assert f"β = 0: rate {kl:.1f}, distortion {reconstruction:.1f} nats" in written
    page.get_by_role("button", name="Show all models").click()
    assert page.evaluate(TRACES)["outside"]["x"] == []
    shown = points(page)
    assert handle(page, "A").evaluate(RING) == pytest.approx(shown["mnist-beta-0"], abs=1)
    page.get_by_role("button", name="Show the best models").click()
    assert page.evaluate(TRACES)["outside"]["x"] == edge["x"]


def test_the_handles_ring_their_models(page: Page) -> None:
    models = choices()
    show(page, models, models[3], models[3])
    place = points(page)["mnist-beta-0.3"]
    for letter in "AB":
        assert handle(page, letter).evaluate(RING) == pytest.approx(place, abs=1)
        said = handle(page, letter).get_attribute("aria-valuetext") or ""
        assert f"β = 0.3: rate {models[3]['metrics']['kl']:.1f}" in said


def test_a_drag_to_another_model_picks_it_once(page: Page) -> None:
    models = choices()
    show(page, models, models[0], models[4])
    drag(page, "B", points(page)["mnist-beta-3"])
    assert page.evaluate("picks") == [["B", "mnist-beta-3"]]
    assert handle(page, "B").evaluate(RING) == pytest.approx(points(page)["mnist-beta-3"], abs=1)


def test_a_drag_along_the_curve_picks_each_model_it_passes(page: Page) -> None:
    models = choices()
    show(page, models[:8], models[4], models[7])
    places = points(page)
    drag(page, "A", *(places[f"mnist-beta-{beta}"] for beta in ("0.3", "0.1", "0.01", "0.1")))
    assert page.evaluate("picks") == [["A", f"mnist-beta-{beta}"] for beta in ("0.3", "0.1", "0.01", "0.1")]


def test_a_drag_to_no_other_model_picks_none(page: Page) -> None:
    models = choices()
    show(page, models, models[0], models[4])
    x, y = points(page)["mnist-beta-1"]
    drag(page, "B", [x + 8, y + 6], [x, y])
    assert page.evaluate("picks") == []


def test_arrow_keys_go_from_model_to_model_by_rate(page: Page) -> None:
    models = choices()
    show(page, models[:8], models[0], models[4])
    handle(page, "B").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    passed = ["0.3", "0.1", "0.3", "1", "3"]
    assert page.evaluate("picks") == [["B", f"mnist-beta-{beta}"] for beta in passed]
    handle(page, "A").focus()
    page.keyboard.press("ArrowRight")
    assert len(page.evaluate("picks")) == len(passed)


def test_a_click_moves_the_handle_that_moved_last(page: Page) -> None:
    models = choices()
    show(page, models, models[0], models[4])
    page.mouse.click(*points(page)["mnist-beta-3"])
    handle(page, "A").focus()
    page.keyboard.press("ArrowLeft")
    page.mouse.click(*points(page)["mnist-beta-0.1"])
    assert page.evaluate("picks") == [["B", "mnist-beta-3"], ["A", "mnist-beta-0.01"], ["A", "mnist-beta-0.1"]]


def test_a_model_of_another_likelihood_has_a_plane_of_its_own_kind(page: Page) -> None:
    models = choices()
    metrics = {**models[4]["metrics"], "reconstruction": -829.4, "negative_elbo": -822.4}
    grey = kept(models[4], likelihood=LIKELIHOODS["gaussian"].facts(), metrics=metrics)
    digits = kept(models[4], dataset="digits", name="kept-digits")
    traces = show(page, [*models, grey], grey, digits, seeds(models))
    assert "slope" not in traces
    assert traces["models"]["x"] == traces["seeds"]["x"] == []
    assert traces["others"]["customdata"] == [grey["name"]]
    assert "nats of a density" in page.evaluate("plane.lines.layout.yaxis.title.text")
    expect(handle(page, "A")).to_be_visible()
    expect(handle(page, "B")).to_be_hidden()
    assert "another likelihood" in page.locator("#figure > p").inner_text()


def test_where_only_b_is_of_a_kind_with_a_curve_the_plane_is_of_that_kind(page: Page) -> None:
    models = choices()
    digits = kept(models[4], dataset="digits", images=360, label="8×8 digits")
    traces = show(page, [*models, digits], digits, models[4], seeds(models))
    assert len(traces["models"]["x"]) == sum(each["from_scratch"] for each in models)
    expect(handle(page, "A")).to_be_hidden()
    expect(handle(page, "B")).to_be_visible()
    words = page.locator("#figure > p").inner_text()
    assert "10,000 MNIST" in words
    assert "Drag B along the curve, or click" in words
    assert "A (8×8 digits) has other images" in words


def test_nothing_is_said_of_a_curve_where_there_is_none(page: Page) -> None:
    models = choices()
    first, second = (kept(models[i], dataset="digits", name=f"kept-{i}") for i in (3, 4))
    show(page, models, first, second)
    words = page.locator("#figure > p").inner_text()
    assert "Drag A or B to another model, or click" in words
    assert "curve" not in words
    show(page, models, first, models[0])  # B's kind has the curve
    assert "Drag B along the curve" in page.locator("#figure > p").inner_text()
    show(page, models, first, first)
    assert "Drag" not in page.locator("#figure > p").inner_text()


@pytest.mark.parametrize("kl", [0.0, 0.4, 7.0, 60.0])
def test_a_model_alone_is_whole_and_its_axes_span_five_nats(page: Page, kl: float) -> None:
    models = choices()
    alone = kept(models[4], dataset="digits", metrics={**models[4]["metrics"], "kl": kl})
    show(page, models, alone, alone)
    spans = page.evaluate("['xaxis', 'yaxis'].map(axis => plane.lines.layout[axis].range)")
    assert all(high - low >= 5 for low, high in spans)
    point = page.locator(".scatterlayer .point").bounding_box()
    frame = page.evaluate(FRAME)
    assert frame[0] <= point["x"]
    assert point["x"] + point["width"] <= frame[1]


def test_names_leave_models_and_other_seeds_free(page: Page) -> None:
    models = choices()
    show(page, models, models[5], models[2], read_shipped()["seeds"])
    names = page.locator(".annotation-text-g").filter(has_text=re.compile(r"^β = ")).evaluate_all(BOXES)
    marks = page.locator(".scatterlayer .point").evaluate_all(f"nodes => nodes.map({CENTRE})")
    assert len(names) == len(models)
    for left, top, right, bottom in names:
        assert not any(left < x < right and top + 2 < y < bottom - 2 for x, y in marks)


def test_the_end_of_a_long_name_survives(page: Page) -> None:
    models = choices()
    label = "β = 1, then 0 from step 300, seed 3, step 400"
    moment = kept(models[4], name="run-0123456789abcdef@400", label=label)
    show(page, models, models[0], moment)
    assert "β = 1, the…d 3, step 400" in page.locator(".infolayer").text_content()


def test_a_label_is_text_and_no_markup(page: Page) -> None:
    models = choices()
    mine = kept(models[4], label="<b>x</b> & <i>")
    show(page, [*models, mine], models[3], mine)
    assert "<b>x</b> & <i>" in page.locator(".infolayer").text_content()


def test_the_csv_has_both_axes_and_their_sum(page: Page) -> None:
    models = choices()
    others = seeds(models)
    show(page, models, models[0], models[4], others)
    head, *rows = csv.reader(io.StringIO(page.evaluate("csvOf(plane.rows())"), newline=""))
    assert head == [
        "model",
        "beta",
        "seed",
        "rate (nats per image)",
        "distortion (nats per image)",
        "negative ELBO (nats per image)",
    ]
    assert len(rows) == len(models) + len(others)
    for row, model in zip(rows, models, strict=False):
        assert row[0] == model["label"]
        assert [float(row[i]) for i in (1, 3, 4)] == [model["beta"], *(axis[0] for axis in nats([model]))]
    assert all(float(row[3]) + float(row[4]) == float(row[5]) for row in rows)
    carried = [(float(row[1]), int(row[2])) for row in rows[len(models) :]]
    assert carried == [(each["beta"], each["seed"]) for each in others]


def test_the_png_has_twice_the_pixels_of_the_screen(page: Page) -> None:
    models = choices()
    show(page, models, models[0], models[4])
    size = page.evaluate("canvasOf(plane.chart).then(({ width, height }) => [width, height])")
    box = page.locator(".lse-plane-chart").bounding_box()
    assert size == [2 * (round(box["width"]) + 32), 2 * (round(box["height"]) + 32)]
