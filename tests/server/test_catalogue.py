"""The models on offer: every shipped one in the order of beta, then the visitor's own, and what a page says of each."""

import gzip
import json
import math
from pathlib import Path

import pytest
import safetensors.torch
import torch

from explorer.runs.store import STATE_VARIABLE
from explorer.server import assets, catalogue, model_store
from explorer.wire import Dial, Model
from models import data, gallery
from models.checkpoint import Checkpoint, CheckpointError
from models.recipe import Recipe
from tests.conftest import TINY_HIDDEN
from tests.forging import with_metadata
from tests.runs.running import ANN, BOB

SHIPPED = catalogue.shipped()
SERIES = [entry for entry in SHIPPED if entry["from_scratch"]]


def test_every_shipped_model_is_on_offer_once() -> None:
    assert len(SHIPPED) == len(gallery.recipes())
    assert {entry["name"] for entry in SHIPPED} == set(gallery.recipes())
    assert len({entry["label"] for entry in SHIPPED}) == len(SHIPPED)


def test_the_series_stands_in_the_order_of_beta_and_what_differs_in_more_comes_after_it() -> None:
    assert [entry["beta"] for entry in SERIES] == sorted(gallery.BETAS)
    assert SHIPPED[: len(SERIES)] == SERIES
    assert SHIPPED[len(SERIES)]["name"] == gallery.SWITCHED_OFF


def test_all_but_the_exact_model_have_an_encoder() -> None:
    assert [entry["name"] for entry in SHIPPED if not entry["has_encoder"]] == [gallery.EXACT]


def test_binary_pixels_are_averaged_over_binarisations_and_every_code_is_an_integral() -> None:
    once = {gallery.EXACT, gallery.GAUSSIAN}
    for entry in SHIPPED:
        assert entry["samples"] == 0
        assert (entry["binarisations"] == 1) == (entry["name"] in once) == ("kl_sd" not in entry["metrics"])


def test_grey_pixels_alone_have_a_sigma() -> None:
    sigmas = {entry["name"]: entry["pixel_stddev"] for entry in SHIPPED}
    assert 0.15 < sigmas.pop(gallery.GAUSSIAN) < 0.25
    assert set(sigmas.values()) == {None}


def test_the_kl_switch_has_one_model_for_each_side() -> None:
    for beta in (0, 1):
        assert len([entry for entry in SHIPPED if entry["from_scratch"] and entry["beta"] == beta]) == 1


def test_an_entry_is_plain_json() -> None:
    assert json.loads(json.dumps(SHIPPED, allow_nan=False)) == SHIPPED


def test_metrics_are_finite_and_those_of_the_checkpoint() -> None:
    for entry in SHIPPED:
        assert all(math.isfinite(value) for value in entry["metrics"].values())
        assert entry["metrics"] == gallery.read(entry["name"]).metrics
        assert entry["images"] == len(gallery.read(entry["name"]).codes.label)


def test_every_model_has_a_story_and_a_file() -> None:
    for entry in SHIPPED:
        assert entry["story"].endswith(".")
        assert (assets.FOLDER / entry["url"].rsplit("/", 1)[1]).is_file()


def test_a_beta_says_itself_in_its_label() -> None:
    assert [entry["label"] for entry in SERIES] == [f"β = {beta:g}" for beta in sorted(gallery.BETAS)]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_bytes: bytes) -> str:
    """The name of a model that Ann keeps, in folders of the test's own."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "made")
    monkeypatch.setattr(assets, "_images", {})
    recipe = Recipe("fashion", epochs=1, hidden=TINY_HIDDEN, likelihood="gaussian", kl_changes=((1000, 0.0),), seed=7)
    return model_store.keep(ANN, "my own", with_metadata(tiny_bytes, recipe=recipe.to_json()))


def test_what_a_visitor_keeps_is_offered_to_them_after_the_shipped_ones(
    own: str, tmp_path: Path, tiny_checkpoint: Checkpoint
) -> None:
    *shipped, mine = catalogue.models_for(ANN)
    assert [entry["name"] for entry in shipped] == [entry["name"] for entry in SHIPPED]
    assert [entry["name"] for entry in catalogue.models_for(BOB)] == [entry["name"] for entry in SHIPPED]
    assert [entry["kept"] for entry in (*shipped, mine)] == [False] * len(SHIPPED) + [True]
    assert (mine["name"], mine["label"], mine["dataset"], mine["images"]) == (own, "my own", "Fashion-MNIST", 20)
    assert (mine["likelihood"]["name"], mine["class_names"][9]) == ("gaussian", "Boot")
    assert mine["metrics"] == tiny_checkpoint.metrics
    assert (mine["samples"], mine["binarisations"]) == (16, 1)  # a file of before averages were kept
    assert mine["story"] == "Trained on Fashion-MNIST, 1 epoch, seed 7; KL weight 1, 0 from step 1,000."
    assert (tmp_path / "made" / mine["url"].rsplit("/", 1)[1]).is_file()


@pytest.mark.usefixtures("own")
def test_every_offer_is_a_whole_entry_in_plain_json() -> None:
    offered = catalogue.models_for(ANN)
    assert json.loads(json.dumps(offered, allow_nan=False)) == offered
    assert all(entry.keys() == Model.__annotations__.keys() for entry in offered)


def test_a_kept_model_whose_file_has_gone_bad_is_left_out(own: str) -> None:
    model_store.path(ANN, own).write_bytes(b"no model")
    assert [entry["name"] for entry in catalogue.models_for(ANN)] == [entry["name"] for entry in SHIPPED]


def test_images_that_have_come_meanwhile_are_offered(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {entry["images_url"] for entry in catalogue.models_for(ANN)} == {None}
    monkeypatch.setitem(assets._images, "fashion", "app/static/made/fashion.gz")
    monkeypatch.setattr(assets, "_is_published", lambda url: True)
    assert [entry["images_url"] for entry in catalogue.models_for(ANN)] == [None] * len(SHIPPED) + [
        "app/static/made/fashion.gz"
    ]


def test_the_dial_has_its_averages_and_the_range_of_the_models_for_one_weight() -> None:
    (dial,) = catalogue.dials_for(ANN)
    table = gallery.read(gallery.DIAL).table
    assert table is not None
    assert json.loads(json.dumps(dial, allow_nan=False)) == dial
    assert dial.keys() == Dial.__annotations__.keys()
    assert dial["metrics"] == table.metrics
    assert dial["model"]["metrics"] == gallery.read(gallery.DIAL).metrics
    for mark in dial["dedicated"]:
        found = gallery.read(f"mnist-beta-{mark['beta']:g}").metrics
        loss = found["reconstruction"] + mark["beta"] * found["kl"]
        assert mark["low"] <= loss <= mark["high"]
        assert mark["seeds"] == 5
    metrics = dict(zip(dial["betas"], dial["metrics"], strict=True))
    assert [mark["beta"] for mark in dial["seeds"]] == dial["marks"]
    for mark in dial["seeds"]:
        found = metrics[mark["beta"]]
        assert mark["low"] <= found["reconstruction"] + mark["beta"] * found["kl"] + 1e-9
        assert found["reconstruction"] + mark["beta"] * found["kl"] <= mark["high"] + 1e-9
        assert mark["seeds"] == 5
    for url in (dial["encoder_url"], dial["table_url"]):
        assert (assets.FOLDER / Path(url).name).is_file()


def test_the_file_of_a_dial_is_its_model_at_one() -> None:
    (dial,) = catalogue.dials_for(ANN)
    shipped = gallery.read(gallery.DIAL)
    found = safetensors.torch.load(gzip.decompress((assets.FOLDER / Path(dial["model"]["url"]).name).read_bytes()))
    assert torch.equal(found["codes.mean"], shipped.codes.mean)
    at_one = shipped.vae()
    z = torch.tensor([[0.0, 0.0], [1.0, -2.0]])
    wanted = at_one.decode(z).mean
    weights = {name.removeprefix("decoder."): weight for name, weight in found.items() if name.startswith("decoder.")}
    at_one.decoder.load_state_dict(weights)
    torch.testing.assert_close(at_one.decode(z).mean, wanted, atol=2e-3, rtol=0)


def test_a_dial_whose_file_is_damaged_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(name: str) -> None:
        raise CheckpointError("damaged")

    monkeypatch.setattr(gallery, "read", damaged)
    catalogue._read_dial.cache_clear()
    assert catalogue.dials_for(BOB) == []
    monkeypatch.undo()
    assert len(catalogue.dials_for(BOB)) == 1


@pytest.mark.usefixtures("own")
def test_a_kept_dial_is_one_more_dial_and_no_model(dial_file: Path) -> None:
    name = model_store.keep(ANN, "my dial", dial_file.read_bytes())
    shipped, mine = catalogue.dials_for(ANN)
    assert name not in {entry["name"] for entry in catalogue.models_for(ANN)}
    assert (mine["model"]["name"], mine["model"]["label"], mine["model"]["kept"]) == (name, "my dial", True)
    assert json.loads(json.dumps(mine, allow_nan=False)) == mine
    assert mine.keys() == Dial.__annotations__.keys()
    assert len(mine["metrics"]) == len(mine["betas"])
    assert mine["marks"] == shipped["marks"]
    assert mine["dedicated"] == mine["seeds"] == []  # the shipped measures are of MNIST
    assert mine["model"]["story"] == "Trained on 8×8 digits, 2 epochs, seed 0; every KL weight from 0.01 to 30."
    for url in (mine["encoder_url"], mine["table_url"], mine["model"]["url"]):
        assert (assets.FOLDER / Path(url).name).is_file()
    assert catalogue.dials_for(BOB) == [shipped]


@pytest.mark.parametrize(("name", "offered"), [("kept-1@0.3", True), ("kept-1", True), ("a", True), ("a@1", False)])
def test_only_a_dial_has_a_weight_after_its_name(name: str, offered: bool) -> None:
    dials = [{"model": {"name": "kept-1"}}]
    assert catalogue.is_offered(name, [{"name": "a"}], dials) == offered  # pyright: ignore[reportArgumentType]
