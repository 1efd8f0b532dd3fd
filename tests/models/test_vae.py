"""The three distributions of the model are distributions, of the right shapes, drawn from no global generator."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from models.likelihood import PIXEL_STDDEV, PIXEL_STDDEVS
from models.vae import VAE, prior
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded


def grid(half_width: float, steps: int) -> torch.Tensor:
    """Points [steps^2, 2] of a square around the origin."""
    axis = torch.linspace(-half_width, half_width, steps)
    return torch.cartesian_prod(axis, axis)


@pytest.mark.parametrize("batch", [(), (1,), (5,), (3, 4)])
def test_the_distributions_have_the_batch_of_their_argument(tiny_vae: VAE, batch: tuple[int, ...]) -> None:
    q = tiny_vae.encode(torch.zeros(*batch, 784))
    p = tiny_vae.decode(torch.zeros(*batch, 2))
    assert (q.batch_shape, q.event_shape) == (batch, (2,))
    assert (p.batch_shape, p.event_shape) == (batch, (784,))
    assert q.log_prob(torch.zeros(*batch, 2)).shape == p.log_prob(torch.zeros(*batch, 784)).shape == batch


def test_pixels_are_probabilities_however_far_out_z_lies(tiny_vae: VAE) -> None:
    mean = tiny_vae.decode(grid(1e4, 21)).mean
    assert ((mean >= 0) & (mean <= 1)).all()


@pytest.mark.parametrize("bias", [0, -1000, 1000, 1e30])
def test_stddevs_are_positive_and_their_squares_finite_whatever_the_encoder_says(tiny_vae: VAE, bias: float) -> None:
    nn.init.constant_(tiny_vae.encoder[-1].bias, bias)
    stddev = tiny_vae.encode(torch.ones(1, 784)).stddev
    assert (stddev > 0).all()
    assert stddev.square().isfinite().all()


def test_a_sigma_at_its_bounds_is_held_and_its_gradient_passes(tiny_vae: VAE) -> None:
    for bias, held in ((-1000, math.exp(-12)), (1000, math.exp(12))):
        nn.init.constant_(tiny_vae.encoder[-1].bias, bias)
        stddev = tiny_vae.encode(torch.ones(1, 784)).stddev
        np.testing.assert_allclose(stddev.detach(), held, rtol=1e-4)
        (gradient,) = torch.autograd.grad(stddev.log().sum(), tiny_vae.encoder[-1].bias)
        assert gradient.tolist() == pytest.approx([0, 0, 1, 1])


def test_the_prior_integrates_to_one() -> None:
    cell = (2 * 8 / 400) ** 2
    assert prior().log_prob(grid(8, 401)).double().exp().sum() * cell == pytest.approx(1, abs=1e-5)


def test_the_posterior_integrates_to_one(tiny_vae: VAE) -> None:
    with torch.no_grad():
        q = tiny_vae.encode(torch.ones(784))
        density = q.log_prob(q.mean + grid(12, 601) * q.stddev).double().exp()
    cell = (2 * 12 / 600) ** 2 * q.stddev.prod()
    assert density.sum() * cell == pytest.approx(1, abs=1e-4)


def test_the_likelihood_sums_to_one_over_all_images_of_ten_pixels(tiny_vae: VAE) -> None:
    tiny_vae.decoder[-1] = nn.utils.skip_init(nn.Linear, TINY_HIDDEN[0], 10)
    nn.init.uniform_(tiny_vae.decoder[-1].weight, -5, 5, generator=seeded())
    nn.init.zeros_(tiny_vae.decoder[-1].bias)
    images = torch.tensor(list(product([0.0, 1.0], repeat=10)))
    assert tiny_vae.decode(torch.tensor([1.0, -2.0])).log_prob(images).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_no_global_generator_is_drawn_from() -> None:
    with global_generators_untouched():
        vae = VAE(TINY_HIDDEN, seeded())
        VAE(TINY_HIDDEN)
        vae.decode(vae.encode(torch.zeros(1, 784)).mean).log_prob(torch.zeros(1, 784))


def test_the_weights_follow_their_generator() -> None:
    first, again, other = (VAE(TINY_HIDDEN, seeded(seed)).encoder[0].weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_decoder_mirrors_the_encoder() -> None:
    vae = VAE((6, 5))
    widths = [
        [(layer.in_features, layer.out_features) for layer in part if isinstance(layer, nn.Linear)]
        for part in (vae.encoder, vae.decoder)
    ]
    assert widths == [[(784, 6), (6, 5), (5, 4)], [(2, 5), (5, 6), (6, 784)]]


def test_fresh_weights_lie_in_the_range_of_nn_linear() -> None:
    for layer in VAE(TINY_HIDDEN, seeded()).modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            assert layer.weight.abs().max() <= bound
            assert layer.weight.abs().max() > 0.5 * bound


def grey_vae() -> VAE:
    return VAE(TINY_HIDDEN, seeded(), "gaussian")


def test_the_two_likelihoods_share_their_weights_and_their_mean_picture(tiny_vae: VAE) -> None:
    z = grid(3, 5)
    for name, weight in grey_vae().state_dict().items():
        assert torch.equal(weight, tiny_vae.state_dict()[name])
    torch.testing.assert_close(grey_vae().decode(z).mean, tiny_vae.decode(z).mean)


@pytest.mark.parametrize("batch", [(), (5,), (3, 4)])
def test_grey_pixels_have_the_normal_density_in_closed_form(batch: tuple[int, ...]) -> None:
    z, x = torch.randn(*batch, 2, generator=seeded(1)), torch.rand(*batch, 784, generator=seeded(2))
    p = grey_vae().decode(z)
    assert (p.batch_shape, p.event_shape) == (batch, (784,))
    assert torch.equal(p.stddev, torch.full((*batch, 784), PIXEL_STDDEV))
    error = (x.double().numpy() - p.mean.detach().double().numpy()) / 0.2
    by_hand = -(error**2 / 2 + np.log(0.2 * np.sqrt(2 * np.pi))).sum(axis=-1)
    np.testing.assert_allclose(p.log_prob(x).detach(), by_hand, rtol=1e-5)


def test_a_grey_pixels_density_integrates_to_one() -> None:
    vae = grey_vae()
    vae.decoder[-1] = nn.utils.skip_init(nn.Linear, TINY_HIDDEN[0], 1)
    nn.init.constant_(vae.decoder[-1].weight, 1)
    nn.init.zeros_(vae.decoder[-1].bias)
    x = torch.linspace(-2, 3, 5001)[:, None]
    assert vae.decode(torch.tensor([1.0, -2.0])).log_prob(x).exp().sum().item() * 0.001 == pytest.approx(1, abs=1e-4)


def test_grey_means_are_grey_levels_however_far_out_z_lies() -> None:
    mean = grey_vae().decode(grid(1e4, 21)).mean
    assert ((mean >= 0) & (mean <= 1)).all()


def learnt_vae(stddev: float) -> VAE:
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian", pixel_stddev=None)
    nn.init.constant_(vae.log_pixel_stddev, np.log(stddev))
    return vae


def test_a_learnt_sigma_adds_one_number_to_the_model_and_changes_no_other() -> None:
    fixed, learnt = grey_vae().state_dict(), VAE(TINY_HIDDEN, seeded(), "gaussian", pixel_stddev=None)
    assert learnt.state_dict().keys() - fixed.keys() == {"log_pixel_stddev"}
    assert all(torch.equal(weight, fixed[name]) for name, weight in learnt.state_dict().items() if name in fixed)
    assert learnt.pixel_stddev.item() == pytest.approx(PIXEL_STDDEV)


@pytest.mark.parametrize("stddev", [0.05, 0.7])
def test_fixed_or_learnt_a_sigma_gives_the_same_density(stddev: float) -> None:
    z, x = grid(3, 3), torch.rand(9, 784, generator=seeded(2))
    fixed = VAE(TINY_HIDDEN, seeded(), "gaussian", pixel_stddev=stddev)
    learnt = learnt_vae(stddev)
    torch.testing.assert_close(learnt.decode(z).log_prob(x), fixed.decode(z).log_prob(x))


def test_the_best_sigma_is_the_root_mean_square_error_of_a_pixel() -> None:
    """d/d log sigma of log N(x; m, sigma^2 I) is zero there (Rybkin et al., 2021, section 3.1)."""
    z, x = grid(3, 3), torch.rand(9, 784, generator=seeded(2))
    error = (x - grey_vae().decode(z).mean).square().mean().sqrt().item()
    slopes = []
    for share in (0.9, 1.0, 1.1):
        vae = learnt_vae(share * error)
        vae.decode(z).log_prob(x).mean().backward()
        slopes.append(vae.log_pixel_stddev.grad.item())
    assert slopes[0] > 10
    assert slopes[1] == pytest.approx(0, abs=0.05)
    assert slopes[2] < -10


@pytest.mark.parametrize(("log_stddev", "bound"), [(-6e4, PIXEL_STDDEVS[0]), (6e4, PIXEL_STDDEVS[1])])
def test_a_learnt_sigma_keeps_within_bounds_and_can_come_back(log_stddev: float, bound: float) -> None:
    vae = learnt_vae(1.0)
    nn.init.constant_(vae.log_pixel_stddev, log_stddev)
    assert vae.pixel_stddev.item() == pytest.approx(bound, rel=1e-3)
    vae.decode(torch.zeros(2)).log_prob(torch.zeros(784)).backward()
    assert vae.log_pixel_stddev.grad.isfinite()
    assert vae.log_pixel_stddev.grad != 0
