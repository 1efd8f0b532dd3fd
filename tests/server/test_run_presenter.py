"""What a page says of a run: its weights, its place, how far it is, and addresses that lead to its frames."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.runs.files import Control, Record, Status
from explorer.runs.manager import Snapshot
from explorer.runs.store import FRAMES, ROOT, Store
from explorer.server import assets, run_presenter
from explorer.server.link import run_of
from explorer.wire import Moment, Run, RunChoice
from models.data import DATASETS
from models.likelihood import LIKELIHOODS
from models.recipe import Recipe

NAME = "0123456789abcdef"
RECIPE = Recipe("fashion", beta=0.3, likelihood="gaussian")
RUN = Snapshot(NAME, RECIPE, "", Status(total=14_100), Control(), place=0, mine=True)
AVERAGES = {"reconstruction": 200.0, "kl": 5.0, "negative_elbo": 205.0, "spread": 1.0, "mean_sigma": 0.1}
FRAMES_SEEN = [{"step": step, "weight": 0.1 * step, "active_units": 2} | AVERAGES for step in (0, 20)]
RECORD = Record(235, 2000, {"step": [1], "reconstruction": [3.0], "kl": [4.0]}, [], FRAMES_SEEN)


def standing(state: str, place: int = 0, **rest: float) -> str:
    return run_presenter.status_line(replace(RUN, status=Status(state, "A sentence.", **rest), place=place))


@pytest.mark.parametrize(
    ("chosen", "step", "changes", "sentence"),
    [
        (-1, 100, [], "Now β = 0.284. The weight rises to 1 until step 351 (warm-up)."),
        (-1, 351, [], "Now β = 0.284."),
        (0, 100, [], "From the next step on β = 0: the KL term is off."),
        (0, 150, [(120, 0)], "Since step 120 β = 0: the KL term is off. The warm-up has ended there."),
        (3, 150, [(120, 0)], "From the next step on β = 3."),
        (3, 150, [(120, 0), (140, 3)], "Since step 140 β = 3."),
        (0, 450, [(400, 0)], "Since step 400 β = 0: the KL term is off."),
    ],
)
def test_the_weight_in_force_is_told_with_its_warm_up(chosen: float, step: int, changes: list, sentence: str) -> None:
    status = Status("running", step=step, total=704, weight=0.2841)
    run = replace(RUN, recipe=Recipe(kl_warm_up=0.5), status=status, control=Control(weight=chosen))
    noted = [{"step": taken, "weight": weight} for taken, weight in changes]
    assert run_presenter.weight_line(run, noted) == sentence


def test_a_run_is_seen_as_the_run_view_takes_it() -> None:
    seen = run_presenter.to_view(RUN, RECORD)
    assert seen.keys() == Run.__annotations__.keys()
    assert json.loads(json.dumps(seen, allow_nan=False)) == seen
    assert (seen["name"], seen["dataset"]) == (NAME, "Fashion-MNIST")
    assert seen["likelihood"] == LIKELIHOODS["gaussian"].facts()
    assert (seen["images"], seen["steps"], seen["epoch"], seen["ended"]) == (2000, 14_100, 235, False)
    assert seen["class_names"] == list(DATASETS["fashion"].class_names)
    assert seen["training"] == RECORD.training
    assert [(frame["step"], frame["weight"]) for frame in seen["frames"]] == [(0, 0), (20, 2)]


def test_a_frame_tells_the_sigma_of_grey_pixels() -> None:
    def sigmas(recipe: Recipe, **rest: float) -> list:
        record = replace(RECORD, frames=[frame | rest for frame in FRAMES_SEEN])
        return [frame["pixel_stddev"] for frame in run_presenter.to_view(replace(RUN, recipe=recipe), record)["frames"]]

    assert sigmas(Recipe()) == [None, None]
    assert sigmas(Recipe(likelihood="gaussian", pixel_stddev=0.3)) == [0.3, 0.3]
    assert sigmas(Recipe(likelihood="gaussian", pixel_stddev=None), pixel_stddev=0.18) == [0.18, 0.18]


def test_the_address_of_a_frame_is_that_of_its_file() -> None:
    (_, frame) = run_presenter.to_view(RUN, RECORD)["frames"]
    file = Store(ROOT / "private").files(NAME).frame(20).relative_to(FRAMES.parents[1]).as_posix()
    assert frame["url"] == f"app/static/{file}"


@pytest.fixture(autouse=True)
def images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of no data set here."""
    monkeypatch.setattr(assets, "images_url", lambda name: None)


def test_a_run_can_be_compared_at_each_of_its_moments() -> None:
    choice = run_presenter.to_choice(RUN, RECORD)
    assert choice.keys() == RunChoice.__annotations__.keys()
    assert all(moment.keys() == Moment.__annotations__.keys() for moment in choice["frames"])
    assert json.loads(json.dumps(choice, allow_nan=False)) == choice
    assert (choice["name"], choice["label"]) == (f"run-{NAME}", "Fashion-MNIST, Gaussian, β = 0.3, seed 0")
    assert (choice["images"], choice["likelihood"]["name"], choice["images_url"]) == (2000, "gaussian", None)
    moments = [{name: value for name, value in moment.items() if name != "encoder_url"} for moment in choice["frames"]]
    assert moments == run_presenter.to_view(RUN, RECORD)["frames"]
    assert all(run_of(f"{choice['name']}@{moment['step']}") == NAME for moment in moments)


def test_the_address_of_a_moments_encoder_is_that_of_its_file() -> None:
    (_, moment) = run_presenter.to_choice(RUN, RECORD)["frames"]
    file = Store(ROOT / "private").files(NAME).encoder(20).relative_to(FRAMES.parents[1]).as_posix()
    assert moment["encoder_url"] == f"app/static/{file}"


def test_the_label_of_a_run_names_its_data_set_where_it_is_not_mnist() -> None:
    labels = [run_presenter.to_choice(replace(RUN, recipe=Recipe(name)), RECORD)["label"] for name in DATASETS]
    named = {name: "" if name == "mnist" else f"{known.label}, " for name, known in DATASETS.items()}
    assert labels == [f"{label}β = 1, seed 0" for label in named.values()]


@pytest.mark.parametrize("dataset", DATASETS)
def test_before_a_run_there_is_the_prior_in_the_same_form(dataset: str) -> None:
    seen = run_presenter.empty_view(Recipe(dataset))
    assert seen.keys() == Run.__annotations__.keys()
    assert (seen["frames"], seen["ended"], len(seen["class_names"])) == ([], False, 10)
    assert seen["waiting"].endswith(".")


@pytest.mark.parametrize("state", ["queued", "starting", "fetching"])
def test_a_run_without_a_frame_says_what_it_waits_for(state: str) -> None:
    status = Status(state, "A sentence of its own.")
    assert run_presenter.to_view(replace(RUN, status=status), Record())["waiting"].endswith(".")


def test_the_map_and_the_panel_say_the_same_of_a_run_whose_turn_has_come() -> None:
    run = replace(RUN, status=Status("queued", ""), place=0)
    assert run_presenter.to_view(run, Record())["waiting"] == "The run is about to start."
    assert run_presenter.status_line(run) == "About to start"


def test_a_run_that_failed_early_waits_for_nothing() -> None:
    seen = run_presenter.to_view(replace(RUN, status=Status("failed", "The disk is full.")), Record())
    assert (seen["waiting"], seen["ended"]) == ("The run ended before it had a picture.", True)


def test_a_label_tells_the_weights_in_their_order() -> None:
    assert run_presenter.label(RECIPE, []) == "β = 0.3"
    changes = [{"step": 400, "weight": 0.0}, {"step": 800, "weight": 1.0}]
    assert run_presenter.label(RECIPE, changes) == "β = 0.3, then 0, then 1"


def test_the_place_in_the_queue_is_an_english_ordinal() -> None:
    places = [standing("queued", place).split()[0] for place in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 101, 111)]
    assert places == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "101st", "111th"]


def test_how_far_a_run_is_has_its_units() -> None:
    rest = {"step": 1200, "total": 14_100, "images_per_second": 6543.2, "seconds_left": 62}
    assert standing("running", **rest) == "step 1,200 of 14,100 · 6,543 images/s · 60 s left"
    early = rest | {"step": 19, "seconds_left": 5280}
    assert standing("running", **early) == "step 19 of 14,100 · 6,543 images/s"
    assert standing("paused", **rest) == "Paused at step 1,200 of 14,100"
    assert standing("evaluating") == "A sentence."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (4.4, "4 s"), (12, "10 s"), (97, "95 s"), (100, "2 min"), (3600, "60 min"), (7200, "2.0 h")],
)
def test_a_time_is_as_exact_as_an_estimate(seconds: float, words: str) -> None:
    assert run_presenter.duration(seconds) == f"about {words}"


CHANGES = [{"step": 100 * number, "weight": weight} for number, weight in enumerate((0, 1, 0, 10, 0.01))]


@given(st.sampled_from(list(DATASETS)), st.sampled_from(list(LIKELIHOODS)), st.integers(0, len(CHANGES)))
def test_a_suggested_name_fits_and_is_never_cut(dataset: str, likelihood: str, count: int) -> None:
    recipe = Recipe(dataset, likelihood=likelihood, seed=4_294_967_295)
    name = run_presenter.suggested_name(recipe, CHANGES[:count], 40)
    last = CHANGES[count - 1]["weight"] if count else 1
    assert 0 < len(name) <= 40
    assert name.endswith((f"seed {recipe.seed}", f"= {last:g}", f"then {last:g}"))
