"""The best q of each image alone and the two gaps: against closed forms, and in the order that they must have."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from models import gallery
from models.best_q import best_q, better, gaps
from models.bound import elbo
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import evidence
from tests.conftest import global_generators_untouched
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


def test_on_real_images_the_fits_are_between_the_encoders_bound_and_the_evidence(
    mnist_test: Dataset,
) -> None:
    vae, x = gallery.read("mnist-beta-1").vae().requires_grad_(False), fixed_images(mnist_test)[:6]
    start, log_evidence = vae.encode(x), evidence(vae, x).log_evidence
    *_, diagonal = best_q(vae, x, start)
    *_, full = best_q(vae, x, diagonal, full=True)
    order = [elbo(vae, x, q).value for q in (start, diagonal, full)] + [log_evidence]
    for lower, upper in pairwise(order):
        assert (lower < upper + 0.01).all()
    assert (order[1] - order[0]).mean() > 0.1
