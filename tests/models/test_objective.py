"""The loss terms agree with formulas written by hand, with sampling, and with log p(x) by quadrature."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from models.data import Dataset, binarise
from models.evaluation import fixed_images
from models.objective import Terms, terms
from models.recipe import Recipe
from models.training import train
from models.vae import VAE, prior
from tests.conftest import TINY_HIDDEN, seeded

IMAGES = 6


@pytest.fixture(scope="module")
def trained(digits: Dataset) -> VAE:
    """A small model after a second of training, so that q(z|x) is neither p(z) nor a point."""
    generator = seeded()
    vae = VAE((32,), generator)
    for _ in train(vae, digits, Recipe("digits", epochs=8, hidden=(32,), batch_size=64), generator):
        pass
    return vae.requires_grad_(False)


@pytest.fixture(scope="module")
def x(digits: Dataset) -> Tensor:
    return fixed_images(digits)[:IMAGES]


def noise(samples: int, images: int) -> Tensor:
    return torch.randn(samples, images, 2, generator=seeded(3))


def test_kl_is_the_formula_written_by_hand(trained: VAE, x: Tensor) -> None:
    q = trained.encode(x)
    mean, stddev = q.mean.double().numpy(), q.stddev.double().numpy()
    by_hand = 0.5 * (mean**2 + stddev**2 - 1 - 2 * np.log(stddev)).sum(axis=1)
    np.testing.assert_allclose(terms(trained, x, noise(1, IMAGES)).kl, by_hand, rtol=1e-5)


def test_kl_is_that_of_two_separate_normals(trained: VAE, x: Tensor) -> None:
    q = trained.encode(x)
    apart = kl_divergence(Normal(q.mean.double(), q.stddev.double()), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(terms(trained, x, noise(1, IMAGES)).kl.double(), apart, rtol=1e-5, atol=1e-5)


def test_kl_is_the_average_of_log_q_minus_log_p(trained: VAE, x: Tensor) -> None:
    q = trained.encode(x)
    z = q.mean + q.stddev * noise(20_000, IMAGES)
    ratio = (q.log_prob(z) - prior().log_prob(z)).double()
    error = ratio.mean(dim=0) - terms(trained, x, noise(1, IMAGES)).kl
    assert (error.abs() < 5 * ratio.std(dim=0) / 20_000**0.5).all()


def test_kl_is_zero_when_q_is_the_prior(tiny_vae: VAE) -> None:
    for parameter in tiny_vae.encoder[-1].parameters():
        parameter.data.zero_()
    assert terms(tiny_vae, torch.ones(2, 784), noise(1, 2)).kl.tolist() == [0, 0]


def test_reconstruction_is_the_bernoulli_formula_written_by_hand(trained: VAE, x: Tensor) -> None:
    q, draws = trained.encode(x), noise(4, IMAGES)
    logits = trained.decoder(q.mean + q.stddev * draws).double().numpy()
    pixel, image = 1 / (1 + np.exp(-logits)), x.double().numpy()
    by_hand = -(image * np.log(pixel) + (1 - image) * np.log(1 - pixel)).sum(axis=2).mean(axis=0)
    np.testing.assert_allclose(terms(trained, x, draws).reconstruction, by_hand, rtol=1e-5)


def test_each_image_has_its_own_terms(trained: VAE, x: Tensor) -> None:
    draws = noise(2, IMAGES)
    together = terms(trained, x, draws)
    for row in range(3):
        alone = terms(trained, x[row : row + 1], draws[:, row : row + 1])
        torch.testing.assert_close(torch.stack(alone)[:, 0], torch.stack(together)[:, row])


def even_noise(samples: int, images: int) -> Tensor:
    """Standard normal points that fill the plane evenly, so that averages over them are nearly exact.

    Source: the R2 sequence, Roberts, 2018, through the normal quantile
    """
    steps = torch.arange(samples).double()[:, None] * torch.tensor([0.7548776662466927, 0.5698402909980532]).double()
    return torch.special.ndtri((0.5 + steps) % 1).float()[:, None].expand(-1, images, -1)


def log_joint_on_grid(vae: VAE, x: Tensor) -> tuple[Tensor, Tensor, float]:
    """z [G, 2], log p(x, z) [G, B] in float64, and the area of a cell."""
    steps, half_width = 141, 10.0
    axis = torch.linspace(-half_width, half_width, steps)
    z = torch.cartesian_prod(axis, axis)
    logits = vae.decoder(z).double()
    log_likelihood = logits @ x.T.double() - torch.nn.functional.softplus(logits).sum(dim=1, keepdim=True)
    return z, log_likelihood + prior().log_prob(z)[:, None], (2 * half_width / (steps - 1)) ** 2


def test_negative_elbo_is_negative_log_evidence_plus_the_gap(trained: VAE, x: Tensor) -> None:
    """-ELBO = -log p(x) + KL(q(z|x) || p(z|x)), with the right side by quadrature."""
    z, log_joint, cell = log_joint_on_grid(trained, x)
    log_evidence = log_joint.logsumexp(dim=0) + np.log(cell)
    log_q = trained.encode(x).log_prob(z[:, None]).double()
    gap = (log_q.exp() * (log_q - (log_joint - log_evidence)) * cell).sum(dim=0)
    loss = terms(trained, x, even_noise(2000, IMAGES)).loss().double()
    assert (loss > -log_evidence).all()
    torch.testing.assert_close(loss, gap - log_evidence, rtol=0, atol=0.03)


def test_beta_weighs_the_kl_alone() -> None:
    term = Terms(torch.tensor([100.0, 90.0]), torch.tensor([5.0, 7.0]))
    assert term.loss().tolist() == term.loss(1).tolist() == [105, 97]
    assert term.loss(0).tolist() == [100, 90]
    assert term.loss(10).tolist() == [150, 160]


def test_the_gradient_reaches_every_weight(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    images = binarise(tiny_dataset.pixels, seeded())
    terms(tiny_vae, images, noise(1, 20)).loss().mean().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in tiny_vae.parameters())


def test_reconstruction_of_grey_pixels_is_the_squared_error_written_by_hand(tiny_dataset: Dataset) -> None:
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian").requires_grad_(False)
    grey, draws = tiny_dataset.pixels.flatten(1).float() / 255, noise(4, 20)
    q = vae.encode(grey)
    pixel = 1 / (1 + np.exp(-vae.decoder(q.mean + q.stddev * draws).double().numpy()))
    squares = ((grey.double().numpy() - pixel) ** 2).sum(axis=2).mean(axis=0)
    by_hand = squares / (2 * 0.2**2) + 784 * np.log(0.2 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(terms(vae, grey, draws).reconstruction, by_hand, rtol=1e-5)
