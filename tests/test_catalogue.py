"""The models on offer: every shipped one, in the order of beta, with what a page says about it."""

import json
import math

from explorer import assets, catalogue
from models import gallery

SHIPPED = catalogue.shipped()


def test_every_shipped_model_is_on_offer_once() -> None:
    assert len(SHIPPED) == 9
    assert {entry["name"] for entry in SHIPPED} == set(gallery.recipes())
    assert len({entry["label"] for entry in SHIPPED}) == 9


def test_models_stand_in_the_order_of_beta_and_the_one_trained_on_comes_last() -> None:
    assert [entry["beta"] for entry in SHIPPED[:-1]] == sorted(gallery.BETAS)
    assert [entry["from_scratch"] for entry in SHIPPED] == [True] * 8 + [False]
    assert SHIPPED[-1]["name"] == gallery.SWITCHED_OFF


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
    assert [entry["label"] for entry in SHIPPED[:-1]] == [f"β = {beta:g}" for beta in sorted(gallery.BETAS)]
