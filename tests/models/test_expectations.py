"""Under p(z|x) z has the moments of closed forms and finer rules, and the terms of -log p(x) are beaten by no q."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from models import gallery
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import expectations
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded
from tests.linear_gaussian import MODELS, images

ROWS = [0, 18, 40, 792, 2161]
"""Test images with one mode; the last posterior is the narrowest of all under the exactly trained model."""


CLOSE = 2e-3
"""Of a stddev: more than an ellipse on a map can show."""


@pytest.fixture(scope="module")
def exact() -> VAE:
    return gallery.read(gallery.EXACT).vae()


@pytest.mark.parametrize("name", MODELS)
def test_of_a_linear_gaussian_model_they_are_the_closed_forms(name: str) -> None:
    model = MODELS[name]
    x = images(model)
    with global_generators_untouched():
        found = expectations(model, x)
    posterior = model.posterior(x)
    assert ((found.mean - posterior.mean).abs() < CLOSE * posterior.stddev).all()
    torch.testing.assert_close(found.stddev, posterior.stddev, rtol=CLOSE, atol=0)
    kl = kl_divergence(posterior, MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double()))
    torch.testing.assert_close(found.kl, kl, rtol=0, atol=2e-3)
    torch.testing.assert_close(-found.reconstruction - found.kl, model.log_evidence(x), rtol=0, atol=1e-3)


def test_coins_that_know_nothing_of_z_have_the_prior_for_a_posterior() -> None:
    vae = VAE(TINY_HIDDEN, seeded(), encoder=False)
    torch.nn.init.zeros_(vae.decoder[-1].weight)
    torch.nn.init.zeros_(vae.decoder[-1].bias)
    found = expectations(vae, torch.rand(3, 784, generator=seeded()).round())
    none = torch.zeros(3).double()
    torch.testing.assert_close(found.reconstruction, none + 784 * math.log(2), rtol=1e-5, atol=0)
    torch.testing.assert_close(found.kl, none, rtol=0, atol=1e-3)
    torch.testing.assert_close(found.mean, torch.zeros(3, 2).double(), rtol=0, atol=1e-3)
    torch.testing.assert_close(found.stddev, torch.ones(3, 2).double(), rtol=0, atol=1e-3)


def by_a_fitted_rule(vae: VAE, image: Tensor, at: Tensor, stddev: Tensor) -> tuple[float, Tensor, Tensor]:
    """log p(x), and mean and stddev of p(z|x), by 160 x 160 Gauss-Legendre nodes on 9 stddev around ``at``."""
    place, weight = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(160))
    z = at + 9 * stddev * torch.cartesian_prod(place, place)
    prior = MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double()).log_prob(z)
    with torch.no_grad():
        pixels = vae.decode(z.float()).log_prob(image).double()
    joint = pixels + prior + (81 * stddev.prod() * torch.outer(weight, weight).flatten()).log()
    mean = joint.softmax(dim=0) @ z
    return joint.logsumexp(dim=0).item(), mean, (joint.softmax(dim=0) @ (z - mean) ** 2).sqrt()


@pytest.mark.slow
def test_of_the_shipped_model_they_are_those_of_a_rule_made_for_the_image(exact: VAE, mnist_test: Dataset) -> None:
    x = fixed_images(mnist_test)[ROWS]
    found = expectations(exact, x)
    for row in range(len(x)):
        log_evidence, mean, stddev = by_a_fitted_rule(exact, x[row], found.mean[row], found.stddev[row])
        assert -(found.reconstruction + found.kl)[row].item() == pytest.approx(log_evidence, abs=5e-3)
        assert ((found.mean[row] - mean).abs() < CLOSE * stddev).all()
        torch.testing.assert_close(found.stddev[row], stddev, rtol=CLOSE, atol=0)


@pytest.mark.slow
def test_not_even_the_best_gaussian_q_beats_the_likelihood(exact: VAE, mnist_test: Dataset) -> None:
    """-ELBO = -log p(x) + KL(q || p(z|x)), here of the q with the posterior's own mean and variances."""
    x = fixed_images(mnist_test)[:20]
    found = expectations(exact, x)
    q, prior = Normal(found.mean.float(), found.stddev.float()), Normal(0.0, 1.0)
    z = q.mean + q.stddev * torch.randn(200, len(x), 2, generator=seeded())
    with torch.no_grad():
        bound = kl_divergence(q, prior).sum(dim=1) - exact.decode(z).log_prob(x).mean(dim=0)
    gap = bound - found.reconstruction - found.kl
    assert gap.min() > -1  # the noise of 200 draws
    assert gap.mean() > 0
    # Of all q with some mean and variances, the Gaussian with independent axes has the least KL to N(0, I).
    assert (found.kl > kl_divergence(q, prior).sum(dim=1) - 1e-3).all()


def test_they_do_not_depend_on_who_else_is_asked(exact: VAE, mnist_test: Dataset) -> None:
    x = fixed_images(mnist_test)[:4]
    together, alone = expectations(exact, x), expectations(exact, x[2:3])
    for part, own in zip(together, alone, strict=True):
        torch.testing.assert_close(part[2:3], own, rtol=1e-3, atol=1e-3)
