"""log p(x) and p(z|x) by quadrature against closed forms, another resolution, and plain grids of shipped models."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal
from torch.nn.functional import binary_cross_entropy_with_logits

from models import evidence as module
from models import gallery
from models.bound import elbo
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import EvidenceError, Posterior, evidence, log_joint, log_likelihood, posterior, rounding
from models.likelihood import LIKELIHOODS
from models.vae import VAE, prior
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded
from tests.linear_gaussian import MODELS, LinearGaussian, images

SHIPPED = ["mnist-beta-0", "mnist-beta-0.01", "mnist-beta-1", "mnist-beta-30"]


def real_images(mnist_test: Dataset, count: int) -> Tensor:
    return fixed_images(mnist_test)[:count]


@pytest.mark.parametrize("far", [1.0, 5.0])
@pytest.mark.parametrize("name", MODELS)
def test_the_evidence_of_a_linear_gaussian_model_is_the_closed_form(name: str, far: float) -> None:
    model = MODELS[name]
    x = images(model, far)
    with global_generators_untouched():
        found = evidence(model, x)
    torch.testing.assert_close(found.log_evidence, model.log_evidence(x), rtol=0, atol=1e-3)
    assert (found.error < 5e-3).all()
    assert (found.missed < 1e-3).all()
    assert found.log_evidence.dtype == torch.float64


@pytest.mark.parametrize("name", MODELS)
def test_the_posterior_is_the_closed_form_and_integrates_to_one(name: str) -> None:
    model = MODELS[name]
    x = images(model, count=1)[0]
    found = posterior(model, x)
    z = pixels_of(found)
    expected = model.posterior(x[None]).log_prob(z)
    torch.testing.assert_close(found.log_density, expected, rtol=0, atol=1e-3)
    assert found.mass.item() == pytest.approx(1, abs=1e-3)
    mean, covariance = found.moments()
    torch.testing.assert_close(mean, model.posterior(x[None]).mean[0], rtol=0, atol=1e-3)
    torch.testing.assert_close(covariance, model.posterior(x[None]).covariance_matrix[0], rtol=5e-3, atol=1e-6)


def pixels_of(found: Posterior) -> Tensor:
    """The centres of the pixels: [T, side, side, 2], z1 along the rows."""
    side = found.log_density.shape[1]
    place = (torch.arange(side).double() + 0.5) / side
    grid = torch.stack(torch.meshgrid(place, place, indexing="ij"), dim=-1)
    return found.low[:, None, None] + found.width[:, None, None, None] * grid


def test_the_pictures_of_a_posterior_do_not_overlap(mnist_test: Dataset) -> None:
    found = posterior(gallery.read("mnist-beta-1").vae(), real_images(mnist_test, 1)[0])
    low, high = found.low, found.low + found.width[:, None]
    shared = torch.minimum(high[:, None], high) - torch.maximum(low[:, None], low)
    pairs = (shared > 1e-9).all(dim=2)
    assert pairs.sum() == len(low)  # each with itself
    assert found.mass.item() == pytest.approx(1, abs=5e-3)


def test_each_image_alone_has_the_evidence_that_it_has_among_others(mnist_test: Dataset) -> None:
    vae, x = gallery.read("mnist-beta-1").vae(), real_images(mnist_test, 3)
    together = evidence(vae, x).log_evidence
    for row in range(3):
        torch.testing.assert_close(evidence(vae, x[row : row + 1]).log_evidence[0], together[row], rtol=0, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_two_resolutions_agree_on_a_shipped_model(
    name: str, mnist_test: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the first two images, and of the two whose codes lie farthest out."""
    model = gallery.read(name)
    rows = [0, 1, *model.codes.mean.norm(dim=1).argsort()[-2:].tolist()]
    vae, x = model.vae(), fixed_images(mnist_test)[rows]
    found = evidence(vae, x)
    monkeypatch.setattr(module, "_NODES", 8)
    monkeypatch.setattr(module, "_WIDEST", 2.0)
    finer = evidence(vae, x)
    assert ((found.log_evidence - finer.log_evidence).abs() < 0.01).all()
    assert (found.error < 0.01).all()
    assert (found.missed < 1e-3).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist-beta-0", "mnist-kl-switched-off"])
def test_without_a_kl_term_the_evidence_is_that_of_a_plain_fine_grid_around_the_code(
    name: str, mnist_test: Dataset
) -> None:
    """Of the two images whose codes lie nearest to the origin, where no likelier place is left to look for."""
    model = gallery.read(name)
    rows = model.codes.mean.norm(dim=1).argsort()[:2]
    vae, x = model.vae().requires_grad_(False), fixed_images(mnist_test)[rows]
    found = evidence(vae, x).log_evidence
    for image, mean, value in zip(x, model.codes.mean[rows], found, strict=True):
        assert value.item() == pytest.approx(plain_grid(vae, image, mean, half_width=0.5, steps=201), abs=0.01)


@pytest.mark.slow
def test_the_evidence_is_that_of_a_plain_fine_grid_over_the_whole_prior(mnist_test: Dataset) -> None:
    vae, x = gallery.read("mnist-beta-1").vae().requires_grad_(False), real_images(mnist_test, 1)
    expected = plain_grid(vae, x[0], torch.zeros(2), half_width=4.5, steps=401)
    assert evidence(vae, x).log_evidence.item() == pytest.approx(expected, abs=0.01)


def plain_grid(vae: VAE, image: Tensor, centre: Tensor, half_width: float, steps: int) -> float:
    """log p(x) by the trapezoidal rule, with the likelihood pixel by pixel."""
    axis = torch.linspace(-half_width, half_width, steps)
    z = centre + torch.cartesian_prod(axis, axis)
    likelihood = torch.cat(
        [
            -binary_cross_entropy_with_logits(logits := vae.decoder(part), image.expand_as(logits), reduction="none")
            .sum(dim=1)
            .double()
            for part in z.split(4000)
        ]
    )
    step = 2 * half_width / (steps - 1)
    return ((likelihood + prior().log_prob(z)).logsumexp(dim=0) + 2 * math.log(step)).item()


def test_two_modes_far_apart_are_both_found() -> None:
    """|z1| is all that the decoder sees, so that an image has two equal posteriors, at z1 and -z1."""

    class Folded(LinearGaussian):
        def decode(self, z: Tensor) -> torch.distributions.Independent:
            return super().decode(torch.stack([z[..., 0].abs(), z[..., 1]], dim=-1))

    plain, folded = MODELS["narrow"], Folded(MODELS["narrow"].weight)
    x = torch.tensor([[2.5, 0.3]]).double() @ plain.weight.T
    twice = plain.log_evidence(x) + math.log(2)
    torch.testing.assert_close(evidence(folded, x).log_evidence, twice, rtol=0, atol=1e-3)
    low = posterior(folded, x[0]).low[:, 0]
    assert (low > 2).any()
    assert (low < -2).any()


@pytest.mark.parametrize("levels", range(1, 6))
def test_what_is_not_resolved_is_stated_as_error(levels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_LEVELS", levels)
    model = MODELS["narrow"]
    x = images(model)
    found = evidence(model, x)
    assert (found.error > 0.5).all()
    assert found.log_evidence.isfinite().all()


def test_the_matrix_product_is_the_likelihood_of_each_pair(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    x, z = fixed_images(tiny_dataset), torch.randn(4, 3, 2, generator=seeded())
    expected = tiny_vae.decode(z[:, :, None]).log_prob(x) + prior().log_prob(z)[..., None]
    torch.testing.assert_close(log_joint(tiny_vae, z, x), expected, rtol=1e-5, atol=1e-3)


def test_grey_pixels_have_a_density(tiny_dataset: Dataset) -> None:
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian")
    grey = fixed_images(tiny_dataset, LIKELIHOODS["gaussian"])
    z = torch.randn(5, 2, generator=seeded())
    expected = vae.decode(z[:, None]).log_prob(grey) + prior().log_prob(z)[:, None]
    torch.testing.assert_close(log_joint(vae, z, grey), expected.double(), rtol=1e-5, atol=1e-2)
    assert (evidence(vae, grey).error < 0.01).all()


def test_a_model_without_an_encoder_has_an_evidence(tiny_dataset: Dataset) -> None:
    vae = VAE(TINY_HIDDEN, seeded(), encoder=False)
    assert (evidence(vae, fixed_images(tiny_dataset)).error < 0.01).all()


@pytest.mark.parametrize("name", ["mnist-beta-1", "mnist-lattice", "mnist-gaussian-beta-1"])
def test_no_stated_error_is_below_what_float64_shows_of_rounding(name: str, mnist_test: Dataset) -> None:
    model = gallery.read(name)
    vae, z = model.vae().requires_grad_(False), model.codes.mean[:60]
    x = fixed_images(mnist_test, model.likelihood)[:60]
    found, stated = log_likelihood(vae, z[:, None], x[:, None])[:, 0, 0], rounding(vae, z, x)
    bound, whole = elbo(vae, x[:3], Independent(Normal(z[:3], 0.01), 1)), evidence(vae, x[:3])
    exact = vae.double().decode(z.double()).log_prob(x.double())
    assert ((found - exact).abs() < stated).all()
    assert (stated < 5e-3).all()
    for each in (bound, whole):
        assert (each.error > 1e-5).all()  # float32 knows no sum of a hundred nats better


def test_a_decoder_that_no_grid_resolves_is_refused() -> None:
    vae = VAE((64, 64), seeded())
    with torch.no_grad():
        for weight in vae.decoder.parameters():
            weight.mul_(1000)
    for ask in (evidence, lambda vae, x: posterior(vae, x[0])):
        with pytest.raises(EvidenceError, match=r"too fast.*\.$"):
            ask(vae, torch.ones(1, 784))
