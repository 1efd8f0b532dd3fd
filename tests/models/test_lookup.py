"""Inference by looking up: against closed forms of a linear model, and on a shipped model."""

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from models import gallery, lookup, lookup_costs
from models.bound import elbo
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import evidence
from models.lattice import fixed_points
from models.likelihood import LIKELIHOODS
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded
from tests.linear_gaussian import MODELS, LinearGaussian, images


def found_for(model: LinearGaussian, count: int = lookup.POINTS[1]) -> lookup.Table:
    return lookup.table(model, count, torch.float64)


@pytest.mark.parametrize("count", [1, 10, 100, 987])
def test_the_fixed_points_are_any_number_and_spread_like_the_prior(count: int) -> None:
    with global_generators_untouched():
        z = fixed_points(count)
    assert torch.equal(z, fixed_points(count))
    assert (z.shape, z.dtype, len(z.unique(dim=0))) == ((count, 2), torch.float32, count)
    assert z.mean(dim=0).abs().max() < 1 / count**0.5
    if count > 1:
        torch.testing.assert_close(z.T @ z / count, torch.eye(2), atol=0.5 / count**0.5, rtol=0)


@pytest.mark.parametrize("name", MODELS)
def test_the_fisher_information_is_the_closed_form(name: str) -> None:
    model = MODELS[name]
    exact = (model.weight**2).sum(dim=0) / model.stddev**2
    at = torch.tensor([[0.0, 0.0], [1.5, -2.0]]).double()
    torch.testing.assert_close(lookup.fisher_information(model, at), exact.expand(2, 2), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["round", "nothing learnt", "one axis narrow", "a tilted ridge"])
def test_the_best_point_is_the_posteriors_and_five_steps_reach_the_best_diagonal_q(name: str) -> None:
    model = MODELS[name]
    x = images(model)
    posterior, table = model.posterior(x), found_for(model)
    best = posterior.log_prob(table.z[:, None].expand(-1, len(x), -1)).argmax(dim=0)
    assert torch.equal(lookup.look_up(model, table, x).mean, table.z[best])
    precision = posterior.precision_matrix.diagonal(dim1=-2, dim2=-1)
    diagonal = MultivariateNormal(posterior.mean, torch.diag_embed(1 / precision))
    limit = model.log_evidence(x) - kl_divergence(diagonal, posterior)
    lost = limit - elbo(model, x, lookup.infer(model, table, x)).value
    assert (lost > -1e-3).all()
    assert (lost < 0.1).all()


def test_the_share_within_reach_is_that_of_draws_from_the_posterior() -> None:
    model = MODELS["one axis narrow"]
    x = images(model)
    posterior = model.posterior(x)
    places = torch.linspace(0, 5, len(x)).double()[:, None]
    q = Independent(Normal(posterior.mean + places * posterior.stddev, 0.7 * posterior.stddev), 1)
    torch.manual_seed(0)
    draws = posterior.sample((100_000,))
    inside = ((draws - q.mean) / q.stddev).square().sum(dim=-1) <= lookup.REACH**2
    found = lookup.share_within(model, x, q, model.log_evidence(x))
    torch.testing.assert_close(found, inside.double().mean(dim=0), atol=0.01, rtol=0)


def test_an_image_is_misplaced_where_its_q_lies_far_away_and_not_where_it_is_only_narrow() -> None:
    model = MODELS["round"]
    x = images(model)
    posterior, own = model.posterior(x), lookup.infer(model, found_for(model), x)
    for shift, factor, expected in ((0.0, 1e-4, False), (8.0, 1e-4, True), (8.0, 1.0, True), (8.0, 4.0, False)):
        q = Independent(Normal(posterior.mean + shift * posterior.stddev, factor * posterior.stddev), 1)
        assert lookup.misplaced(model, x, q, own, model.log_evidence(x)).tolist() == [expected] * len(x)


@pytest.mark.slow
def test_the_averages_are_bounds_in_the_order_of_their_tables(mnist_test: Dataset) -> None:
    vae, x = gallery.read(gallery.REFERENCE).vae(), fixed_images(mnist_test)[:10]
    found = {name: value for part in lookup_costs.measure(vae, x) for name, value in part.items()}
    assert set(found) == set(lookup_costs.UNITS)
    exact, encoders = evidence(vae, x).log_evidence.mean(), elbo(vae, x, vae.encode(x)).value.mean()
    assert encoders < found["coarse_lookup_elbo"] < exact
    assert encoders < found["lookup_elbo"] < exact
    assert 0 <= found["misplaced"] <= 1


def test_a_decoder_alone_has_no_encoder_that_could_be_wrong(digits: Dataset) -> None:
    vae = VAE(TINY_HIDDEN, seeded(), encoder=False)
    found = {name for part in lookup_costs.measure(vae, fixed_images(digits)[:5]) for name in part}
    assert found == lookup_costs.UNITS.keys() - {"misplaced"}


def test_of_grey_pixels_the_looked_up_bounds_are_those_of_a_density() -> None:
    changed = lookup_costs.units(LIKELIHOODS["gaussian"])
    assert "nats of a density per image" in changed["lookup_elbo"]
    assert changed["misplaced"] == lookup_costs.UNITS["misplaced"]
