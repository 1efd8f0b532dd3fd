"""Codes are the same on every call, whatever the batches; their averages are those of numpy."""

import numpy as np
import pytest
import torch

from models.data import Dataset
from models.evaluation import BINARISATIONS, Averages, Codes, average_terms, encode_dataset, fixed_images, summarise
from models.likelihood import LIKELIHOODS
from models.quadrature import reconstruction
from models.vae import LATENTS, VAE
from tests.conftest import TINY_HIDDEN, global_generators_untouched, seeded


def some_codes(mean: torch.Tensor) -> Codes:
    count, generator = len(mean), seeded()
    stddev = torch.rand(count, 2, generator=generator) + 0.1
    reconstruction, kl = torch.rand(2, count, generator=generator) * 100
    return Codes(mean, stddev, reconstruction, kl, torch.zeros(count, dtype=torch.uint8))


def test_codes_have_a_row_an_image(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    codes = encode_dataset(tiny_vae, tiny_dataset)
    assert codes.mean.shape == codes.stddev.shape == (20, 2)
    assert codes.reconstruction.shape == codes.kl.shape == codes.label.shape == (20,)
    assert {part.dtype for part in (codes.mean, codes.stddev, codes.reconstruction, codes.kl)} == {torch.float32}
    assert torch.equal(codes.label, tiny_dataset.labels)
    assert not codes.mean.requires_grad


def test_codes_are_the_same_on_every_call(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    with global_generators_untouched():
        first, again = (encode_dataset(tiny_vae, tiny_dataset) for _ in range(2))
    assert all(torch.equal(part, vars(again)[name]) for name, part in vars(first).items())


def test_held_out_images_are_binarised_once_and_for_all(tiny_dataset: Dataset) -> None:
    assert torch.equal(fixed_images(tiny_dataset), fixed_images(tiny_dataset))


@pytest.mark.parametrize("batch", [1, 7, 20])
def test_batches_change_nothing(tiny_vae: VAE, tiny_dataset: Dataset, batch: int) -> None:
    whole, parts = encode_dataset(tiny_vae, tiny_dataset), encode_dataset(tiny_vae, tiny_dataset, batch=batch)
    for name in ("mean", "stddev", "kl", "reconstruction"):
        torch.testing.assert_close(vars(parts)[name], vars(whole)[name])


def test_averages_are_those_of_numpy() -> None:
    codes = some_codes(torch.randn(50, 2, generator=seeded(1)) * torch.tensor([3.0, 0.5]))
    arrays = {name: part.double().numpy() for name, part in vars(codes).items()}
    reconstruction, kl = arrays["reconstruction"].mean(), arrays["kl"].mean()
    assert summarise(codes) == pytest.approx(
        {
            "reconstruction": reconstruction,
            "kl": kl,
            "negative_elbo": reconstruction + kl,
            "spread": np.sqrt(np.var(arrays["mean"], axis=0, ddof=1).mean()),
            "mean_sigma": arrays["stddev"].mean(),
            "active_units": 2,
            "at_least_sigma": 0,
        }
    )


def test_binary_images_are_averaged_over_binarisations_of_their_own(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    """They are what the rule gives, image by image, for other binarisations; q is narrow, so that z has no noise."""
    tiny_vae.encoder[-1].bias.data[LATENTS:] = -6
    codes = encode_dataset(tiny_vae, tiny_dataset)
    with global_generators_untouched():
        first, again = (average_terms(tiny_vae, tiny_dataset, codes) for _ in range(2))
    assert first == again
    assert len(first.reconstruction) == len(first.kl) == len(set(first.kl)) == BINARISATIONS
    expected = []
    for seed in range(40):
        x = (torch.rand(20, 784, generator=seeded(seed)) < tiny_dataset.pixels.flatten(1) / 255).float()
        expected.append(reconstruction(tiny_vae, x, tiny_vae.encode(x)).mean().item())
    sd = np.std(expected, ddof=1)
    assert np.mean(first.reconstruction) == pytest.approx(np.mean(expected), abs=4 * sd / BINARISATIONS**0.5)
    assert 0.4 * sd < np.std(first.reconstruction, ddof=1) < 1.8 * sd


def test_grey_images_are_averaged_once(tiny_dataset: Dataset) -> None:
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian")
    codes = encode_dataset(vae, tiny_dataset)
    found = summarise(codes, average_terms(vae, tiny_dataset, codes))
    assert found == summarise(codes)
    assert "negative_elbo_sd" not in found


def test_what_stands_for_all_images_is_the_mean_over_binarisations_with_its_deviation() -> None:
    reconstruction, kl = np.array([130.0, 131.0, 133.0]), np.array([7.0, 6.5, 6.0])
    codes = some_codes(torch.randn(50, 2, generator=seeded()))
    found = summarise(codes, Averages(tuple(reconstruction), tuple(kl)))
    for name, each in (("reconstruction", reconstruction), ("kl", kl), ("negative_elbo", reconstruction + kl)):
        assert found[name] == pytest.approx(each.mean())
        assert found[f"{name}_sd"] == pytest.approx(each.std(ddof=1))
    assert {name: found[name] for name in ("spread", "mean_sigma")}.items() <= summarise(codes).items()


def test_codes_on_the_floor_of_sigma_are_counted(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    assert summarise(encode_dataset(tiny_vae, tiny_dataset))["at_least_sigma"] == 0
    tiny_vae.encoder[-1].bias.data[LATENTS] = -30
    assert summarise(encode_dataset(tiny_vae, tiny_dataset))["at_least_sigma"] == 1


@pytest.mark.parametrize(("scales", "active"), [((1, 1), 2), ((1, 0.05), 1), ((0.05, 1), 1), ((0.05, 0), 0)])
def test_a_unit_is_active_when_its_mean_varies(scales: tuple[float, float], active: int) -> None:
    codes = some_codes(torch.randn(1000, 2, generator=seeded()) * torch.tensor(scales))
    assert summarise(codes)["active_units"] == active


def test_a_collapsed_model_has_no_active_unit_and_no_kl(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    for parameter in tiny_vae.encoder[-1].parameters():
        parameter.data.zero_()
    metrics = summarise(encode_dataset(tiny_vae, tiny_dataset))
    assert (metrics["active_units"], metrics["kl"], metrics["spread"], metrics["mean_sigma"]) == (0, 0, 0, 1)


def test_held_out_images_are_grey_to_a_gaussian_model(tiny_dataset: Dataset) -> None:
    grey = fixed_images(tiny_dataset, LIKELIHOODS["gaussian"])
    assert torch.equal(grey, tiny_dataset.pixels.flatten(1).float() / 255)
    vae = VAE(TINY_HIDDEN, seeded(), "gaussian")
    assert torch.equal(encode_dataset(vae, tiny_dataset).mean, vae.encode(grey).mean)


def test_more_draws_of_z_change_the_reconstruction_alone(tiny_vae: VAE, tiny_dataset: Dataset) -> None:
    few, many = (vars(encode_dataset(tiny_vae, tiny_dataset, samples=samples)) for samples in (1, 64))
    assert [name for name, part in few.items() if not torch.equal(part, many[name])] == ["reconstruction"]
