"""The judge computes what scikit-learn computes, is as good as it says, and counts the same draws for every model."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models import classifier, data, gallery
from models.classifier import Classifier, class_probabilities, score_samples
from models.data import Dataset
from models.vae import VAE
from tests.conftest import global_generators_untouched


@pytest.fixture(scope="module")
def fitted(digits: Dataset) -> Classifier:
    """A judge of scikit-learn's digits."""
    with global_generators_untouched():
        return classifier.fit(digits, data.load("digits", "test"))


def grey(dataset: Dataset) -> torch.Tensor:
    return dataset.pixels.flatten(1).float() / 255


def test_probabilities_are_those_of_scikit_learn(digits: Dataset) -> None:
    from sklearn.neural_network import MLPClassifier

    x = grey(digits)
    network = MLPClassifier((20, 30), max_iter=15, tol=1, n_iter_no_change=3, random_state=1)
    network.fit(x.numpy(), digits.labels.numpy())
    weights, biases = (tuple(map(torch.from_numpy, part)) for part in (network.coefs_, network.intercepts_))
    expected = torch.from_numpy(network.predict_proba(x.numpy()))
    torch.testing.assert_close(class_probabilities(weights, biases, x), expected, rtol=1e-4, atol=1e-5)


def test_a_fit_learns_and_says_how_well(fitted: Classifier) -> None:
    held_out = data.load("digits", "test")
    right = fitted.probabilities(grey(held_out)).argmax(dim=1) == held_out.labels
    assert fitted.test_accuracy == right.double().mean().item() > 0.85


def test_a_file_gives_the_classifier_back(fitted: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "judge.safetensors"
    classifier.write(path, fitted)
    again = classifier.read(path)
    assert all(map(torch.equal, again.weights + again.biases, fitted.weights + fitted.biases))
    for name in ("test_accuracy", "dataset_sha256", "versions"):
        assert getattr(again, name) == getattr(fitted, name)


def test_the_shipped_classifier_is_as_accurate_as_it_says(mnist_test: Dataset) -> None:
    judge = classifier.read()
    right = judge.probabilities(grey(mnist_test)).argmax(dim=1) == mnist_test.labels
    assert right.double().mean().item() == pytest.approx(judge.test_accuracy, abs=2.5e-4)  # two near ties
    assert judge.test_accuracy > 0.97


def test_the_shipped_classifier_learnt_from_the_images_that_the_models_saw() -> None:
    assert classifier.read().dataset_sha256 == gallery.read(gallery.REFERENCE).dataset_sha256
    assert classifier.FILE.stat().st_size < 1e6


class Certain(Classifier):
    """Whoever asks, says class 0 with the picture's first pixel as its probability."""

    def probabilities(self, pixels: torch.Tensor) -> torch.Tensor:
        first = pixels[:, :1]
        return torch.cat([first, (1 - first).expand(-1, 9) / 9], dim=1)


def test_draws_are_counted_where_the_likeliest_class_is_sure(tiny_vae: VAE) -> None:
    """The decoder is made to draw z1 > 1 in its first pixel."""
    judge = Certain((), (), 1.0, "", {})
    with torch.no_grad():
        for parameter in tiny_vae.decoder.parameters():
            parameter.zero_()
        tiny_vae.decoder[0].weight[0, 0] = 1.0
        tiny_vae.decoder[0].bias[0] = 20.0  # where SiLU is a straight line
        tiny_vae.decoder[-1].weight[0, 0] = 1e4
        tiny_vae.decoder[-1].bias[0] = -21e4
    score = score_samples(tiny_vae, judge, draws=4000)
    assert score.confident == pytest.approx(0.1587, abs=0.025)  # P(z1 > 1)
    share = score.confident
    entropy = -share * np.log(share) - (1 - share) * np.log((1 - share) / 9)
    assert score.classes == pytest.approx(np.exp(entropy), rel=0.01)
    assert score_samples(tiny_vae, judge, draws=4000, threshold=0.0).confident == 1


def test_the_same_draws_are_judged_on_every_call() -> None:
    vae, judge = gallery.read(gallery.REFERENCE).vae(), classifier.read()
    with global_generators_untouched():
        first, again, others = score_samples(vae, judge), score_samples(vae, judge), score_samples(vae, judge, seed=1)
    assert first == again
    assert first.confident == pytest.approx(others.confident, abs=100)
