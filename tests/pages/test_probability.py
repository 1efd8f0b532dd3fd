"""The page mounts the view with the link it was opened with, and remembers how it was left."""

from pathlib import Path

import pytest

from explorer import palette
from explorer.pages.probability.probability_view import WORKER
from explorer.runs.store import STATE_VARIABLE
from explorer.server import assets, comparison_models, link, model_store
from tests.comparing import manage
from tests.page import TestedPage
from tests.runs.running import ANN

PAGE = TestedPage("probability", "probability_view")
DEFAULTS = link.defaults(link.PROBABILITY)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder is the test's own."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr(comparison_models, "measures_of", lambda path: (None, False))
    monkeypatch.setattr(model_store, "_check_images", lambda model: None)
    manage(tmp_path, monkeypatch)


def test_the_page_opens_without_a_complaint() -> None:
    app = PAGE.opened()
    assert not app.exception
    assert not app.error
    assert not app.warning


def test_the_sections_below_are_folded_under_headlines() -> None:
    app = PAGE.opened()
    headlines = [fold.label for fold in app.expander if len(fold.label.split()) >= 6 and fold.label.startswith("W")]
    assert len(headlines) >= 4
    assert not app.header


def test_the_view_gets_models_colours_and_addresses() -> None:
    given = PAGE.data(PAGE.opened())
    assert given["models"] == comparison_models.choices(ANN)
    assert (given["class_colours"], given["term_colours"]) == (palette.CLASSES, palette.TERMS)
    assert given["plotly_url"] == assets.plotly_url()
    assert given["classifier_url"] == assets.classifier_url()
    assert given["start"] == given["defaults"] == DEFAULTS
    assert given["worker_url"] == assets.script_url("inference", WORKER)


def test_it_starts_where_the_link_says() -> None:
    query = {"model": "mnist-beta-30", "z": "1,-2", "image": "7", "digits": "013", "scale": "fit", "full": "on"}
    assert PAGE.data(PAGE.opened(**query))["start"] == DEFAULTS | query


@pytest.mark.parametrize(
    "query", [{"model": "no such"}, {"model": "kept-0123456789ab"}, {"full": "off", "scale": "own", "view": "0,0,0"}]
)
def test_a_bad_link_starts_at_the_default(query: dict[str, str]) -> None:
    app = PAGE.opened(**query)
    assert not app.exception
    assert PAGE.data(app)["start"] == DEFAULTS


def test_a_kept_model_can_be_chosen(tiny_bytes: bytes) -> None:
    name = model_store.keep(ANN, "my own", tiny_bytes)
    assert PAGE.data(PAGE.opened(model=name))["start"]["model"] == name


@pytest.mark.parametrize("link", [None, {}, 7, "now", [], {"model": "../x", "image": ["1"], "full": 2}])
def test_a_browser_that_reports_nonsense_is_put_at_the_default(link: object) -> None:
    app = PAGE.opened()
    PAGE.report(app, link=link)
    assert not app.exception
    del app.session_state["probability"]
    assert PAGE.data(app.run())["start"] == DEFAULTS


def test_who_comes_back_finds_what_they_left() -> None:
    app = PAGE.opened(image="3")
    left = DEFAULTS | {"model": "mnist-beta-30", "full": "on"}
    PAGE.report(app, link=left)
    # As Streamlit does when the page is left by the navigation, whose links say nothing.
    del app.session_state["probability"]
    app.query_params.clear()
    assert PAGE.data(app.run())["start"] == left


def test_a_folder_that_cannot_be_written_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(visitor: str) -> None:
        raise assets.AssetError("It cannot be written.")

    monkeypatch.setattr(comparison_models, "choices", refuse)
    app = PAGE.opened()
    assert not app.exception
    assert app.error[0].value == "The page cannot be served. It cannot be written. Then reload this page."
