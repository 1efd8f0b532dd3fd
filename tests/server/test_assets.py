"""What browsers fetch is what the models and the data set hold, under a name that changes with it."""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import plotly
import pytest
import safetensors.numpy
import torch

from explorer.server import assets, catalogue
from models import classifier, data, gallery
from models.data import Dataset
from models.evaluation import fixed_images


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the test's own, and a process that has published nothing yet."""
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "made")
    forget()
    yield tmp_path / "made"
    forget()


def forget() -> None:
    """As in a new process."""
    assets._images.clear()
    for function in (assets.plotly_url, assets.classifier_url, gallery.read):
        function.cache_clear()


def reference_url() -> str:
    return assets.model_url(gallery.REFERENCE, gallery.read(gallery.REFERENCE))


def published(folder: Path, url: str) -> Path:
    prefix, name = url.rsplit("/", 1)
    assert prefix == "app/static/made"
    return folder / name


def tensors(path: Path) -> dict[str, np.ndarray]:
    return safetensors.numpy.load(gzip.decompress(path.read_bytes()))


@pytest.mark.parametrize("name", gallery.recipes())
def test_a_models_file_holds_its_decoder_and_its_codes(folder: Path, name: str) -> None:
    checkpoint = gallery.read(name)
    found = tensors(published(folder, assets.model_url(name, checkpoint)))
    expected = {key: weight for key, weight in checkpoint.weights.items() if key.startswith("decoder")}
    expected |= {f"codes.{key}": codes for key, codes in vars(checkpoint.codes).items()}
    assert found.keys() == expected.keys()
    for key, tensor in expected.items():
        assert found[key].dtype == tensor.numpy().dtype
        assert np.array_equal(found[key], tensor.numpy())


@pytest.mark.parametrize("name", [name for name, recipe in gallery.recipes().items() if recipe.has_encoder])
def test_the_encoder_has_a_file_of_its_own(folder: Path, name: str) -> None:
    model = gallery.read(name)
    found = tensors(published(folder, assets.encoder_url(name, model)))
    drawn = tensors(published(folder, assets.model_url(name, model)))
    assert found.keys() == model.weights.keys() - drawn.keys() - {"log_pixel_stddev"}
    for key, weight in found.items():
        assert weight.dtype == np.float16
        assert np.array_equal(weight, model.weights[key].numpy())


def test_a_model_taken_back_leaves_no_file_behind_and_the_others_alone(folder: Path) -> None:
    model = gallery.read(gallery.REFERENCE)
    others = {published(folder, make("another", model)) for make in (assets.model_url, assets.encoder_url)}
    made = {published(folder, make("mine", model)) for make in (assets.model_url, assets.encoder_url)}
    assert set(folder.iterdir()) == others | made
    assets.unpublish_model("mine")
    assert set(folder.iterdir()) == others


def test_the_images_file_holds_the_images_as_stored_and_as_the_models_saw_them(
    folder: Path, mnist_test: Dataset
) -> None:
    found = tensors(published(folder, assets.images_url("mnist")))
    assert np.array_equal(found["pixels"], mnist_test.pixels.flatten(1).numpy())
    bits = np.unpackbits(found["x"], axis=1)
    assert np.array_equal(bits, fixed_images(mnist_test).numpy())


def test_without_the_data_set_there_is_no_images_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    assert (assets.images_url("mnist"), assets.images_url("fashion")) == (None, None)
    assert not folder.exists()


def test_a_data_set_that_comes_later_is_found_then_and_looked_for_no_more(
    folder: Path, tmp_path: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    assert assets.images_url("fashion") is None
    come = Dataset("fashion", tiny_dataset.pixels, tiny_dataset.labels)
    with monkeypatch.context() as patch:
        patch.setattr(data, "load_local", lambda name, split: come)
        url = assets.images_url("fashion")
    assert np.array_equal(tensors(published(folder, url))["pixels"], come.pixels.flatten(1).numpy())
    assert assets.images_url("fashion") == url


def test_each_data_set_has_a_file_of_its_own(folder: Path) -> None:
    found = tensors(published(folder, assets.images_url("digits")))
    assert found["pixels"].shape == (360, 784)
    assert assets.images_url("mnist") != assets.images_url("digits")


def test_damaged_images_are_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        (tmp_path / name).write_bytes(b"not what its name says")
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    assert assets.images_url("mnist") is None


def test_plotly_is_the_one_of_the_package(folder: Path) -> None:
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert gzip.decompress(published(folder, assets.plotly_url()).read_bytes()) == source.read_bytes()


def test_a_second_process_makes_no_new_file(folder: Path) -> None:
    urls = reference_url(), assets.plotly_url(), assets.images_url("digits")
    before = {path: path.stat().st_ino for path in folder.iterdir()}
    forget()
    assert (reference_url(), assets.plotly_url(), assets.images_url("digits")) == urls
    assert {path: path.stat().st_ino for path in folder.iterdir()} == before


def test_files_that_were_deleted_under_the_server_are_made_anew(folder: Path) -> None:
    catalogue.shipped.cache_clear()
    for url_of in (assets.plotly_url, lambda: assets.images_url("digits"), lambda: catalogue.shipped()[0]["url"]):
        path = published(folder, url_of())
        made = path.read_bytes()
        shutil.rmtree(folder)
        assert published(folder, url_of()) == path
        assert path.read_bytes() == made
    assert all(published(folder, model["url"]).is_file() for model in catalogue.shipped())
    catalogue.shipped.cache_clear()


def test_a_name_changes_with_the_content(
    folder: Path, tmp_path: Path, tiny_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = reference_url()
    monkeypatch.setattr(gallery, "FOLDER", tmp_path)
    (tmp_path / f"{gallery.REFERENCE}.safetensors").write_bytes(tiny_bytes)
    forget()
    assert reference_url() != before
    assert len(list(folder.iterdir())) == 2


def test_no_half_made_file_stays_behind(folder: Path) -> None:
    reference_url()
    assert [path.suffix for path in folder.iterdir()] == [".gz"]


def test_a_browser_may_trust_a_file_for_years(folder: Path) -> None:
    year_2001 = 978_307_200  # seconds
    assert published(folder, assets.plotly_url()).stat().st_mtime < year_2001


def test_making_a_file_draws_from_no_global_generator(folder: Path) -> None:
    before = torch.get_rng_state()
    reference_url()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_classifier_comes_laid_out_as_a_decoder_and_small(folder: Path) -> None:
    path = published(folder, assets.classifier_url())
    found, judge = tensors(path), classifier.read()
    for layer, (weight, bias) in enumerate(zip(judge.weights, judge.biases, strict=True)):
        np.testing.assert_allclose(found[f"classifier.{2 * layer}.weight"], weight.numpy().T, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(found[f"classifier.{2 * layer}.bias"], bias.numpy(), rtol=1e-3, atol=1e-6)
    assert path.stat().st_size < 450_000


def test_a_damaged_classifier_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "damaged").write_bytes(b"no safetensors")
    read = classifier.read.__wrapped__
    monkeypatch.setattr(classifier, "read", lambda: read(tmp_path / "damaged"))
    with pytest.raises(assets.AssetError, match="restore models/pretrained"):
        assets.classifier_url()
