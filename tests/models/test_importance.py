"""Importance sampling: its bound rises from the ELBO to the evidence, and its weights are those of closed forms."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from models import gallery
from models.bound import elbo
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import evidence
from models.importance import effective_sample_size, importance_bound, log_weights
from models.vae import prior
from tests.conftest import global_generators_untouched, seeded
from tests.linear_gaussian import MODELS, images


def second_moment(p: MultivariateNormal, r: MultivariateNormal) -> Tensor:
    """E_r[(p / r)^2] of Gaussians, in closed form: complete the square in p^2 / r."""
    wider = 2 * r.covariance_matrix - p.covariance_matrix
    shift = p.mean - r.mean
    exponent = (shift * torch.linalg.solve(wider, shift)).sum(dim=-1)
    return r.covariance_matrix.det() * (p.covariance_matrix.det() * wider.det()).rsqrt() * exponent.exp()


@pytest.mark.parametrize("name", MODELS)
def test_one_draw_many_draws_and_the_effective_ones_are_the_closed_forms(name: str) -> None:
    model, draws = MODELS[name], 200_000
    x = images(model)
    p = model.posterior(x)
    r = MultivariateNormal(p.mean + 0.1 * p.stddev, 1.1 * p.covariance_matrix)
    weights = log_weights(model, x, r, draws, seeded())
    bound = elbo(model, x, r).value
    assert weights.mean(dim=0).mean().item() == pytest.approx(bound.mean().item(), abs=1e-3)
    exact = model.log_evidence(x)
    assert importance_bound(weights).mean().item() == pytest.approx(exact.mean().item(), abs=1e-3)
    torch.testing.assert_close(effective_sample_size(weights) / draws, 1 / second_moment(p, r), rtol=0.01, atol=0)


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


def test_on_real_images_the_importance_bound_is_close_to_the_evidence(mnist_test: Dataset) -> None:
    vae, x = gallery.read("mnist-beta-1").vae().requires_grad_(False), fixed_images(mnist_test)[:4]
    log_evidence, q = evidence(vae, x).log_evidence, vae.encode(x)
    bound = importance_bound(log_weights(vae, x, q, 3000, seeded()))
    assert (elbo(vae, x, q).value < bound).all()
    assert (bound < log_evidence + 0.2).all()
    assert (bound > log_evidence - 1).all()
