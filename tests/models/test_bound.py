"""The ELBO and KL to the posterior, by quadrature, against closed forms, and against the evidence."""

import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from models import gallery
from models.bound import elbo, kl_to_posterior
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import evidence
from tests.linear_gaussian import MODELS, images


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


@pytest.mark.parametrize("name", [name for name, recipe in gallery.recipes().items() if recipe.has_encoder])
def test_on_real_images_bound_and_gap_add_up_to_the_evidence(name: str, mnist_test: Dataset) -> None:
    """Of a shipped model: of the first two images, and of the two whose codes lie farthest out."""
    model = gallery.read(name)
    rows = [0, 1, *model.codes.mean.norm(dim=1).argsort()[-2:].tolist()]
    vae, x = model.vae().requires_grad_(False), fixed_images(mnist_test, model.likelihood)[rows]
    q, log_evidence = vae.encode(x), evidence(vae, x).log_evidence
    bound, kl = elbo(vae, x, q), kl_to_posterior(vae, x, q, log_evidence)
    torch.testing.assert_close(bound.value + kl.value, log_evidence, rtol=0, atol=0.01)
    assert (kl.value > 0).all()
