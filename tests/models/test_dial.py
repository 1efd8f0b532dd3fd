"""A dial is one VAE for every KL weight: at each of them it is a plain VAE. It learns, repeats, and survives a file."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor, nn

from models import checkpoint, data
from models.__main__ import main
from models.checkpoint import CheckpointError, parse
from models.data import Dataset
from models.dial import BASIS_SIZE, BETAS, Dial, DialError, align, draw_betas, model_of, radial_basis
from models.evaluation import encode_dataset, fixed_images
from models.objective import path_terms, terms
from models.recipe import Recipe
from models.training import train
from models.vae import PIXELS, VAE
from tests.conftest import TINY_HIDDEN, TRAIN, global_generators_untouched, seeded, short_tables
from tests.forging import with_metadata, with_tensors

WEIGHTS = (0.01, 0.1, 0.3, 1, 3, 10, 30)
RECIPE = Recipe("digits", epochs=10, hidden=(32,), batch_size=64, objective="dial")
betas = st.floats(*BETAS)


def trained(digits: Dataset, recipe: Recipe) -> Dial:
    generator = seeded(recipe.seed)
    dial = Dial(recipe.hidden, generator)
    for _ in train(dial, digits, recipe, generator):
        pass
    return dial


def losses(dial: Dial, x: Tensor) -> list[float]:
    noise = torch.randn(1, len(x), 2, generator=seeded(3))
    return [terms(dial.at(beta), x, noise).loss(beta).mean().item() for beta in WEIGHTS]


@pytest.fixture(scope="module")
def learnt(digits: Dataset) -> Dial:
    """A small dial after a few seconds of training."""
    return trained(digits, RECIPE).requires_grad_(False)


@pytest.fixture(scope="module")
def drawn() -> Dial:
    """An untrained dial, whose films are drawn too, so that it differs from one KL weight to the next."""
    dial, generator = Dial(RECIPE.hidden, seeded()).requires_grad_(False), seeded(1)
    for weight in dial.films.parameters():
        weight.normal_(0, 0.3, generator=generator)
    return dial


@pytest.fixture(scope="module")
def x(digits: Dataset) -> Tensor:
    return fixed_images(digits)[:100]


@given(betas)
@example(BETAS[0])
@example(BETAS[1])
def test_one_kl_weight_for_all_is_that_of_each(drawn: Dial, x: Tensor, beta: float) -> None:
    vae = drawn.at(beta)
    with drawn.at_each(torch.full((len(x),), beta)) as conditioned:
        q, expected = vae.encode(x), conditioned.encode(x)
        torch.testing.assert_close(q.mean, expected.mean, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(q.stddev, expected.stddev, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(vae.decode(q.mean).mean, conditioned.decode(q.mean).mean, rtol=1e-5, atol=1e-5)


def test_each_image_has_its_own_kl_weight(drawn: Dial, x: Tensor) -> None:
    chosen = torch.tensor(WEIGHTS)
    with drawn.at_each(chosen) as conditioned:
        found = conditioned.encode(x[: len(WEIGHTS)]).mean
    expected = torch.cat([drawn.at(beta).encode(each[None]).mean for beta, each in zip(WEIGHTS, x, strict=False)])
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_a_model_of_the_dial_is_a_plain_one_of_its_own(drawn: Dial) -> None:
    before = [weight.clone() for weight in drawn.parameters()]
    vae = drawn.at(3)
    assert vae.state_dict().keys() == VAE(RECIPE.hidden).state_dict().keys()
    for weight in vae.parameters():
        weight.zero_()
    assert all(torch.equal(weight, old) for weight, old in zip(drawn.parameters(), before, strict=True))


def test_the_films_are_gone_after_the_block(drawn: Dial, x: Tensor) -> None:
    before = drawn.vae.encode(x).mean
    with pytest.raises(RuntimeError), drawn.at_each(torch.ones(3)) as conditioned:
        conditioned.encode(x)  # 100 images, and the KL weights of 3
    assert torch.equal(drawn.vae.encode(x).mean, before)


@pytest.mark.parametrize("beta", [0, 0.0099, 30.1, -1, float("nan"), float("inf")])
def test_a_kl_weight_beyond_the_dial_is_refused(drawn: Dial, beta: float) -> None:
    with pytest.raises(DialError, match=r"from 0\.01 to 30; .*\.$"):
        drawn.at(beta)


def test_the_basis_is_smooth_and_covers_the_range() -> None:
    low, high = map(torch.tensor, BETAS)
    found = radial_basis(torch.logspace(low.log10(), high.log10(), 1000))
    assert found.max(dim=1).values.min() > 0.9
    assert (found.diff(dim=0).abs() < 0.02).all()
    assert found[0].argmax() == 0
    assert found[-1].argmax() == found.shape[1] - 1


@given(st.integers(1, 300), st.integers(0, 1000))
def test_a_batch_sees_the_whole_range_evenly(count: int, seed: int) -> None:
    drawn = draw_betas(count, seeded(seed)).double().log()
    low, high = torch.tensor(BETAS, dtype=torch.float64).log()
    parts = (drawn - low) / (high - low) * count
    torch.testing.assert_close(parts.clamp(0, count), parts, rtol=0, atol=1e-3)
    assert ((parts - torch.arange(count) - 0.5).abs() < 0.5 + 1e-3).all()


@pytest.mark.slow
def test_the_path_derivative_is_the_gradient_on_average(learnt: Dial, x: Tensor) -> None:
    """Over many draws of z both estimates give one gradient; and the mean of their values is equal up to noise."""
    vae = learnt.at(1).requires_grad_(True)
    noise = torch.randn(4000, 4, 2, generator=seeded(1))
    noise = torch.cat([noise, -noise])
    gradients = []
    for estimate in (terms, path_terms):
        vae.zero_grad()
        found = estimate(vae, x[:4], noise)
        found.loss().mean().backward()
        gradients.append(vae.encoder[-1].weight.grad.flatten().clone())
    assert torch.nn.functional.cosine_similarity(*gradients, dim=0) > 0.995
    assert gradients[1].norm() == pytest.approx(gradients[0].norm().item(), rel=0.05)
    with torch.no_grad():
        torch.testing.assert_close(
            *(estimate(vae, x[:4], noise).kl for estimate in (terms, path_terms)), rtol=0.02, atol=0
        )


def test_the_path_derivative_has_no_noise_at_the_exact_posterior() -> None:
    """Where the decoder ignores z, the exact posterior is the prior; an encoder with that output is done."""
    vae = VAE(TINY_HIDDEN, seeded())
    with torch.no_grad():
        vae.encoder[-1].weight.zero_(), vae.encoder[-1].bias.zero_(), vae.decoder[0].weight.zero_()
    path_terms(vae, torch.zeros(5, PIXELS), torch.randn(1, 5, 2, generator=seeded())).kl.sum().backward()
    assert vae.encoder[-1].weight.grad.abs().max() < 1e-6


@pytest.mark.slow
def test_training_lowers_the_loss_at_every_kl_weight(learnt: Dial, x: Tensor) -> None:
    before = losses(Dial(RECIPE.hidden, seeded()), x)
    assert all(after < 0.75 * start for start, after in zip(before, losses(learnt, x), strict=True))


@pytest.mark.slow
def test_the_dial_learns_what_a_kl_weight_does(learnt: Dial, digits: Dataset) -> None:
    low, one, high = (encode_dataset(learnt.at(beta), digits, samples=1) for beta in (0.1, 1, 10))
    assert low.kl.mean() > 1.5 * one.kl.mean() > 2 * high.kl.mean()
    assert low.stddev.mean() < one.stddev.mean() < high.stddev.mean()


def test_a_seed_decides_the_run(tiny_dataset: Dataset) -> None:
    recipe = replace(RECIPE, epochs=2, hidden=TINY_HIDDEN, batch_size=10)
    with global_generators_untouched():
        one, again, other = (
            nn.utils.parameters_to_vector(trained(tiny_dataset, replace(recipe, seed=seed)).parameters())
            for seed in (1, 1, 2)
        )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("symmetry", [((1, 0), (1.0, -1.0)), ((0, 1), (-1.0, -1.0))])
def test_codes_move_at_every_kl_weight_and_no_loss_changes(
    digits: Dataset, x: Tensor, symmetry: tuple[tuple[int, ...], tuple[float, ...]]
) -> None:
    dial = trained(digits, replace(RECIPE, epochs=1))
    before = [dial.at(beta) for beta in WEIGHTS]
    align(dial, symmetry)
    for beta, old in zip(WEIGHTS, before, strict=True):
        q, moved = old.encode(x), dial.at(beta).encode(x)
        order, signs = list(symmetry[0]), torch.tensor(symmetry[1])
        torch.testing.assert_close(moved.mean, q.mean[:, order] * signs)
        torch.testing.assert_close(moved.stddev, q.stddev[:, order])
        torch.testing.assert_close(dial.at(beta).decode(moved.mean).mean, old.decode(q.mean).mean)


def test_the_file_of_a_dial_survives_writing_and_reading(dial_file: Path, tmp_path: Path) -> None:
    made, again = checkpoint.read(dial_file), tmp_path / "again.safetensors"
    assert made.recipe == Recipe("digits", epochs=2, hidden=(16,), batch_size=64, objective="dial")
    checkpoint.write(again, made)
    assert again.read_bytes() == dial_file.read_bytes()
    with short_tables():
        assert main([*TRAIN, "--beta", "dial", "--out", str(tmp_path / "twin.safetensors")]) == 0
    twin = checkpoint.read(tmp_path / "twin.safetensors")
    assert all(weight.equal(twin.weights[name]) for name, weight in made.weights.items())


def test_the_codes_in_the_file_are_those_at_one(dial_file: Path) -> None:
    made, held_out = checkpoint.read(dial_file), data.load("digits", "test")
    found = encode_dataset(made.vae(1.0), held_out, samples=1)
    torch.testing.assert_close(found.mean, made.codes.mean)
    assert not torch.equal(encode_dataset(made.vae(30), held_out, samples=1).mean, found.mean)


@pytest.mark.slow
def test_evaluate_takes_the_dial_s_model_at_a_kl_weight(dial_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = {}
    for beta in ("1", "30"):
        assert main(["evaluate", str(dial_file), "--beta", beta, "--json"]) == 0
        found = capsys.readouterr().out
        assert f'"beta": {float(beta)}' in found
        values[beta] = float(re.search(r'"kl": \{"value": ([^,]+)', found)[1])
    assert values["1"] > values["30"]
    assert checkpoint.read(dial_file).metrics["kl"] == pytest.approx(values["1"], rel=1e-4)


def test_the_evidence_of_a_dial_says_at_which_kl_weight(dial_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {}
    for beta in ("0.3", "30"):
        choices = ["--evidence", "--images", "5", "--subset", "0", "--json", "--beta", beta]
        assert main(["evaluate", str(dial_file), *choices]) == 0
        found[beta] = json.loads(capsys.readouterr().out)
        assert found[beta]["beta"] == float(beta)
    assert found["0.3"]["measures"] != found["30"]["measures"]


REFUSED = {
    "a KL weight beyond the dial": (["evaluate", "{dial}", "--beta", "0"], "from 0.01 to 30"),
    "a KL weight of a model without a dial": (["evaluate", "{plain}", "--beta", "1"], "has no dial"),
    "the lattice with a dial": ([*TRAIN, "--beta", "dial", "--objective", "lattice", "--out", "{new}"], "no KL term"),
    "a warm-up of every weight": ([*TRAIN, "--beta", "dial", "--kl-warm-up", "0", "--out", "{new}"], "kl_warm_up"),
    "a dial continued without one": ([*TRAIN, "--continue-from={dial}", "--out", "{new}"], "with --beta dial"),
    "a model continued with a dial": (
        [*TRAIN, "--beta", "dial", "--continue-from={plain}", "--out", "{new}"],
        "without --beta dial",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_command_line_refuses_with_a_sentence(
    what: str, dial_file: Path, digits_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, reason = REFUSED[what]
    paths = {"dial": dial_file, "plain": digits_file, "new": tmp_path / "new.safetensors"}
    assert main([word.format(**paths) for word in words]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert reason in said
    assert said.endswith(".")
    assert not paths["new"].exists()


def test_a_dial_continues_a_dial_and_is_aligned_to_a_model(dial_file: Path, digits_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "on.safetensors"
    more = [*TRAIN, "--beta", "dial", f"--continue-from={dial_file}", f"--fold-onto={digits_file}", "--out", str(out)]
    with short_tables():
        assert main(more) == 0
    made = checkpoint.read(out)
    assert made.metrics["negative_elbo"] < checkpoint.read(dial_file).metrics["negative_elbo"]
    assert "--beta dial" in made.recipe.command("x")


def forged_recipe(**changes: object) -> Callable[[bytes], bytes]:
    recipe = {"dataset": "digits", "epochs": 2, "hidden": [16], "batch_size": 64, "objective": "dial"} | changes
    return lambda raw: with_metadata(raw, recipe=json.dumps(recipe))


HOSTILE = {
    "the recipe of a plain model": (forged_recipe(objective="elbo"), "decoder"),
    "the recipe of a decoder alone": (forged_recipe(objective="lattice"), "decoder"),
    "a KL weight beside the dial": (forged_recipe(beta=2), "beta"),
    "a layer more in the recipe": (forged_recipe(hidden=[16, 16]), "missing|F16"),
    "other widths": (forged_recipe(hidden=[17]), r"F16 \[.*17"),
    "a missing film": (lambda raw: with_tensors(raw, films__0__scale=None), r"films\.0\.scale is missing"),
    "a film of fewer basis functions": (
        lambda raw: with_tensors(raw, films__0__scale=torch.zeros(BASIS_SIZE - 1, 16).half()),
        r"\[24, 16\]",
    ),
    "a film in full precision": (lambda raw: with_tensors(raw, films__0__shift=torch.zeros(BASIS_SIZE, 16)), "F16"),
    "a film too many": (lambda raw: with_tensors(raw, films__9__scale=torch.zeros(BASIS_SIZE, 16).half()), r"films\.9"),
    "a film that is not a number": (
        lambda raw: with_tensors(raw, films__0__scale=torch.full((BASIS_SIZE, 16), torch.nan).half()),
        r"films\.0\.scale .*finite",
    ),
    "a plain weight beside the dial's": (
        lambda raw: with_tensors(raw, encoder__0__bias=torch.zeros(16).half()),
        r"'encoder\.0\.bias'",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_dial_is_refused_with_a_sentence(what: str, dial_file: Path) -> None:
    forge, reason = HOSTILE[what]
    with pytest.raises(CheckpointError, match=r"\.$") as refusal:
        parse(forge(dial_file.read_bytes()))
    assert re.search(reason, str(refusal.value))


def test_only_a_dial_has_a_choice_of_kl_weights(drawn: Dial, tiny_vae: VAE) -> None:
    assert model_of(tiny_vae) is tiny_vae
    with pytest.raises(DialError, match=r"no dial: .*\.$"):
        model_of(tiny_vae, 1.0)
    for one, other in zip(model_of(drawn).parameters(), drawn.at(1).parameters(), strict=True):
        assert torch.equal(one, other)
