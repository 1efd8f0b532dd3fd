"""The one rule for single images is good to 0.05 nats: on closed forms, on fine grids, and on every shipped model."""

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from models import gallery
from models.bound import elbo
from models.data import Dataset
from models.evaluation import fixed_images
from models.quadrature import WIDTHS, reconstruction
from models.vae import VAE, prior
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded
from tests.linear_gaussian import MODELS, images

TOLERANCE = 0.05
WITH_ENCODER = [name for name, recipe in gallery.recipes().items() if recipe.has_encoder]


@pytest.mark.parametrize("name", MODELS)
def test_of_a_linear_gaussian_model_it_is_the_closed_form(name: str) -> None:
    """-ELBO = -log p(x) + KL(q || p(z|x)), both of which are known."""
    model = MODELS[name]
    x = images(model)
    q = model.encode(x)
    with global_generators_untouched():
        found = reconstruction(model, x, q)
    z = Independent(Normal(torch.zeros(2).double(), 1.0), 1)
    residual = x - q.mean @ model.weight.T
    spread = (model.weight**2 @ q.variance.T).sum(dim=0)
    constant = x.shape[1] * torch.log(torch.tensor(model.stddev * (2 * torch.pi) ** 0.5).double())
    expected = constant + (residual.square().sum(dim=1) + spread) / (2 * model.stddev**2)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-3)
    assert (found + kl_divergence(q, z) > -model.log_evidence(x)).all()


def test_every_width_along_either_axis_gives_what_a_fine_grid_does() -> None:
    vae = VAE(TINY_HIDDEN, seeded()).requires_grad_(False)
    sigmas = torch.tensor([1e-5, WIDTHS[0], 1.01 * WIDTHS[0], WIDTHS[1], WIDTHS[2], 1.0])
    q = Independent(Normal(torch.randn(36, 2, generator=seeded(1)), torch.cartesian_prod(sigmas, sigmas)), 1)
    x = torch.rand(36, 784, generator=seeded(2)).round()
    nodes = torch.linspace(-7, 7, 71)
    weights = torch.outer(*2 * [(-(nodes.double() ** 2) / 2).softmax(dim=0)]).flatten()
    z = q.mean + q.stddev * torch.cartesian_prod(nodes, nodes)[:, None]
    expected = -torch.stack([weights @ vae.decode(part).log_prob(x[i]).double() for i, part in enumerate(z.unbind(1))])
    torch.testing.assert_close(reconstruction(vae, x, q), expected, rtol=0, atol=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_ENCODER)
def test_of_a_shipped_model_both_the_rule_and_the_file_are_within_a_twentieth_of_a_nat(
    name: str, mnist_test: Dataset
) -> None:
    """Of the first images, of those with the widest codes and, at each limit of a rule, of the widest below it."""
    model = gallery.read(name)
    width = model.codes.stddev.amax(dim=1)
    order = width.argsort(descending=True)
    edges = [order[(width[order] <= limit).nonzero()[:8, 0]] for limit in (*WIDTHS, torch.inf)]
    rows = torch.cat([torch.arange(20), *edges]).unique()
    vae, x = model.vae().requires_grad_(False), fixed_images(mnist_test, model.likelihood)[rows]
    q = vae.encode(x)
    expected = -elbo(vae, x, q).value - kl_divergence(q, prior()).double()
    torch.testing.assert_close(reconstruction(vae, x, q), expected, rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(model.codes.reconstruction[rows].double(), expected, rtol=0, atol=TOLERANCE)
