"""A small classifier of MNIST's digits, which scores what a decoder draws."""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import safetensors
import torch
from torch import Tensor
from torch.distributions import Categorical

from models import gallery
from models.checkpoint import dependency_versions, serialised
from models.data import Dataset, grey_levels
from models.files import write_atomically
from models.vae import LATENTS, VAE

FILE = gallery.FOLDER / "classifier.safetensors"
CONFIDENT = 0.9
"""The classifier counts as confident where the probability of the likeliest class is at least this."""

DRAWS = 10_000
"""How many z ~ N(0, I) are decoded and scored."""

SEED = 20_130_620
"""Seeds the draws of z, so that every model decodes the same ones."""

_FORMAT = "latent-space-explorer-classifier/1"


@dataclass(frozen=True)
class Classifier:
    """A perceptron with ReLU units: ``weights`` [in, out] and ``biases`` [out], float32, one of each per layer.

    ``test_accuracy`` is the share, 0 to 1, of the 10,000 MNIST test images whose likeliest class is their label.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    test_accuracy: float
    dataset_sha256: str
    versions: dict[str, str]

    def probabilities(self, pixels: Tensor) -> Tensor:
        """Of each class, float32 [B, 10], for grey levels 0 to 1, float32 [B, 784]."""
        return class_probabilities(self.weights, self.biases, pixels)


def class_probabilities(weights: tuple[Tensor, ...], biases: tuple[Tensor, ...], pixels: Tensor) -> Tensor:
    """The softmax of the last layer's outputs, [B, 10]."""
    *hidden, last = zip(weights, biases, strict=True)
    for weight, bias in hidden:
        pixels = (pixels @ weight + bias).relu()
    return (pixels @ last[0] + last[1]).softmax(dim=1)


def fit(train: Dataset, test: Dataset) -> Classifier:
    """The classifier fitted to ``train``'s grey levels and labels, with its accuracy on ``test``.

    A tenth of ``train`` is the validation set. Training ends when its accuracy has not risen for five epochs. This
    takes 0.5 to 2 minutes on MNIST, on one thread.
    """
    from sklearn.neural_network import MLPClassifier  # here, because the import takes seconds and few runs need it
    from threadpoolctl import threadpool_limits  # scikit-learn limits its own threads with it too

    # With less weight decay it is confident that a grey average of all digits, which collapsed models draw, is an 8.
    network = MLPClassifier((256,), alpha=0.03, early_stopping=True, n_iter_no_change=5, random_state=0)
    with threadpool_limits(1):  # on a busy machine four threads take ten times as long
        network.fit(grey_levels(train.pixels).numpy(), train.labels.numpy())
    weights, biases = (tuple(map(torch.from_numpy, part)) for part in (network.coefs_, network.intercepts_))
    guessed = class_probabilities(weights, biases, grey_levels(test.pixels)).argmax(dim=1)
    accuracy = (guessed == test.labels).double().mean().item()
    versions = dependency_versions() | {"scikit-learn": version("scikit-learn")}
    return Classifier(weights, biases, accuracy, train.sha256(), versions)


def write(path: Path, classifier: Classifier) -> None:
    """Write ``classifier`` to ``path`` whole or not at all. Raises OSError."""
    tensors = {}
    for layer, (weight, bias) in enumerate(zip(classifier.weights, classifier.biases, strict=True)):
        tensors |= {f"{layer}.weight": weight.contiguous(), f"{layer}.bias": bias}
    metadata = {
        "format": _FORMAT,
        "what": "A perceptron of scikit-learn, trained on MNIST's grey training images; weights are [in, out].",
        "test_accuracy": str(classifier.test_accuracy),
        "dataset_sha256": classifier.dataset_sha256,
        "versions": json.dumps(classifier.versions),
    }
    write_atomically(path, serialised(tensors, metadata))


@cache
def read(path: Path = FILE) -> Classifier:
    """The classifier in the file ``path``, by default the shipped one; read once per process."""
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata()
        layers = range(len(file.keys()) // 2)
        weights, biases = (tuple(file.get_tensor(f"{layer}.{part}") for layer in layers) for part in ("weight", "bias"))
    accuracy, versions = float(metadata["test_accuracy"]), json.loads(metadata["versions"])
    return Classifier(weights, biases, accuracy, metadata["dataset_sha256"], versions)


class SampleScore(NamedTuple):
    """For draws from the prior: the share on which the classifier is ``confident``, and the effective number of
    ``classes``, 1 to 10."""

    confident: float
    error: float  # of ``confident``: the standard error of a share of that many draws
    classes: float


@torch.no_grad()
def score_samples(
    vae: VAE, classifier: Classifier, draws: int = DRAWS, threshold: float = CONFIDENT, seed: int = SEED
) -> SampleScore:
    """The classifier's score of ``draws`` z ~ N(0, I), decoded to pictures x_i, the means of p(x|z_i):

        confident = 1/draws sum_i [max_c p(c|x_i) >= threshold]
        classes = exp H(1/draws sum_i p(c|x_i)), the entropy H in nats

    The score has a bias: the classifier learnt from sharp digits only and is shown smooth means, and it can be
    confident about a picture that is not a digit. ``classes`` shows whether all draws are the same digit.

    Source of classes: the marginal entropy of Salimans et al., 2016, Improved Techniques for Training GANs, section 4,
    https://arxiv.org/abs/1606.03498
    """
    z = torch.randn(draws, LATENTS, generator=torch.Generator().manual_seed(seed))
    probabilities = classifier.probabilities(vae.decode(z).mean)
    entropy = Categorical(probs=probabilities.double().mean(dim=0)).entropy()
    share = (probabilities.amax(dim=1) >= threshold).double().mean().item()
    return SampleScore(share, math.sqrt(share * (1 - share) / draws), entropy.exp().item())
