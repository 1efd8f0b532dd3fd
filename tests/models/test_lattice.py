"""The lattice integrates over the prior, unbiased and better than chance; on it -log p(x) and its terms are exact."""

import math
from collections.abc import Callable, Iterator
from itertools import product

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from models.data import Dataset
from models.evaluation import encode_dataset, fixed_images
from models.evidence import evidence, posterior
from models.lattice import POINTS, lattice, lattice_terms
from models.objective import terms
from models.recipe import Recipe
from models.training import Step, TrainingError, kl_weight, train
from models.vae import VAE, NoEncoderError
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded

SMALL = Recipe("digits", epochs=4, hidden=(32,), batch_size=64, objective="lattice")
WAVES = list(product((0.0, 0.5, 1.0, 2.0), (0.5, 1.0, -1.5)))


def decoder_alone(hidden: tuple[int, ...] = TINY_HIDDEN, seed: int = 0) -> VAE:
    return VAE(hidden, seeded(seed), encoder=False)


def start(dataset: Dataset, recipe: Recipe = SMALL) -> tuple[VAE, Iterator[Step]]:
    generator = seeded(recipe.seed)
    vae = VAE(recipe.hidden, generator, encoder=False)
    return vae, train(vae, dataset, recipe, generator)


def weights(vae: VAE) -> Tensor:
    return torch.nn.utils.parameters_to_vector(vae.parameters()).detach()


@pytest.fixture(scope="module")
def trained(digits: Dataset) -> VAE:
    vae, steps = start(digits)
    list(steps)
    return vae.requires_grad_(False)


@pytest.fixture(scope="module")
def x(digits: Dataset) -> Tensor:
    return fixed_images(digits)[:20]


@pytest.mark.parametrize("points", [1, 2, 21, 610, POINTS])
def test_a_lattice_has_its_points_all_different_and_finite(points: int) -> None:
    z = lattice(points, seeded())
    assert (z.shape, z.dtype) == ((points, 2), torch.float32)
    assert z.isfinite().all()
    assert len(z.unique(dim=0)) == points


@pytest.mark.parametrize("points", [0, 4, 1024, -5])
def test_a_count_that_is_no_fibonacci_number_is_refused_with_its_neighbours(points: int) -> None:
    with pytest.raises(ValueError, match=r"no Fibonacci number; take \d+ or \d+ points\.$"):
        lattice(points, seeded())


@pytest.mark.parametrize("points", [POINTS, 28_657])
def test_the_points_have_the_moments_of_the_prior(points: int) -> None:
    z = lattice(points, seeded()).double()
    assert z.mean(dim=0).abs().max() < 20 / points
    torch.testing.assert_close(z.T @ z / points, torch.eye(2, dtype=torch.float64), atol=0.01, rtol=0)


def test_along_each_axis_every_share_of_the_prior_holds_one_point() -> None:
    ranks = (Normal(0.0, 1.0).cdf(lattice(POINTS, seeded()).double()) * POINTS).sort(dim=0).values
    gaps = ranks.diff(dim=0)
    torch.testing.assert_close(gaps, torch.ones_like(gaps), atol=1e-2, rtol=0)


def wave_error(z: Tensor) -> float:
    """Root mean square error over waves of E cos(a z1 + b z2) = exp(-(a^2 + b^2) / 2)."""
    errors = [(a * z[:, 0] + b * z[:, 1]).cos().mean() - math.exp(-(a**2 + b**2) / 2) for a, b in WAVES]
    return torch.stack(errors).square().mean().sqrt().item()


def test_smooth_functions_are_integrated_far_better_than_by_independent_draws() -> None:
    by_lattice = [wave_error(lattice(POINTS, seeded(seed)).double()) for seed in range(5)]
    by_draws = [wave_error(torch.randn(POINTS, 2, generator=seeded(seed)).double()) for seed in range(5)]
    assert max(by_lattice) < 0.2 * min(by_draws)


def test_over_the_shifts_even_a_coarse_lattice_is_unbiased() -> None:
    """A narrow bump, which 21 points mostly miss."""

    def bump(z: Tensor) -> Tensor:
        return (-((z - torch.tensor([1.0, -0.5])) ** 2).sum(dim=1) / (2 * 0.1**2)).exp().mean()

    generator = seeded()
    found = torch.stack([bump(lattice(21, generator).double()) for _ in range(4000)])
    exact = (
        2
        * math.pi
        * 0.1**2
        * MultivariateNormal(torch.zeros(2), 1.01 * torch.eye(2)).log_prob(torch.tensor([1.0, -0.5])).exp()
    )
    assert found.std() > 0.3 * exact  # each alone is far off
    assert abs(found.mean() - exact) < 4 * found.std() / len(found) ** 0.5


def test_the_lattice_repeats_with_its_generator_and_moves_with_each_draw() -> None:
    generator = seeded(1)
    with global_generators_untouched():
        first, second = lattice(21, generator), lattice(21, generator)
    assert torch.equal(first, lattice(21, seeded(1)))
    assert (first != second).all()


def test_the_least_shift_stays_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "rand", lambda *size, **_: torch.zeros(*size, dtype=torch.float64))
    assert lattice(POINTS, seeded()).isfinite().all()


def test_the_terms_are_those_of_the_posterior_on_the_points(x: Tensor) -> None:
    vae, z = decoder_alone(), torch.randn(5, 2, generator=seeded()) * 3
    each = torch.stack([vae.decode(point).log_prob(x) for point in z], dim=1).detach().double()
    joint = each.exp() / 5  # 784 coins: e^-543 is within reach of float64
    evidence = joint.sum(dim=1, keepdim=True)
    share = joint / evidence
    found = lattice_terms(vae, x, z)
    close = {"atol": 1e-3, "rtol": 1e-6}
    torch.testing.assert_close(found.loss().detach().double(), -evidence[:, 0].log(), **close)
    torch.testing.assert_close(found.reconstruction.detach().double(), -(share * each).sum(dim=1), **close)
    torch.testing.assert_close(found.kl.detach().double(), (share * (share * 5).log()).sum(dim=1), **close)


def test_the_gradient_is_that_of_the_mean_of_p_of_x(x: Tensor) -> None:
    vae, z = decoder_alone(), torch.randn(5, 2, generator=seeded())
    found = torch.autograd.grad(lattice_terms(vae, x, z).loss().mean(), vae.decoder[-1].bias)[0]
    double = decoder_alone().double()
    each = torch.stack([double.decode(point).log_prob(x.double()) for point in z.double()], dim=1)
    expected = torch.autograd.grad(-each.exp().mean(dim=1).log().mean(), double.decoder[-1].bias)[0]
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-3)


def test_training_lowers_the_loss_of_images_and_steps_tell_both_terms(digits: Dataset) -> None:
    told = list(start(digits)[1])
    losses = [step.reconstruction + step.kl for step in told]
    assert sum(losses[-20:]) / 20 < 0.7 * losses[0]
    assert all(-1e-3 < step.kl <= math.log(POINTS) + 1e-3 and step.weight == 1 for step in told)


def test_the_same_seed_gives_the_same_weights_and_another_others(tiny_dataset: Dataset) -> None:
    recipe = Recipe("digits", epochs=3, hidden=(8,), batch_size=8, objective="lattice")
    made = []
    for seed in (1, 1, 2):
        generator = seeded(seed)
        vae = VAE(recipe.hidden, generator, encoder=False)
        with global_generators_untouched():
            list(train(vae, tiny_dataset, recipe, generator))
        made.append(weights(vae))
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


def test_a_loss_that_is_no_number_stops_with_the_remedy(tiny_dataset: Dataset) -> None:
    vae, steps = start(tiny_dataset)
    torch.nn.init.constant_(vae.decoder[-1].bias, torch.nan)
    with pytest.raises(TrainingError, match=r"Lower the learning rate.*\.$"):
        list(steps)


@pytest.mark.parametrize("taken", [0, 50, 99])
def test_both_terms_weigh_the_same_throughout(taken: int) -> None:
    assert kl_weight(taken, 100, SMALL) == 1


def test_the_codes_of_a_decoder_alone_are_its_posteriors(trained: VAE, digits: Dataset) -> None:
    few = Dataset("digits", digits.pixels[:5], digits.labels[:5])
    codes, x = encode_dataset(trained, few), fixed_images(few)
    torch.testing.assert_close(-codes.reconstruction - codes.kl, evidence(trained, x).log_evidence.float())
    for row in range(5):
        mean, covariance = posterior(trained, x[row]).moments()
        stddev = covariance.diag().sqrt()
        assert ((codes.mean[row] - mean).abs() < 0.02 * stddev).all()
        torch.testing.assert_close(codes.stddev[row].double(), stddev, rtol=0.02, atol=0)
    assert torch.equal(codes.label, few.labels)


@pytest.mark.parametrize("ask", [VAE.encode, lambda vae, x: terms(vae, x, torch.zeros(1, 1, 2))])
def test_a_decoder_alone_says_that_it_has_no_encoder(ask: Callable[[VAE, Tensor], object]) -> None:
    with pytest.raises(NoEncoderError, match=r"no encoder.*\.$"):
        ask(decoder_alone(), torch.zeros(1, 784))
