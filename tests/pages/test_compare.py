"""The page mounts the comparison with the link it was opened with, learns what is left, and waits for measures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer import palette
from explorer.pages.compare.definitions import DEFINITIONS, SWEEP
from explorer.runs.manager import Manager
from explorer.runs.store import STATE_VARIABLE
from explorer.server import assets, catalogue, comparison_models, link, model_store
from tests.comparing import MEASURES, SHIPPED, forget_shipped, lay_run, manage, ship
from tests.page import TestedPage
from tests.runs.running import ANN, BOB

PAGE = TestedPage("compare", "side_by_side")
DEFAULTS = link.defaults(link.COMPARE)


@pytest.fixture(autouse=True)
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[Path, tuple]]:
    """What is known of kept models; the gallery's measures and every folder are the test's own."""
    known: dict[Path, tuple] = {}
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr(comparison_models, "measures_of", lambda path: known.get(path, (None, True)))
    monkeypatch.setattr(model_store, "_check_images", lambda model: None)
    ship(tmp_path, monkeypatch)
    yield known
    forget_shipped()


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manager:
    return manage(tmp_path, monkeypatch)


def test_the_page_opens_without_a_complaint() -> None:
    app = PAGE.opened()
    assert not app.exception
    assert not app.error
    assert not app.warning


def test_the_comparison_gets_models_measures_seeds_colours_and_addresses() -> None:
    given = PAGE.data(PAGE.opened())
    assert given["models"] == comparison_models.choices(ANN)
    assert (given["seeds"], given["classifier"]) == (SHIPPED["seeds"], SHIPPED["classifier"])
    assert (given["class_colours"], given["term_colours"]) == (palette.CLASSES, palette.TERMS)
    assert given["plotly_url"] == assets.plotly_url()
    assert given["classifier_url"] == assets.classifier_url()
    assert given["start"] == given["defaults"] == DEFAULTS
    assert given["runs"] == []


def test_it_starts_where_the_link_says() -> None:
    query = {
        "a": "mnist-beta-30",
        "z": "1,-2",
        "image": "7",
        "digits": "013",
        "scale": "own",
        "lines": "on",
        "draw": "5",
    }
    assert PAGE.data(PAGE.opened(**query))["start"] == DEFAULTS | query


@pytest.mark.parametrize(
    "query",
    [
        {"a": "no such", "b": "kept-0123456789ab"},
        {"a": "run-0123456789abcdef@20", "b": "run-0123456789abcdef"},
        {"z": "nan,nan", "view": "0,0,0", "draw": "-1"},
        {"model": "mnist-beta-10"},
    ],
)
def test_a_bad_link_starts_at_the_default(query: dict[str, str]) -> None:
    app = PAGE.opened(**query)
    assert not app.exception
    assert PAGE.data(app)["start"] == DEFAULTS


def test_two_moments_of_a_run_can_be_compared_by_whoever_has_the_link(runs: Manager) -> None:
    lay_run(runs.store, "a" * 16, ANN, 1.0)
    sides = {side: f"run-{'a' * 16}@{step}" for side, step in (("a", 0), ("b", 20))}
    given = PAGE.data(PAGE.opened(BOB, **sides))
    assert given["start"] == DEFAULTS | sides
    assert [run["name"] for run in given["runs"]] == [f"run-{'a' * 16}"]
    assert PAGE.data(PAGE.opened(BOB))["runs"] == []


def test_what_the_visitor_leaves_reaches_python_and_changes_nothing_that_is_mounted() -> None:
    app = PAGE.opened(image="3")
    before = PAGE.data(app)
    left = DEFAULTS | {"a": "mnist-beta-30", "z": "0.5,0.25", "lines": "on"}
    PAGE.report(app, link=left)
    assert not app.exception
    assert app.session_state["compare"]["link"] == left
    assert PAGE.data(app) == before


def test_who_comes_back_finds_what_they_left() -> None:
    app = PAGE.opened(image="3")
    left = DEFAULTS | {"a": "mnist-beta-30", "scale": "fit"}
    PAGE.report(app, link=left)
    # As Streamlit does when the page is left by the navigation, whose links say nothing.
    del app.session_state["compare"]
    app.query_params.clear()
    assert PAGE.data(app.run())["start"] == left


@pytest.mark.parametrize("state", [[1], "x", 5])
def test_a_state_that_is_no_object_leads_back_to_the_default(state: object) -> None:
    app = PAGE.opened()
    PAGE.report(app, link=state)
    # As Streamlit does when the page is left.
    del app.session_state["compare"]
    app.run()
    assert not app.exception
    assert PAGE.data(app)["start"] == DEFAULTS


@pytest.mark.parametrize("state", [None, {}, {"a": "../x", "z": 3, "image": ["1"]}, {"unknown": "1"}])
def test_a_browser_that_reports_nonsense_changes_nothing(state: object) -> None:
    app = PAGE.opened()
    before = PAGE.data(app)
    PAGE.report(app, link=state)
    assert not app.exception
    assert PAGE.data(app) == before


def test_a_kept_models_measures_arrive_and_nothing_else_changes(tiny_bytes: bytes, measured: dict[Path, tuple]) -> None:
    name = model_store.keep(ANN, "my own", tiny_bytes)
    app = PAGE.opened(a=name)
    before = PAGE.data(app)
    assert (before["models"][-1]["name"], before["models"][-1]["measuring"]) == (name, True)
    assert before["start"]["a"] == name
    app.run()
    assert PAGE.data(app) == before
    measured[model_store.path(ANN, name)] = (MEASURES, False)
    app.run()
    after = PAGE.data(app)
    assert after["models"][-1] == before["models"][-1] | {"measures": MEASURES, "measuring": False}
    assert after | {"models": []} == before | {"models": []}
    assert after["models"][:-1] == before["models"][:-1]


def test_others_kept_models_are_not_to_be_had(tiny_bytes: bytes) -> None:
    name = model_store.keep(ANN, "my own", tiny_bytes)
    assert PAGE.data(PAGE.opened(BOB, a=name, b=name))["start"] == DEFAULTS


@pytest.mark.parametrize("text", ["{", "[]", '{"models": NaN}', "[" * 200_000])
def test_damaged_measures_cost_a_sentence_and_are_found_again_once_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    ship(tmp_path, monkeypatch, text)
    app = PAGE.opened()
    assert "measures.json is damaged" in app.warning[0].value
    assert not app.exception
    assert {model["measures"] for model in PAGE.data(app)["models"]} == {None}
    assert str(tmp_path) not in str(app)
    ship(tmp_path, monkeypatch)
    app = PAGE.opened()
    assert not app.warning
    assert MEASURES in [model["measures"] for model in PAGE.data(app)["models"]]


def test_a_folder_that_cannot_be_written_is_named_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "file" / "made")
    app = PAGE.opened()
    assert "cannot be written" in app.error[0].value
    assert not app.exception


def test_every_definition_has_an_equation_and_the_seeds_a_command() -> None:
    app = PAGE.opened()
    shown = {each.value.strip("$\n") for each in app.latex}
    assert {each.equation for each in DEFINITIONS} <= shown
    assert any(f"`{SWEEP}`" in each.value for each in app.markdown)
    assert not app.code
    assert all(each.words.endswith(".") for each in DEFINITIONS)


def test_the_default_sides_are_on_offer() -> None:
    dial = PAGE.data(PAGE.opened())["dials"][0]
    for side in "ab":
        name, weight = DEFAULTS[side].split("@")
        assert name == dial["model"]["name"]
        assert dial["low"] <= float(weight) <= dial["high"]


def test_without_its_dial_the_page_opens_and_blames_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "dials_for", lambda visitor_id: [])
    app = PAGE.opened()
    assert PAGE.data(app)["dials"] == []
    assert not app.warning
    assert not app.exception
