"""A Recipe holds what can be run, says why not otherwise, and survives JSON and the command line."""

import json
import shlex
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.__main__ import parser
from models.commands.training import recipe_of
from models.data import DATASETS
from models.likelihood import LIKELIHOODS, PIXEL_STDDEVS
from models.recipe import (
    MAX_KL_CHANGES,
    OBJECTIVES,
    Recipe,
    RecipeError,
)

weights = st.floats(0, 1000) | st.integers(0, 1000)
names = st.text(st.characters(codec="utf-8"), max_size=200).filter(str.isprintable)


def sorted_pairs(changes: dict[int, float]) -> tuple[tuple[int, float], ...]:
    return tuple(sorted(changes.items()))


of_the_lattice = st.builds(
    Recipe,
    dataset=st.sampled_from(list(DATASETS)),
    epochs=st.integers(1, 1000),
    seed=st.integers(0, 2**32 - 1),
    initial=names,
    objective=st.just("lattice"),
)
of_grey_pixels = st.builds(
    Recipe,
    likelihood=st.just("gaussian"),
    pixel_stddev=st.none() | st.floats(*PIXEL_STDDEVS) | st.just(1),
    objective=st.sampled_from(["elbo", "dial"]),
)
of_every_weight = st.builds(Recipe, epochs=st.integers(1, 1000), folded_onto=names, objective=st.just("dial"))
recipes = (
    of_the_lattice
    | of_every_weight
    | of_grey_pixels
    | st.builds(
        Recipe,
        dataset=st.sampled_from(list(DATASETS)),
        beta=weights,
        epochs=st.integers(1, 1000),
        hidden=st.lists(st.integers(1, 1024), min_size=1, max_size=4).map(tuple),
        batch_size=st.integers(1, 4096),
        learning_rate=st.floats(1e-6, 0.1),
        kl_warm_up=st.floats(0, 1) | st.integers(0, 1),
        kl_changes=st.dictionaries(st.integers(0, 10**9), weights, max_size=MAX_KL_CHANGES).map(sorted_pairs),
        likelihood=st.sampled_from(list(LIKELIHOODS)),
        seed=st.integers(0, 2**32 - 1),
        initial=names,
        folded_onto=names,
    )
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PARSER = parser()
fields = st.sampled_from(list(Recipe.__dataclass_fields__))

BAD = [
    {"dataset": "cifar"},
    {"dataset": None},
    {"dataset": ["mnist"]},
    {"beta": -0.001},
    {"beta": 1000.001},
    {"beta": float("nan")},
    {"beta": float("inf")},
    {"beta": 10**400},
    {"beta": "1"},
    {"beta": True},
    {"beta": 1j},
    {"epochs": 0},
    {"epochs": 1001},
    {"epochs": 2.0},
    {"epochs": True},
    {"batch_size": 0},
    {"batch_size": 4097},
    {"learning_rate": 0},
    {"learning_rate": 0.11},
    {"learning_rate": None},
    {"kl_warm_up": 1.01},
    {"kl_warm_up": -0.01},
    {"seed": -1},
    {"seed": 2**32},
    {"seed": 10**400},
    {"hidden": ()},
    {"hidden": (8, 8, 8, 8, 8)},
    {"hidden": [8, 8]},
    {"hidden": 8},
    {"hidden": (0,)},
    {"hidden": (1025,)},
    {"hidden": (8.0,)},
    {"hidden": ("8",)},
    {"initial": None},
    {"initial": "x" * 201},
    {"initial": "two\nlines"},
    {"folded_onto": b"bytes"},
    {"folded_onto": "\x00"},
    {"likelihood": "poisson"},
    {"likelihood": None},
    {"likelihood": ["gaussian"]},
    {"objective": "iwae"},
    {"objective": None},
    {"objective": ["lattice"]},
    {"beta": 2.0, "objective": "lattice"},
    {"kl_warm_up": 0.0, "objective": "lattice"},
    {"kl_changes": ((0, 1.0),), "objective": "lattice"},
    {"likelihood": "gaussian", "objective": "lattice"},
    {"beta": 2.0, "objective": "dial"},
    {"kl_warm_up": 0.0, "objective": "dial"},
    {"kl_changes": ((0, 1.0),), "objective": "dial"},
    {"pixel_stddev": None},
    {"pixel_stddev": 0.3},
    {"pixel_stddev": 0.0099, "likelihood": "gaussian"},
    {"pixel_stddev": 1.01, "likelihood": "gaussian"},
    {"pixel_stddev": float("nan"), "likelihood": "gaussian"},
    {"pixel_stddev": "learnt", "likelihood": "gaussian"},
    {"pixel_stddev": True, "likelihood": "gaussian"},
    {"kl_changes": None},
    {"kl_changes": [(0, 1)]},
    {"kl_changes": ((0,),)},
    {"kl_changes": ((0, 1, 2),)},
    {"kl_changes": ([0, 1],)},
    {"kl_changes": tuple((step, 1) for step in range(MAX_KL_CHANGES + 1))},
]
BAD_CHANGES = {
    "a negative step": (((-1, 1),), "step"),
    "a step beyond all runs": (((10**9 + 1, 1),), "step"),
    "half a step": (((0.5, 1),), "step"),
    "true for a step": (((True, 1),), "step"),
    "a step that comes too late": (((400, 1), (399, 0)), "step"),
    "a step that comes twice": (((400, 1), (400, 0)), "step"),
    "a negative weight": (((0, -0.1),), "weight"),
    "a weight over the limit": (((0, 1001),), "weight"),
    "a weight that is not a number": (((0, float("nan")),), "weight"),
    "a word for a weight": (((0, "1"),), "weight"),
    "true for a weight": (((0, True),), "weight"),
}


@pytest.mark.parametrize("choice", BAD, ids=lambda choice: f"{next(iter(choice))}={next(iter(choice.values()))!r:.20}")
def test_a_bad_choice_is_refused_with_a_sentence_that_names_it(choice: dict) -> None:
    with pytest.raises(RecipeError, match=rf"^{next(iter(choice))} .+\.$"):
        Recipe(**choice)


@pytest.mark.parametrize("what", BAD_CHANGES)
def test_a_bad_kl_change_is_refused_with_a_sentence_that_names_its_part(what: str) -> None:
    changes, part = BAD_CHANGES[what]
    with pytest.raises(RecipeError, match=rf"^the {part} of a KL change is .+ it takes .+\.$"):
        Recipe(kl_changes=changes)


def test_the_refusal_states_the_true_limit() -> None:
    with pytest.raises(RecipeError, match=r"4,?294,?967,?295"):
        Recipe(seed=2**32)


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Recipe().beta = 2


@given(recipes)
def test_json_gives_the_same_recipe_back(recipe: Recipe) -> None:
    assert Recipe.from_json(recipe.to_json()) == recipe


@given(recipes, names.filter(bool))
@example(Recipe(beta=1 / 3, learning_rate=1e-3 / 7), "a b.safetensors")
@example(Recipe(beta=3, initial="-x", folded_onto="it's"), "-out")
@example(Recipe(objective="lattice"), "out")
@example(Recipe(objective="dial"), "out")
@example(Recipe(likelihood="gaussian", pixel_stddev=None), "out")
@example(Recipe(likelihood="gaussian", kl_changes=((0, 1e-7), (400, 0), (10**9, 1000.0))), "out")
def test_the_command_makes_the_same_recipe(recipe: Recipe, out: str) -> None:
    words = shlex.split(recipe.command(out))
    assert words[:3] == ["python", "-m", "models"]
    options = PARSER.parse_args(words[3:])
    assert (recipe_of(options), options.out) == (recipe, Path(out))


def from_json_or_refusal(text: str | bytes) -> Recipe | None:
    try:
        return Recipe.from_json(text)
    except RecipeError:
        return None


@given(fields, json_values)
@example("seed", 10**400)
@example("beta", 10**400)
@example("hidden", [[1]])
@example("kl_changes", [[1]])
@example("kl_changes", [[0, 10**400]])
@example("kl_changes", {"0": 1})
@example("likelihood", ["gaussian"])
@example("objective", ["lattice"])
@example("dataset", {"mnist": 1})
@example("pixel_stddev", None)
@example("pixel_stddev", 10**400)
def test_a_forged_field_is_refused_or_a_valid_recipe(field: str, value: object) -> None:
    recipe = from_json_or_refusal(json.dumps({field: value}))
    assert recipe is None or recipe == Recipe(**recipe.__dict__)


@given(json_values.map(json.dumps) | st.text() | st.binary())
@example("[" * 100_000)
@example('{"seed": ' + "1" * 5000 + "}")
@example('{"beta": 1e400}')
@example('{"beta": NaN}')
@example('{"epoch": 5}')
def test_any_text_is_refused_or_a_valid_recipe(text: str | bytes) -> None:
    recipe = from_json_or_refusal(text)
    assert recipe is None or recipe == Recipe(**recipe.__dict__)


@pytest.mark.parametrize("value", [None, 5, ["{}"], {}])
def test_what_is_no_text_is_refused_too(value: object) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json(value)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(RecipeError, match="keys"):
        Recipe.from_json('{"dataset": "digits", "optimiser": "sgd"}')


def test_what_an_older_version_wrote_is_a_bernoulli_recipe_without_changes() -> None:
    old = Recipe.from_json('{"dataset": "digits", "epochs": 3}')
    assert (old.likelihood, old.kl_changes, old.objective) == ("bernoulli", (), "elbo")
    assert Recipe.from_json('{"likelihood": "gaussian"}').pixel_stddev == 0.2


@pytest.mark.parametrize("word", ["objective", "pixel_stddev", "pixel-stddev"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_defaults_that_came_later_go_without_saying_in_files_and_commands(word: str, likelihood: str) -> None:
    """So that those of before there was a choice are made again as they are."""
    recipe = Recipe(likelihood=likelihood)
    assert word not in recipe.to_json() + recipe.command("out")


def test_a_learnt_sigma_is_null_in_a_file_and_a_word_in_a_command() -> None:
    recipe = Recipe(likelihood="gaussian", pixel_stddev=None)
    assert json.loads(recipe.to_json())["pixel_stddev"] is None
    assert "--pixel-stddev learnt" in recipe.command("out")


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_only_the_likelihood_itself_needs_no_encoder(objective: str) -> None:
    assert Recipe(objective=objective).has_encoder == (objective != "lattice")


def test_the_last_weight_is_the_hand_s_where_there_was_one() -> None:
    assert Recipe(beta=3).last_weight == 3
    assert Recipe(beta=3, kl_changes=((4, 1.0), (9, 0.0))).last_weight == 0
