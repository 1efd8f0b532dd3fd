"""z of few values: p(z) gives each of K points the same probability, so that p(x) is a sum of K terms.

    p(x) = 1 / K sum_k p(x|z_k)

A decoder is trained on that log p(x), as on the lattice of models.lattice, but the points stay where they are. Only its
outputs at the K points have a meaning, so that its file holds these and no weights. Layout: z float32 [K, 2]; logits
float16 [K, 784] of the pixels of p(x|z_k); text metadata.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from tqdm import tqdm

from models.checkpoint import dependency_versions, half_weights, serialised
from models.data import Dataset
from models.evaluation import fixed_images
from models.files import write_atomically
from models.initial import initial
from models.lattice import fixed_points, lattice_terms, terms_of_pairs
from models.likelihood import LIKELIHOODS
from models.objective import Terms
from models.recipe import Recipe, RecipeError
from models.training import Objective, steps_per_epoch, train
from models.vae import PIXELS, VAE

UNITS = {
    "log_evidence": "nats per image, exact for a z of these values",
    "reconstruction": "nats per image, under the exact p(z|x)",
    "kl": "nats per image, of p(z|x) from p(z); at most log K",
}
"""The measures and their units."""


class FewValuesError(ValueError):
    """The file cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class FewValues:
    """z float32 [K, 2] and the logits float16 [K, 784] there; ``recipe`` of the decoder, and ``measures``, see UNITS.

    The measures are averages over the ``images`` held-out images, each binarised once.
    """

    z: Tensor
    logits: Tensor
    recipe: Recipe
    measures: dict[str, float]
    images: int

    def terms(self, x: Tensor) -> Terms:
        """The two terms of -log p(x) for images x [B, 784], see models.lattice.lattice_terms: exact, in nats."""
        return _terms(self.logits, x, self.recipe)


def make(count: int, recipe: Recipe, dataset: Dataset, held_out: Dataset) -> FewValues:
    """Train a decoder on the binary pixels of ``dataset`` for a z of ``count`` values, and keep its outputs there.

    The values are those of models.lattice.fixed_points. Raises RecipeError, CheckpointError, TrainingError, OSError.
    """
    if recipe.objective != "lattice":
        raise RecipeError(f"objective is {recipe.objective}; a z of few values is trained with lattice.")
    z, generator = fixed_points(count), torch.Generator().manual_seed(recipe.seed)
    decoder = cast(VAE, initial(recipe, generator))  # only the objective dial makes anything else
    steps = train(decoder, dataset, recipe, generator, objective=_on(z))
    total = recipe.epochs * steps_per_epoch(len(dataset.pixels), recipe)
    for _ in tqdm(steps, desc=f"z of {count} values", total=total, unit=" steps"):
        pass
    # Rounded as in a checkpoint, so that a checkpoint of this decoder would have the same outputs.
    decoder.load_state_dict(half_weights(decoder))
    with torch.no_grad():
        logits = decoder.decoder(z).half().contiguous()
    return FewValues(z, logits, recipe, _measures(logits, held_out, recipe), len(held_out.labels))


def _measures(logits: Tensor, held_out: Dataset, recipe: Recipe) -> dict[str, float]:
    loss = _terms(logits, fixed_images(held_out, LIKELIHOODS[recipe.likelihood]), recipe)
    means = (-loss.loss(), *loss)
    return dict(zip(UNITS, (each.double().mean().item() for each in means), strict=True))


def _on(z: Tensor) -> Objective:
    return lambda decoder, x, _: lattice_terms(decoder, x, z)


def _terms(logits: Tensor, x: Tensor, recipe: Recipe) -> Terms:
    likelihood = LIKELIHOODS[recipe.likelihood]
    pixels = likelihood.distribution(logits.float(), 1.0)  # binary pixels have no sigma
    return terms_of_pairs(likelihood.log_prob_of_pairs(pixels, x).mT)


def write(path: Path, found: FewValues) -> None:
    """Write ``found`` to ``path`` whole or not at all. Raises OSError."""
    metadata = {
        "recipe": found.recipe.to_json(),
        "measures": json.dumps(found.measures),
        "images": json.dumps(found.images),
        "versions": json.dumps(dependency_versions()),
    }
    write_atomically(path, serialised({"z": found.z, "logits": found.logits}, metadata))


def read(path: Path) -> FewValues:
    """What ``path`` holds. Raises FewValuesError, OSError."""
    raw = path.read_bytes()
    try:
        size = int.from_bytes(raw[:8], "little")
        metadata = json.loads(raw[8 : 8 + size])["__metadata__"]
        tensors = safetensors.torch.load(raw)
        measures = json.loads(metadata["measures"])
        measures = {name: float(measures[name]) for name in UNITS}
        recipe, images = Recipe.from_json(metadata["recipe"]), int(metadata["images"])
        found = FewValues(tensors["z"], tensors["logits"], recipe, measures, images)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise FewValuesError(f"{path.name} is damaged ({error}). Restore it, or make it again.") from error
    if found.z.shape != (len(found.z), 2) or found.logits.shape != (len(found.z), PIXELS):
        raise FewValuesError(f"{path.name} does not hold 784 logits for each value of z. Restore it, or make it again.")
    return found
