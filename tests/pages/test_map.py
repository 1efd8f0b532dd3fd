"""The page mounts the map with the link it was opened with, and learns where the visitor leaves it."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer import palette, startup
from explorer.server import assets, catalogue, link
from models import gallery
from tests.conftest import ROOT
from tests.page import SECONDS, TestedPage

PAGE = TestedPage("map", "latent_map")


def opened(**query: str) -> AppTest:
    """The app at an address."""
    app = AppTest.from_file(ROOT / "app.py", default_timeout=SECONDS)
    app.query_params.update(query)
    return app.run()


def test_the_page_opens_without_a_complaint() -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    assert not app.warning


def test_the_map_gets_the_gallery_the_colours_and_the_addresses() -> None:
    given = PAGE.data(opened())
    assert given["models"] == catalogue.models_for("a visitor who keeps nothing")
    assert given["dials"] == catalogue.dials_for("a visitor who keeps nothing")
    assert {model["images_url"] for model in given["models"]} == {assets.images_url("mnist")}
    assert (given["class_colours"], given["term_colours"]) == (palette.CLASSES, palette.TERMS)
    assert given["plotly_url"] == assets.plotly_url()
    assert given["classifier_url"] == assets.classifier_url()
    assert given["start"] == given["defaults"] == link.DEFAULTS


def test_the_map_starts_where_the_link_says() -> None:
    query = {"model": "mnist-beta-0", "z": "1,-2", "image": "7", "digits": "013", "scale": "fit", "lattice": "on"}
    assert PAGE.data(opened(**query))["start"] == link.DEFAULTS | query


def test_a_link_to_the_dial_starts_there_and_without_the_dial_at_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    assert PAGE.data(opened(model="mnist-dial@0.37"))["start"]["model"] == "mnist-dial@0.37"
    (shipped,) = catalogue.dials_for("")
    own = {**shipped, "model": {**shipped["model"], "name": "kept-0123456789ab"}}
    monkeypatch.setattr(catalogue, "dials_for", lambda visitor: [own])
    app = opened(model="mnist-dial@0.37")
    assert not app.exception
    assert PAGE.data(app)["start"] == link.DEFAULTS | {"model": gallery.REFERENCE}


@pytest.mark.parametrize(
    "query",
    [{"model": "no such"}, {"model": "kept-0123456789ab"}, {"z": "nan,nan"}, {"view": "0,0,0"}, {"unknown": "1"}],
)
def test_a_bad_link_starts_at_the_default(query: dict[str, str]) -> None:
    app = opened(**query)
    assert not app.exception
    assert PAGE.data(app)["start"] == link.DEFAULTS


def test_what_the_visitor_leaves_reaches_python() -> None:
    app = opened()
    left = link.DEFAULTS | {"model": "mnist-beta-0", "z": "0.5,0.25"}
    PAGE.report(app, link=left)
    assert not app.exception
    assert app.session_state["map"]["link"] == left


def test_what_the_map_is_given_stays_constant_while_the_visitor_moves() -> None:
    app = opened(image="3")
    before = PAGE.data(app)
    PAGE.report(app, link=link.DEFAULTS | {"z": "0.5,0.25"})
    assert PAGE.data(app) == before


@pytest.mark.parametrize("state", [[1], "x", 5])
def test_a_state_that_is_no_object_leads_back_to_the_default(state: object) -> None:
    app = opened()
    PAGE.report(app, link=state)
    # As Streamlit does when the page is left.
    del app.session_state["map"]
    app.run()
    assert not app.exception
    assert PAGE.data(app)["start"] == link.DEFAULTS


@pytest.mark.parametrize("state", [None, {}, {"model": "../x", "z": 3, "image": ["1"]}, {"unknown": "1"}])
def test_a_browser_that_reports_nonsense_changes_nothing(state: object) -> None:
    app = opened()
    before = PAGE.data(app)
    PAGE.report(app, link=state)
    assert not app.exception
    assert PAGE.data(app) == before


def test_a_damaged_model_is_named_in_a_sentence_and_found_again_once_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models" / "pretrained"
    shutil.copytree(gallery.FOLDER, folder)
    damaged = folder / f"{gallery.REFERENCE}.safetensors"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1])
    monkeypatch.setattr(gallery, "FOLDER", folder)
    forget()
    app = opened()
    assert damaged.name in app.error[0].value
    assert str(tmp_path) not in app.error[0].value
    assert not app.exception
    damaged.unlink()
    app = opened()
    assert damaged.name in app.error[0].value
    assert str(tmp_path) not in app.error[0].value
    damaged.write_bytes(whole)
    assert not app.run().error
    forget()


def test_a_folder_that_cannot_be_written_is_named_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "file" / "made")
    forget()
    app = opened()
    assert "static/made cannot be written" in app.error[0].value
    assert str(tmp_path) not in app.error[0].value
    assert not app.exception
    forget()


def forget() -> None:
    """As in a new process."""
    for function in (startup._prepare, catalogue.shipped, gallery.read, assets.plotly_url, assets.classifier_url):
        function.cache_clear()
