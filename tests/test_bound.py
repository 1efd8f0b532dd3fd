"""ELBO, KL to the posterior, importance bounds and best q: against closed forms, and against each other."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from models import gallery
from models.best_q import best_q, better, gaps
from models.bound import elbo, kl_to_posterior
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import evidence
from models.importance import effective_sample_size, importance_bound, log_weights
from models.vae import prior
from tests.conftest import global_generators_untouched, seeded
from tests.linear_gaussian import MODELS, LinearGaussian, images


def fitted(model: LinearGaussian, x: Tensor, full: bool, steps: int = 300) -> MultivariateNormal:
    *_, last = best_q(model, x, model.encode(x), full, steps)
    return last


def best_diagonal(posterior: MultivariateNormal) -> Independent:
    """The Gaussian of independent dimensions with the least KL(q || posterior): its precisions are the diagonal's.

    Source: Bishop, 2006, Pattern Recognition and Machine Learning, section 10.1.2
    """
    precision = posterior.precision_matrix.diagonal(dim1=-2, dim2=-1)
    return Independent(Normal(posterior.mean, precision.rsqrt()), 1)


@pytest.mark.parametrize("name", MODELS)
def test_the_bound_and_the_gap_are_the_closed_forms(name: str) -> None:
    model = MODELS[name]
    x = images(model)
    q, log_evidence = model.encode(x), model.log_evidence(x)
    gap = kl_divergence(MultivariateNormal(q.mean, torch.diag_embed(q.variance)), model.posterior(x))
    bound, kl = elbo(model, x, q), kl_to_posterior(model, x, q, log_evidence)
    torch.testing.assert_close(kl.value, gap, rtol=0, atol=1e-3)
    torch.testing.assert_close(bound.value, log_evidence - gap, rtol=0, atol=1e-3)
    assert (bound.error < 1e-3).all()
    assert (kl.error < 1e-3).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_best_q_and_the_gaps_are_the_closed_forms(name: str) -> None:
    model = MODELS[name]
    x = images(model)
    posterior, log_evidence, encoders = model.posterior(x), model.log_evidence(x), elbo(model, x, model.encode(x)).value
    diagonal = best_diagonal(posterior)
    least = kl_divergence(MultivariateNormal(diagonal.mean, torch.diag_embed(diagonal.variance)), posterior)
    for full, approximation in ((False, least), (True, torch.zeros(len(x)).double())):
        q, bound = better(model, x, model.encode(x), fitted(model, x, full))
        torch.testing.assert_close(q.mean, posterior.mean, rtol=0, atol=1e-3)
        expected = posterior.covariance_matrix if full else torch.diag_embed(diagonal.variance)
        torch.testing.assert_close(q.covariance_matrix, expected, rtol=1e-3, atol=1e-6)
        found = gaps(log_evidence, bound.value, encoders)
        torch.testing.assert_close(found.approximation, approximation, rtol=0, atol=1e-3)
        torch.testing.assert_close(found.amortisation, log_evidence - approximation - encoders, rtol=0, atol=1e-3)


@pytest.mark.parametrize("factor", [1e-4, 30.0])
def test_the_fit_finds_back_from_far_too_narrow_and_far_too_wide(factor: float) -> None:
    model = MODELS["a tilted ridge"]
    x = images(model)
    truth = model.posterior(x)
    start = Independent(Normal(truth.mean + 3 * truth.stddev, factor * truth.stddev), 1)
    *_, last = best_q(model, x, start, full=True, steps=200)
    assert kl_divergence(last, truth).max() < 1e-3


def test_every_step_is_yielded_and_one_image_moves_as_it_does_among_others() -> None:
    model = MODELS["round"]
    x = images(model)
    with global_generators_untouched():
        path = list(best_q(model, x, model.encode(x), full=True, steps=7))
    assert len(path) == 7
    alone = list(best_q(model, x[2:3], model.encode(x[2:3]), full=True, steps=7))
    for many, one in zip(path, alone, strict=True):
        torch.testing.assert_close(many.covariance_matrix[2], one.covariance_matrix[0])
        torch.testing.assert_close(many.mean[2], one.mean[0])


def test_no_fit_is_kept_that_is_worse_than_its_start() -> None:
    model = MODELS["round"]
    x = images(model)
    good, bad = model.posterior(x), MultivariateNormal(model.posterior(x).mean + 4, torch.eye(2).double())
    for start, end in ((good, bad), (bad, good)):
        q, bound = better(model, x, start, end)
        torch.testing.assert_close(q.mean, good.mean)
        torch.testing.assert_close(bound.value, model.log_evidence(x), rtol=0, atol=1e-3)


@pytest.fixture(scope="module")
def beta_1(mnist_test: Dataset) -> tuple:
    """The model of beta = 1 and 20 real images."""
    return gallery.read("mnist-beta-1").vae().requires_grad_(False), fixed_images(mnist_test)[:20]


def test_on_real_images_bound_and_gap_add_up_to_the_evidence(beta_1: tuple) -> None:
    vae, x = beta_1
    q, log_evidence = vae.encode(x), evidence(vae, x).log_evidence
    bound, kl = elbo(vae, x, q), kl_to_posterior(vae, x, q, log_evidence)
    torch.testing.assert_close(bound.value + kl.value, log_evidence, rtol=0, atol=0.01)
    assert (kl.value > 0).all()


def test_on_real_images_the_fits_are_between_the_encoders_bound_and_the_evidence(beta_1: tuple) -> None:
    vae, x = (beta_1[0], beta_1[1][:6])
    start, log_evidence = vae.encode(x), evidence(vae, x).log_evidence
    *_, diagonal = best_q(vae, x, start)
    *_, full = best_q(vae, x, diagonal, full=True)
    order = [elbo(vae, x, q).value for q in (start, diagonal, full)] + [log_evidence]
    for lower, upper in pairwise(order):
        assert (lower < upper + 0.01).all()
    assert (order[1] - order[0]).mean() > 0.1


@pytest.mark.parametrize("proposal", ["encoder", "prior"])
def test_the_importance_bound_rises_from_the_elbo_to_the_evidence(proposal: str) -> None:
    model = MODELS["round"]
    x = images(model, count=8)
    r = model.encode(x) if proposal == "encoder" else prior()
    with global_generators_untouched():
        weights = log_weights(model, x, r, 64 * 400, seeded())
    q = r.expand([8]) if proposal == "prior" else r
    order = [(elbo(model, x, q).value.mean().item(), 0.0)]
    for draws in (1, 8, 64):
        each = importance_bound(weights.view(400, 64, 8)[:, :draws].transpose(0, 1))  # [repeats, images]
        order.append((each.mean().item(), each.mean(dim=1).std().item() / 400**0.5))
    assert order[1][0] == pytest.approx(order[0][0], abs=5 * order[1][1])
    order.append((model.log_evidence(x).mean().item(), 0.0))
    for lower, upper in pairwise(order[1:]):
        assert lower[0] < upper[0] + 4 * (lower[1] ** 2 + upper[1] ** 2) ** 0.5
    assert order[3][0] > order[1][0] + 0.1


def test_with_the_posterior_for_proposal_one_draw_is_exact_and_all_count() -> None:
    model = MODELS["a tilted ridge"]
    x = images(model)
    weights = log_weights(model, x, model.posterior(x), 50, seeded())
    torch.testing.assert_close(weights, model.log_evidence(x).expand(50, -1), rtol=0, atol=1e-6)
    torch.testing.assert_close(importance_bound(weights), model.log_evidence(x), rtol=0, atol=1e-6)
    torch.testing.assert_close(effective_sample_size(weights), torch.full((5,), 50.0).double())


def test_the_effective_sample_size_counts_weights() -> None:
    weights = torch.tensor([[1.0, 1.0, 3.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]).double()
    torch.testing.assert_close(effective_sample_size(weights.log()), torch.tensor([3.0, 1.0, 1.6]).double())


def test_draws_come_from_the_generator_alone() -> None:
    model = MODELS["round"]
    x = images(model)
    first, again, other = (log_weights(model, x, model.encode(x), 5, seeded(seed)) for seed in (1, 1, 2))
    assert first.equal(again)
    assert not first.equal(other)


def test_on_real_images_the_importance_bound_is_close_to_the_evidence(beta_1: tuple) -> None:
    vae, x = (beta_1[0], beta_1[1][:4])
    log_evidence, q = evidence(vae, x).log_evidence, vae.encode(x)
    bound = importance_bound(log_weights(vae, x, q, 3000, seeded()))
    assert (elbo(vae, x, q).value < bound).all()
    assert (bound < log_evidence + 0.2).all()
    assert (bound > log_evidence - 1).all()
