"""The table says what was measured, to the last digit it prints, and nothing of what was not."""

import csv
import io
import math
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page

from models.likelihood import LIKELIHOODS
from tests.browser.figures import CLASSIFIER, choices, figure_page, kept, seeds
from tests.browser.opened_map import says
from tests.browser.waiting import wait_until

SHARES = {"overlap", "holes", "neighbour_accuracy", "sure_share"}
SHOW = """shown => {
    window.table ??= new MeasuresTable(document.querySelector("#figure"), { pick: name => picks.push(name) });
    table.show(shown);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with figure_page(browser) as page:
        yield page


def show(page: Page, models: list[dict], **changes: object) -> dict:
    shown = {"models": models, "seeds": [], "classifier": CLASSIFIER, "a": models[0], "b": models[4], **changes}
    page.evaluate(SHOW, shown)
    return shown


def columns(page: Page) -> list[str]:
    """The name of the model of each column, "" where it is none."""
    cells = page.locator("thead tr > *").all()
    names = [
        cell.locator("button").get_attribute("data-column") if cell.locator("button").count() else "" for cell in cells
    ]
    return [name or "" for name in names]


def cell(page: Page, name: str, key: str) -> Locator:
    return page.locator(f"[data-measure={key}] > *").nth(columns(page).index(name))


def lines(found: Locator) -> list[str]:
    """What a cell says: its number, and the small print."""
    text = found.evaluate("cell => [...cell.childNodes].map(node => node.textContent)")
    return [line.replace("−", "-") for line in text]


def printed(key: str, value: float) -> float:
    return 100 * value if key in SHARES else value


def test_every_cell_is_the_measure_to_the_last_digit(page: Page) -> None:
    models = choices()
    show(page, models)
    rows = {row.get_attribute("data-measure"): row.locator("> *") for row in page.locator("[data-measure]").all()}
    assert rows.keys() == {key for key in models[0]["measures"] if not key.endswith(("_sd", "at_least_sigma"))}
    order = columns(page)
    for key, cells in rows.items():
        texts = cells.evaluate_all("cells => cells.map(cell => cell.firstChild?.textContent)")
        for model in models:
            text = texts[order.index(model["name"])].replace("−", "-")
            assert says(text, printed(str(key), model["measures"][key])), (model["name"], key, text)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("overlap", 2e-9, "<0.0001"),
        ("overlap", 1.8e-5, "0.0018"),
        ("overlap", 1.91e-4, "0.019"),
        ("holes", 3.11e-4, "0.031"),
        ("holes", 0, "0.0"),
        ("kl", 0.07233, "0.072"),
        ("mutual_information", 0.0706, "0.071"),
        ("aggregate_kl", 0.001738, "0.0017"),
        ("aggregate_kl", 0.3724, "0.37"),
    ],
)
def test_what_is_small_keeps_two_digits(page: Page, key: str, value: float, text: str) -> None:
    models = choices()
    models[0]["measures"][key] = value
    show(page, models)
    assert lines(cell(page, models[0]["name"], key))[0] == text


def test_small_print_is_the_range_over_the_seeds_and_the_model_itself(page: Page) -> None:
    models = choices()
    others = seeds(models)
    show(page, models, seeds=others)
    for model in (models[1], models[5]):
        for key in ("reconstruction", "mean_sigma", "holes", "aggregate_kl"):
            values = [each["measures"][key] for each in others if each["beta"] == model["beta"]]
            least, greatest = min(*values, model["measures"][key]), max(*values, model["measures"][key])
            low, _, high = lines(cell(page, model["name"], key))[-1].removeprefix("all ").partition("–")
            assert says(low, printed(key, least))
            assert says(high or low, printed(key, greatest))
    assert "–" not in cell(page, "mnist-kl-switched-off", "spread").inner_text()
    assert "over 5 seeds" in page.locator("#figure > p").inner_text()


def test_what_measures_the_floor_of_sigma_is_marked_and_has_no_range(page: Page) -> None:
    models = choices()
    show(page, models, seeds=seeds(models), b=models[0])
    for key in ("kl", "aggregate_kl", "negative_elbo", "mean_sigma", "overlap", "holes"):
        assert lines(cell(page, models[0]["name"], key))[1:] == [" †"], key
        assert "†" not in cell(page, models[4]["name"], key).inner_text()
    for key in ("reconstruction", "spread", "mutual_information"):
        assert "–" in cell(page, models[0]["name"], key).inner_text(), key
    words = page.locator("#figure > p").inner_text()
    assert "† β = 0: σ is kept above 0.000006, where it lies for 9,650 of 10,000 codes" in words
    assert "without that floor KL would grow without bound." in words
    assert "† β = 1, then 0: " in words
    assert "† β = 1: " not in words


def test_an_average_has_its_deviation_with_no_more_digits_than_it_has_itself(page: Page) -> None:
    models = choices()
    models[4]["measures"] |= {"reconstruction": 127.26, "reconstruction_sd": 0.149, "kl_sd": 0.01}
    models[4]["measures"] |= {"sure_share": 0.8244, "sure_share_sd": 0.0038}
    show(page, models)
    name = models[4]["name"]
    assert lines(cell(page, name, "reconstruction"))[:2] == ["127.3", "± 0.1"]
    assert len(lines(cell(page, name, "kl"))) == 1
    assert lines(cell(page, name, "sure_share"))[:2] == ["82.4", "± 0.4"]
    assert "binarised afresh 8 times; ± is the standard deviation" in page.locator("#figure > p").inner_text()


def test_seeds_that_were_binarised_once_are_said_to_be(page: Page) -> None:
    models = choices()
    once = [each | {"measures": {"kl": 7.0 + each["seed"]}} for each in seeds(models)]
    show(page, models, seeds=once)
    assert "binarised once, with 16 draws of z" in page.locator("#figure > p").inner_text()
    show(page, models, seeds=seeds(models))
    assert "binarised once" not in page.locator("#figure > p").inner_text()
    assert "seed 0, the first one; it was not chosen" in page.locator("#figure > p").inner_text()


def test_a_shipped_model_among_the_seeds_is_not_counted_twice(page: Page) -> None:
    models = choices()
    own = [{"beta": each["beta"], "seed": 0, "measures": each["measures"]} for each in models if each["from_scratch"]]
    show(page, models, seeds=own + seeds(models))
    assert "over 5 seeds" in page.locator("#figure > p").inner_text()
    show(page, models, seeds=own)
    assert "–" not in cell(page, models[1]["name"], "kl").inner_text()


def test_what_nobody_measured_is_a_dash_or_on_its_way(page: Page) -> None:
    models = choices()
    mine = kept(models[4])
    show(page, [*models, mine])
    assert says(lines(cell(page, mine["name"], "kl"))[0], mine["metrics"]["kl"])
    assert lines(cell(page, mine["name"], "holes")) == ["—"]
    assert "could not be measured" in (cell(page, mine["name"], "holes").get_attribute("title") or "")
    show(page, [*models, {**mine, "measuring": True}])
    assert lines(cell(page, mine["name"], "holes")) == ["measuring…"]
    measured = {key: value for key, value in models[4]["measures"].items() if not key.startswith("sure_share")}
    show(page, [*models, {**mine, "measures": measured}])
    assert lines(cell(page, mine["name"], "sure_share")) == ["—"]
    assert "data set" in (cell(page, mine["name"], "sure_share").get_attribute("title") or "")


def test_a_moment_of_a_run_has_one_column_and_the_sum_of_its_terms(page: Page) -> None:
    models = choices()
    metrics = {"reconstruction": 139.25, "kl": 5.5, "spread": 1.2, "mean_sigma": 0.1}
    moment = kept(models[4], name="run-0123456789abcdef@500", label="a run, step 500", metrics=metrics)
    show(page, models, b=moment)
    assert columns(page).count(moment["name"]) == 1
    assert says(lines(cell(page, moment["name"], "negative_elbo"))[0], 144.75)
    assert lines(cell(page, moment["name"], "active_units")) == ["—"]


def test_nats_of_a_density_are_called_so(page: Page) -> None:
    models = choices()
    metrics = {key: value for key, value in models[4]["metrics"].items() if not key.endswith("_sd")}
    metrics |= {"reconstruction": -829.4, "negative_elbo": -821.3}
    grey = kept(models[4], likelihood=LIKELIHOODS["gaussian"].facts(), metrics=metrics, images=360, dataset="digits")
    show(page, [*models, grey], b=grey)
    assert lines(cell(page, grey["name"], "reconstruction")) == ["-829.4", "nats, density"]
    assert len(lines(cell(page, grey["name"], "kl"))) == 1
    limit = page.locator("[data-measure=mutual_information]").inner_text()
    assert all(f"log {count:,} = {math.log(count):.2f}" in limit for count in (10_000, 360))
    assert "unless the head of a column names others" in page.locator("#figure > p").inner_text()
    assert "360 digits images" in page.locator(f"th:has([data-column='{grey['name']}'])").inner_text()
    assert page.locator("[data-measure=reconstruction] .lse-spark-letter").all_text_contents() == ["A"]


def test_two_columns_are_marked_and_a_heading_picks(page: Page) -> None:
    models = choices()
    show(page, models)
    marked = page.locator("thead .lse-picked button")
    assert [text.split() for text in marked.all_inner_texts()] == [["A", "β", "=", "0"], ["B", "β", "=", "1"]]
    page.evaluate("() => { picks.length = 0 }")
    page.get_by_role("button", name="β = 10").click()
    assert page.evaluate("picks") == ["mnist-beta-10"]
    show(page, models, b=models[6])
    assert page.evaluate("document.activeElement.dataset.column") == "mnist-beta-10"
    show(page, models, b=models[0])
    assert marked.all_inner_texts()[0].split() == ["A", "B", "β", "=", "0"]


def test_columns_stand_in_the_order_given_and_a_and_b_first_where_there_is_little_room(page: Page) -> None:
    models = choices()
    names = [model["name"] for model in models]
    show(page, models, a=models[5], b=models[2])
    assert columns(page) == ["", "", *names]
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_selector("table[data-narrow=true]")
    chosen = [names[5], names[2]]
    assert columns(page) == ["", *chosen, "", *(name for name in names if name not in chosen)]
    boxes = [page.locator("thead tr > *").nth(i).bounding_box() for i in range(3)]
    assert all(box and box["x"] + box["width"] <= 390 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1400, "height": 900})
    page.wait_for_selector("table[data-narrow=false]")


def test_a_and_b_come_first_wherever_the_table_is_wider_than_its_box(page: Page) -> None:
    models = choices()
    many = [*models, *(kept(models[4], name=f"kept-{i}", label=f"one of many, {i}") for i in range(6))]
    names = [model["name"] for model in many]
    show(page, many, a=many[9], b=many[2])
    assert columns(page) == ["", names[9], names[2], "", *(name for name in names if name not in (names[9], names[2]))]
    page.evaluate("() => { window.filled = 0; const fill = table.fill; "
                  "table.fill = () => { filled++; fill.call(table); } }")  # fmt: skip
    page.set_viewport_size({"width": 4000, "height": 900})
    wait_until(page, "!table.crowded")
    assert columns(page) == ["", "", *names]
    page.set_viewport_size({"width": 1400, "height": 900})
    wait_until(page, "table.crowded")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("filled") <= 4  # no more than twice a change
    show(page, models)
    assert columns(page)[1] == ""


def test_on_a_phone_the_names_of_the_rows_wrap_and_buttons_are_large_enough_for_a_thumb(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    show(page, choices())
    page.wait_for_selector("table[data-narrow=true]")
    rights = """heads => heads.map(head => {
        const words = document.createRange();
        words.selectNodeContents(head);
        const { width, right } = head.getBoundingClientRect();
        return [width, right, words.getBoundingClientRect().right];
    })"""
    heads = page.locator("tbody th").evaluate_all(rights)
    assert all(text <= cell for _, cell, text in heads)
    assert heads[0][0] < 0.35 * 390
    assert all(button.bounding_box()["height"] >= 40 for button in page.locator(".lse-save button").all())
    page.set_viewport_size({"width": 1400, "height": 900})
    page.wait_for_selector("table[data-narrow=false]")


@pytest.mark.parametrize(
    ("key", "log"), [("reconstruction", False), ("kl", True), ("mean_sigma", True), ("overlap", True), ("holes", False)]
)
def test_the_dots_of_a_sparkline_are_as_high_as_their_values(page: Page, key: str, log: bool) -> None:
    models = choices()
    show(page, models)
    dots = page.locator(f"[data-measure={key}] .lse-spark-dot")
    x, y = np.array(dots.evaluate_all("dots => dots.map(dot => [dot.cx.baseVal.value, dot.cy.baseVal.value])")).T
    values = np.array([model["measures"][key] for model in models if model["from_scratch"]])
    assert np.allclose(np.diff(x), x[1] - x[0])
    height = np.log(values) if log else values
    assert np.corrcoef(height, y)[0, 1] == pytest.approx(-1)
    assert ("log" in page.locator(f"[data-measure={key}] svg").text_content()) == log


def test_the_split_stands_between_its_headings_as_a_sum(page: Page) -> None:
    show(page, choices())
    order = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.measure ?? row.className)")
    assert order[1:5] == ["kl", "lse-split", "mutual_information", "aggregate_kl"]
    assert f"log 10,000 = {math.log(10_000):.2f}" in page.locator("[data-measure=mutual_information]").inner_text()


def test_the_csv_holds_every_measure_of_every_model_and_seed(page: Page) -> None:
    models = choices()
    others = seeds(models)
    show(page, models, seeds=others)
    head, *rows = csv.reader(io.StringIO(page.evaluate("csvOf(table.rows())"), newline=""))
    keys = [name.partition(" ")[0] for name in head[6:]]
    assert set(keys) == models[0]["measures"].keys() - {"at_least_sigma"}
    assert all(name.endswith(")") for name in head[6:])
    for row, entry in zip(rows, models + others, strict=True):
        assert dict(zip(keys, map(float, row[6:]), strict=True)) == {key: entry["measures"][key] for key in keys}
        assert float(row[4]) == entry["beta"]
    assert [row[5] for row in rows] == [""] * len(models) + [str(each["seed"]) for each in others]
