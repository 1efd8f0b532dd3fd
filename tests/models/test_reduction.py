"""The beta of a framework's loss is the one whose beta-VAE has the same gradient, by torch's own losses and Normal."""

import math
from dataclasses import replace
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from models.reduction import (
    ERRORS,
    FIXED_VARIANCE,
    MAX_WEIGHT,
    REDUCTIONS,
    Loss,
    ReductionError,
    effective_beta,
    implied_stddev,
)
from tests.conftest import seeded

BATCH, PIXELS, LATENTS = 5, 12, 3
LOSSES = [
    Loss(error, *reductions, weight=0.37, pixels=PIXELS, latents=LATENTS, batch=BATCH)
    for error, *reductions in product(ERRORS, *[REDUCTIONS] * 4)
]


class Parameters:
    """What a gradient is taken by: the decoder's outputs, and the means and stddevs of q(z|x)."""

    def __init__(self) -> None:
        generator = seeded()
        self.x = torch.rand(BATCH, PIXELS, generator=generator, dtype=torch.float64)
        self.outputs = self._drawn(PIXELS, generator)
        self.means = self._drawn(LATENTS, generator)
        self.log_stddevs = self._drawn(LATENTS, generator)

    def _drawn(self, width: int, generator: torch.Generator) -> Tensor:
        return torch.randn(BATCH, width, generator=generator, dtype=torch.float64).requires_grad_()

    def kl(self) -> Tensor:
        """Of each image and dimension, in nats."""
        return kl_divergence(Normal(self.means, self.log_stddevs.exp()), Normal(0.0, 1.0))

    def gradient(self, value: Tensor) -> Tensor:
        parts = torch.autograd.grad(value, (self.outputs, self.means, self.log_stddevs))
        return torch.cat([part.flatten() for part in parts])


def reduced(values: Tensor, within: str, over_batch: str) -> Tensor:
    """Values of each image and place, reduced as code does it, one axis after the other."""
    return getattr(getattr(values, within)(dim=1), over_batch)()


def as_written(loss: Loss, at: Parameters) -> Tensor:
    """The loss as a framework's own functions make it."""
    if loss.error == "bernoulli":
        errors = binary_cross_entropy_with_logits(at.outputs, at.x.round(), reduction="none")
    else:
        errors = mse_loss(at.outputs, at.x, reduction="none") * (0.5 if loss.error == "half squared" else 1)
    reconstruction = reduced(errors, loss.over_pixels, loss.reconstruction_over_batch)
    return reconstruction + loss.weight * reduced(at.kl(), loss.over_latents, loss.kl_over_batch)


def beta_vae(at: Parameters, p: Independent, x: Tensor, beta: float) -> Tensor:
    """Its loss in nats, as the paper has it."""
    return (-p.log_prob(x) + beta * at.kl().sum(dim=1)).mean()


def are_parallel(one: Tensor, other: Tensor) -> bool:
    return bool(torch.allclose(one / one.norm(), other / other.norm(), atol=1e-12, rtol=0))


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_gradient_is_that_of_the_beta_vae(loss: Loss) -> None:
    at = Parameters()
    if loss.error == "bernoulli":
        p, x = Bernoulli(logits=at.outputs), at.x.round()
    else:
        p, x = Normal(at.outputs, math.sqrt(0.5 if loss.error == "squared" else 1.0)), at.x
    written = at.gradient(as_written(loss, at))
    assert are_parallel(written, at.gradient(beta_vae(at, Independent(p, 1), x, effective_beta(loss))))
    assert not are_parallel(written, at.gradient(beta_vae(at, Independent(p, 1), x, 1.1 * effective_beta(loss))))


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss.error != "bernoulli"], ids=str)
def test_with_the_implied_sigma_the_gradient_is_that_of_the_elbo(loss: Loss) -> None:
    at = Parameters()
    p = Independent(Normal(at.outputs, implied_stddev(loss)), 1)
    assert are_parallel(at.gradient(as_written(loss, at)), at.gradient(beta_vae(at, p, at.x, 1.0)))


@pytest.mark.parametrize("sigma", [0.05, 3.0])
@pytest.mark.parametrize("error", ERRORS[1:])
def test_a_squared_error_fixes_the_product_of_beta_and_sigma_squared(error: str, sigma: float) -> None:
    at = Parameters()
    loss = Loss(error, weight=0.37, pixels=PIXELS, latents=LATENTS, batch=BATCH)
    written, p = at.gradient(as_written(loss, at)), Independent(Normal(at.outputs, sigma), 1)
    product_of_both = effective_beta(loss) * FIXED_VARIANCE[error]
    assert implied_stddev(loss) ** 2 == pytest.approx(product_of_both)  # that of beta = 1
    assert are_parallel(written, at.gradient(beta_vae(at, p, at.x, product_of_both / sigma**2)))
    ratio = effective_beta(loss) / FIXED_VARIANCE[error]
    assert not are_parallel(written, at.gradient(beta_vae(at, p, at.x, ratio * sigma**2)))


@pytest.mark.parametrize("error", ERRORS[1:])
def test_torchs_mean_is_the_mean_over_pixels_and_batch(error: str) -> None:
    at = Parameters()
    loss = Loss(error, "mean", "mean", pixels=PIXELS, latents=LATENTS, batch=BATCH)
    whole = mse_loss(at.outputs, at.x) * (0.5 if error == "half squared" else 1) + at.kl().sum() / BATCH
    assert whole.item() == pytest.approx(as_written(loss, at).item())


SIZES = st.integers(1, 10**6)
WEIGHTS = st.floats(1e-9, MAX_WEIGHT)
REDUCED = [st.sampled_from(REDUCTIONS)] * 4
COUNTS = {"pixels": SIZES, "latents": SIZES, "batch": SIZES}
ANY = st.builds(Loss, st.sampled_from(ERRORS), *REDUCED, WEIGHTS, **COUNTS)
SQUARED = st.builds(Loss, st.sampled_from(ERRORS[1:]), *REDUCED, st.floats(1e-6, 1e3), **COUNTS)


@given(ANY)
def test_beta_is_in_proportion_to_the_weight(loss: Loss) -> None:
    assert effective_beta(replace(loss, weight=loss.weight / 2)) == pytest.approx(effective_beta(loss) / 2)


@given(ANY)
def test_a_mean_over_one_thing_is_its_sum(loss: Loss) -> None:
    single = replace(loss, pixels=1, latents=1, batch=1)
    assert effective_beta(single) == loss.weight


@given(ANY)
def test_the_batch_matters_only_where_the_terms_treat_it_differently(loss: Loss) -> None:
    same = loss.reconstruction_over_batch == loss.kl_over_batch
    alone = effective_beta(replace(loss, batch=1))
    assert (effective_beta(loss) == pytest.approx(alone)) == (same or loss.batch == 1)


@given(SQUARED, st.floats(0.01, 100))
def test_sigma_grows_with_the_root_of_the_weight(loss: Loss, factor: float) -> None:
    heavier = replace(loss, weight=loss.weight * factor)
    assert implied_stddev(heavier) == pytest.approx(implied_stddev(loss) * math.sqrt(factor))


def test_halving_the_squared_error_doubles_beta_sigma_squared() -> None:
    whole, half = (Loss(error, weight=0.2) for error in ERRORS[1:])
    assert effective_beta(whole) == effective_beta(half) == 0.2
    assert implied_stddev(half) ** 2 == pytest.approx(2 * implied_stddev(whole) ** 2)


def test_a_known_weight() -> None:
    """0.00025 on the mean squared error of 64 x 64 colour images, KL summed over the latents."""
    loss = Loss("squared", "mean", weight=0.00025, pixels=3 * 64 * 64, latents=128, batch=64)
    assert effective_beta(loss) == pytest.approx(3.072)
    assert implied_stddev(loss) == pytest.approx(1.2394, abs=1e-4)


def test_a_bernoulli_likelihood_has_no_sigma() -> None:
    with pytest.raises(ReductionError, match=r"Only a squared error.*\.$"):
        implied_stddev(Loss())


def test_without_a_weight_there_is_neither_beta_nor_noise() -> None:
    loss = Loss("squared", weight=0.0)
    assert (effective_beta(loss), implied_stddev(loss)) == (0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"weight": weight} for weight in (-1.0, math.nan, math.inf, 2 * MAX_WEIGHT)),
        *({name: size} for name in ("pixels", "latents", "batch") for size in (0, -3, 10**10)),
        {"error": "absolute"},
        {"over_pixels": "max"},
        {"kl_over_batch": ""},
    ],
    ids=str,
)
def test_a_loss_that_cannot_be_is_refused_in_a_sentence(wrong: dict) -> None:
    with pytest.raises(ReductionError, match=r"^[A-Z].*\.$"):
        Loss(**wrong)
