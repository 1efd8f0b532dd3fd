"""What log p(x) costs in more dimensions: the grid is an integral, and each figure is measured or says that it is
not."""

from itertools import pairwise

import pytest
import torch

from models import dimensions
from models.data import Dataset
from models.dimensions import grid, on_grid
from models.evaluation import fixed_images
from models.evidence import evidence
from models.vae import VAE
from tests.conftest import seeded


def in_three_dimensions(flat: VAE) -> VAE:
    """The same model, and a third number in z that changes nothing."""
    deep, weights = VAE((8,), latents=3, encoder=False), dict(flat.state_dict())
    weights["decoder.0.weight"] = torch.nn.functional.pad(weights["decoder.0.weight"], (0, 1))
    deep.load_state_dict(weights)
    return deep


def test_in_two_and_three_dimensions_the_grid_gives_log_p_of_x(digits: Dataset) -> None:
    flat, x = VAE((8,), seeded(), encoder=False), fixed_images(digits)[:6]
    exact = evidence(flat, x).log_evidence
    torch.testing.assert_close(on_grid(flat, x, 2, 40), exact, atol=2e-3, rtol=0)
    torch.testing.assert_close(on_grid(in_three_dimensions(flat), x, 3, 24), exact, atol=2e-3, rtol=0)


def test_a_grid_is_doubled_until_it_settles_and_none_is_made_that_cannot_be(digits: Dataset) -> None:
    flat, x = VAE((8,), seeded(), encoder=False), fixed_images(digits)[:6]
    found = grid(flat, x, 2)
    assert found
    assert found.along == 32  # the first that has one of half as many to be compared with
    assert found.change < dimensions.TOLERANCE
    assert grid(VAE((8,), seeded(), encoder=False, latents=10), x, 10) is None


def test_the_shipped_costs_grow_with_the_dimension_and_say_which_are_extrapolated() -> None:
    found = dimensions.read()
    assert [row["dimensions"] for row in found["rows"]] == [*dimensions.DIMENSIONS]
    assert [row["grid"] for row in found["rows"]] == ["measured", "measured", "extrapolated", "extrapolated"]
    for row in found["rows"]:
        assert row["grid_points"] == pytest.approx(float(row["along_each_axis"]) ** row["dimensions"])
        assert row["elbo"] < row["importance_bound"]
        assert 1 <= row["effective_draws"] <= row["draws"] == dimensions.DRAWS
        assert ("grid_log_evidence" in row) == (row["grid"] == "measured")
    for less, more in pairwise(found["rows"]):
        assert less["grid_points"] < more["grid_points"]
