"""The training page: it starts, steers and ends runs, says what went wrong, and lets others watch."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from explorer.runs import limits, lock
from explorer.runs.manager import Manager
from explorer.runs.store import STATE_VARIABLE, Store
from explorer.server import assets, catalogue, model_store
from tests.conftest import PATIENCE_S
from tests.forging import with_tensors
from tests.page import TestedPage
from tests.runs.running import ANN, BOB, BRIEF, ENDLESS, patched, until, until_settled

DIAL = TestedPage("train", "weight_dial")
# The real worker, asleep most of the time.
SLOWLY = """
import time
from models import training
descend = training._descend
training._descend = lambda *given: time.sleep(0.2) or descend(*given)
"""


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """The manager that the page finds, on folders of the test's own."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    manager = Manager(Store(tmp_path / "runs", tmp_path / "frames"), slots=2, worker=patched())
    monkeypatch.setattr("explorer.pages.train.page.manager", lambda: manager)
    yield manager
    manager.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager with a run of Bob's that is done and one of Ann's at work, for workers take seconds to start."""
    folder = tmp_path_factory.mktemp("shared")
    manager = Manager(Store(folder / "runs", folder / "frames"), slots=2, worker=patched())
    until_settled(manager, manager.submit(BOB, BRIEF))
    manager.command = patched(SLOWLY)
    at_work(manager)
    yield manager
    manager.close()


@pytest.fixture
def busy(shared: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manager:
    """That manager, found by the page. Who uses it leaves Ann's run at work, its KL weight 1, and none of Bob's."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    monkeypatch.setattr("explorer.pages.train.page.manager", lambda: shared)
    return shared


def turn(app: AppTest, weight: float) -> None:
    """Turn the dial of the running optimiser, or of the next run."""
    DIAL.report(app, turned={"weight": weight, "at": 0})


def done(runs: Manager) -> str:
    """Bob's run that is done."""
    return [run.name for run in runs.runs_of(BOB)][-1]


def cancel(runs: Manager, name: str) -> None:
    """End a run of Bob's."""
    runs.cancel(name, BOB)
    until_settled(runs, name)


def opened(run: str = "", visitor: str = ANN) -> AppTest:
    """The page at the address of ``run``. Alone, because AppTest cannot switch to a page that is a function."""

    def page() -> None:
        from explorer.pages.train import page

        page.show()

    app = AppTest.from_function(page, default_timeout=PATIENCE_S)
    app.session_state["visitor_drawn"] = visitor
    if run:
        app.query_params["run"] = run
    return app.run()


def shown(app: AppTest) -> list[dict]:
    """The runs that the run view is given."""
    component = next(each for each in app.get("bidi_component") if each.proto.component_name == "run_view")
    return json.loads(component.proto.json)["runs"]


def address(app: AppTest) -> str:
    """The run that the address bar names; AppTest knows one value of a parameter as itself or as a list."""
    value = app.query_params["run"]
    return value if isinstance(value, str) else value[0]


def button(app: AppTest, label: str):
    return next(each for each in app.button if each.label == label)


def labels(app: AppTest) -> set[str]:
    return {each.label for each in app.button}


def at_work(runs: Manager) -> str:
    """Ann's run, after its first step."""
    name = runs.submit(ANN, ENDLESS)
    until(lambda: runs.snapshot(name).status.step)
    return name


def test_the_page_opens_on_a_form_the_prior_and_what_a_run_costs(runs: Manager) -> None:
    app = opened()
    assert not app.exception
    assert not app.warning
    (run,) = shown(app)
    assert (run["frames"], run["ended"]) == ([], False)
    assert "prior" in run["waiting"]
    assert any("Takes about" in caption.value for caption in app.caption)


def test_start_trains_to_the_end_and_the_model_can_be_kept(runs: Manager) -> None:
    app = opened()
    app.selectbox(key="form_dataset").select("digits").run()
    app.number_input(key="form_epochs_digits").set_value(2)
    app.text_input(key="form_hidden").set_value("16, 8").run()
    button(app, "Start training").click().run()
    name = address(app)
    assert runs.snapshot(name).recipe.hidden == (16, 8)
    until(lambda: runs.snapshot(name).status.ended)
    app.run()
    assert not app.exception
    assert "nats per image" in app.success[0].value
    (run,) = shown(app)
    assert [run["frames"][0]["step"], run["frames"][-1]["step"], run["steps"]] == [0, 46, 46]
    app.text_input[0].set_value("my digits").run()
    button(app, "Save").click().run()
    assert list(model_store.labels(ANN).values()) == ["my digits"]
    entry = catalogue.models_for(ANN)[-1]
    assert entry["label"] == "my digits"
    assert model_store.labels(BOB) == {}
    published = assets.FOLDER / Path(entry["url"]).name
    assert published.exists()
    button(app, "New run").click().run()
    button(app, "Delete").click().run()
    assert model_store.labels(ANN) == {}
    assert not published.exists()


@pytest.mark.slow
def test_a_dial_is_trained_kept_and_has_no_weight_to_set(runs: Manager) -> None:
    app = opened()
    app.selectbox(key="form_dataset").select("digits").run()
    app.number_input(key="form_beta").set_value(3.0).run()
    app.segmented_control(key="form_objective").set_value("dial").run()
    assert app.number_input(key="form_beta").disabled
    assert app.slider(key="form_warm_up").disabled
    assert any("A dial has no KL weight to choose" in caption.value for caption in app.caption)
    app.number_input(key="form_epochs_digits").set_value(1)
    app.text_input(key="form_hidden").set_value("8").run()
    button(app, "Start training").click().run()
    name = address(app)
    assert runs.snapshot(name).recipe.is_dial
    app.run()
    (run,) = shown(app)
    assert run["label"] == "dial, at β = 1"
    assert not [each for each in app.get("bidi_component") if each.proto.component_name == "weight_dial"]
    until(lambda: runs.snapshot(name).status.ended)
    app.run()
    assert not app.exception
    assert "nats per image at β = 1" in app.success[0].value
    assert "Train again" not in labels(app)
    assert any("Shown at β = 1" in caption.value for caption in app.caption)
    app.text_input[0].set_value("my dial").run()
    button(app, "Save").click().run()
    assert [dial["model"]["label"] for dial in catalogue.dials_for(ANN)] == ["dial", "my dial"]


@pytest.mark.slow
def test_a_gaussian_run_has_a_sigma_fixed_or_learnt(runs: Manager) -> None:
    app = opened()
    assert not [each for each in app.checkbox if each.key == "form_sigma_learnt"]
    app.selectbox(key="form_dataset").select("digits").run()
    app.selectbox(key="form_likelihood").select("gaussian").run()
    app.number_input(key="form_sigma").set_value(0.3).run()
    assert not app.exception
    app.checkbox(key="form_sigma_learnt").check().run()
    app.number_input(key="form_epochs_digits").set_value(2)
    app.text_input(key="form_hidden").set_value("16").run()
    button(app, "Start training").click().run()
    run = runs.snapshot(address(app))
    assert (run.recipe.likelihood, run.recipe.pixel_stddev) == ("gaussian", None)
    until(lambda: runs.snapshot(run.name).status.ended)
    app.run()
    assert "nats of a density per image" in app.success[0].value
    sigmas = [frame["pixel_stddev"] for frame in shown(app)[0]["frames"]]
    assert sigmas[0] == pytest.approx(0.2)
    assert sigmas[-1] != sigmas[0]


@pytest.mark.parametrize("text", ["many", "", "0", "5000", "1,2,3,4,5", "16;16"])
def test_a_bad_width_is_named_and_nothing_starts(runs: Manager, text: str) -> None:
    app = opened()
    app.text_input(key="form_hidden").set_value(text).run()
    assert app.warning[0].value.endswith(".")
    assert "idden" in app.warning[0].value
    assert button(app, "Start training").disabled
    assert not app.exception


def test_a_run_that_would_take_too_long_is_refused_with_the_limit(runs: Manager) -> None:
    app = opened()
    app.number_input(key="form_epochs_mnist").set_value(200)
    app.text_input(key="form_hidden").set_value("1024,1024,1024,1024").run()
    assert "Train fewer epochs" in app.warning[0].value
    assert button(app, "Start training").disabled


@pytest.mark.parametrize("name", ["0123456789abcdef", "../../etc", "x" * 9999, "٠" * 16])
def test_a_forged_address_ends_in_a_sentence_and_the_form(runs: Manager, name: str) -> None:
    app = opened(name)
    assert not app.exception
    assert "no run at this address" in app.warning[0].value
    assert "Start training" in labels(app)


def test_the_owner_steers(runs: Manager) -> None:
    name = at_work(runs)
    app = opened(name)
    turn(app, 0)
    until(lambda: runs.record(name).changes)
    assert runs.record(name).changes[0]["weight"] == 0
    button(app, "Pause").click().run()
    until(lambda: runs.snapshot(name).status.state == "paused")
    step = runs.snapshot(name).status.step
    button(app, "One step").click().run()
    until(lambda: runs.snapshot(name).status.step == step + 1)
    button(app, "Resume").click().run()
    until(lambda: runs.snapshot(name).status.step > step + 1)
    button(app, "Cancel").click().run()
    until(lambda: runs.snapshot(name).status.ended)
    app.run()
    assert not app.exception
    assert "Cancelled" in app.warning[0].value


def test_others_watch_and_do_not_steer(busy: Manager) -> None:
    name = busy.active(ANN)
    apps = [opened(name, visitor) for visitor in (BOB, ANN)]
    assert all(shown(app)[0]["frames"] for app in apps)
    assert not labels(apps[0]) & {"Pause", "Cancel", "One step"}
    assert labels(apps[1]) >= {"Pause", "Cancel", "One step"}


def test_coming_back_without_the_address_finds_the_run(busy: Manager) -> None:
    name = busy.active(ANN)
    app = opened()
    assert shown(app)[0]["name"] == name
    assert address(app) == name


def test_an_address_that_names_no_run_leads_back_to_ones_own(busy: Manager) -> None:
    name = busy.active(ANN)
    app = opened("0123456789abcdef")
    assert shown(app)[0]["name"] == address(app) == name
    assert "no run at this address" in app.warning[0].value


@pytest.mark.parametrize("forged", [None, 5, {}, {"weight": "1"}, {"weight": True}, {"weight": -1}, {"weight": [1]}])
def test_a_forged_weight_changes_nothing(busy: Manager, forged: object) -> None:
    before = busy.snapshot(busy.active(ANN)).control
    app = opened(busy.active(ANN))
    DIAL.report(app, turned=forged)
    assert not app.exception
    assert busy.snapshot(busy.active(ANN)).control == before


def test_the_weight_that_is_lit_is_the_one_in_force_whichever_tab_set_it(busy: Manager) -> None:
    name = busy.active(ANN)
    tabs = [opened(name), opened(name)]
    turn(tabs[0], 0.37)
    tabs[1].run()
    assert [DIAL.data(tab)["weight"] for tab in tabs] == [0.37, 0.37]
    turn(tabs[1], 0)
    tabs[0].run()
    assert busy.snapshot(name).control.weight == DIAL.data(tabs[0])["weight"] == 0.0
    busy.steer(name, ANN, weight=1.0)


def test_clearing_the_caches_loses_no_run(busy: Manager) -> None:
    name = busy.active(ANN)
    st.cache_data.clear()
    st.cache_resource.clear()
    app = opened(name)
    assert shown(app)[0]["name"] == name
    assert "Pause" in labels(app)


@pytest.mark.slow
def test_again_repeats_the_start_with_another_weight_and_shows_both(busy: Manager) -> None:
    base = done(busy)
    app = opened(base, BOB)
    assert DIAL.data(app)["weight"] == 0
    turn(app, 0.37)
    turn(app, -5)
    assert DIAL.data(app)["weight"] == 0.37
    button(app, "Train again").click().run()
    name = address(app)
    assert busy.snapshot(name).recipe == replace(BRIEF, beta=0.37)
    until(lambda: busy.record(name).frames)
    app.run()
    before, after = shown(app)
    assert (before["name"], after["name"]) == (base, name)
    first = [busy.store.files(each).frame(0).read_bytes() for each in (base, name)]
    assert first[0] == first[1]
    cancel(busy, name)


def test_a_second_run_of_one_visitor_is_refused_in_a_sentence(busy: Manager) -> None:
    base, name = done(busy), busy.submit(BOB, ENDLESS)
    app = opened(base, BOB)
    button(app, "Train again").click().run()
    assert "Cancel it" in app.warning[0].value
    assert not app.exception
    cancel(busy, name)


def test_a_failed_run_says_why(runs: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.command = ["false"]
    name = runs.submit(ANN, BRIEF)
    until(lambda: runs.snapshot(name).status.ended)
    app = opened(name)
    assert "exit status 1" in app.error[0].value
    assert "New run" in labels(app)


def test_a_file_of_another_format_is_refused_in_a_sentence(runs: Manager) -> None:
    app = opened()
    app.file_uploader[0].set_value(("model.pt", b"PK", "application/octet-stream")).run()
    assert "reads only .safetensors files" in app.warning[-1].value
    assert "Save the upload" not in labels(app)


def test_an_upload_is_checked_and_kept(runs: Manager, tiny_bytes: bytes) -> None:
    app = uploaded(b"\x80\x04 a pickle")
    assert app.warning[-1].value == "The model is not saved."
    assert "safetensors" in app.text[-1].value
    assert model_store.labels(ANN) == {}
    assert not app.exception


def uploaded(raw: bytes) -> AppTest:
    """The page after the visitor has tried to keep a file."""
    app = opened()
    app.file_uploader[0].set_value(("bad.safetensors", raw, "application/octet-stream")).run()
    return button(app, "Save the upload").click().run()


def test_what_a_file_says_is_shown_as_text_and_never_as_markdown(runs: Manager, tiny_bytes: bytes) -> None:
    hostile = "![x](http://another.host/leak.png) [click me](https://evil.example) www.evil.example"
    app = uploaded(with_tensors(tiny_bytes, **{hostile: torch.zeros(1)}))
    assert [text.value for text in app.text if hostile[:80] in text.value]
    written = [app.warning, app.error, app.info, app.success, app.markdown, app.caption, app.title, app.header]
    assert not [each.value for kind in written for each in kind if "evil" in each.value or "another.host" in each.value]


def test_where_another_server_has_the_folder_the_page_says_so(runs: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "is_ours", lambda folder: False)
    app = opened()
    assert "LATENT_EXPLORER_STATE" in app.warning[-1].value
    assert button(app, "Start training").disabled
    assert not app.exception


def test_the_page_tells_the_visitors_address_to_the_limits(
    runs: Manager, tiny_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.ADDRESS_VARIABLE, "1")
    monkeypatch.setattr(limits, "WAITING", 0)
    monkeypatch.setattr(limits, "KEPT_BYTES", 0)
    monkeypatch.setattr(model_store, "_check_images", lambda model: None)
    monkeypatch.setattr(type(st.context), "ip_address", "203.0.113.1")
    app = uploaded(tiny_bytes)
    assert "from your network address" in app.text[-1].value
    button(app, "Start training").click().run()
    assert "from your network address" in app.warning[-1].value
    assert (model_store.labels(ANN), runs.active(ANN)) == ({}, "")


def test_a_full_disk_at_a_start_is_told_on_the_page(runs: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explorer.runs.files.write_atomically", refuse)
    app = opened()
    button(app, "Start training").click().run()
    assert "disk is full" in app.warning[-1].value
    assert not app.exception


@pytest.mark.slow
def test_a_run_without_the_kl_term_says_where_sigma_ends(busy: Manager) -> None:
    name = busy.active(ANN)
    sentence = "σ is kept above 0.000006"
    assert not any(sentence in caption.value for caption in opened(name).caption)
    busy.steer(name, ANN, weight=0.0)
    assert any(sentence in caption.value for caption in opened(name).caption)
    busy.steer(name, ANN, weight=1.0)
    other = busy.submit(BOB, replace(ENDLESS, beta=0.0))
    assert any(sentence in caption.value for caption in opened(other, BOB).caption)
    cancel(busy, other)
