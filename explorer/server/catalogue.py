"""The models that a visitor can choose, as the pages' components need them."""

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from explorer.server import assets, model_store
from explorer.wire import DedicatedLoss, Dial, Model
from models import checkpoint, data, gallery
from models.checkpoint import Checkpoint, CheckpointError, half_weights
from models.dial import BETAS
from models.dial_table import MARKS, DialTableError
from models.measures import read_shipped
from models.recipe import Recipe
from models.shipped import ShippedError

_STORIES = {
    "mnist-beta-0": "Without the KL term nothing keeps the codes near the prior: σ collapses, the codes move apart.",
    "mnist-beta-1": "The loss is −ELBO: one nat of KL costs as much as one nat of reconstruction.",
    "mnist-beta-30": "The KL term costs more than any code can save, so almost every q(z|x) becomes the prior N(0, I).",
    gallery.SWITCHED_OFF: "The β = 1 model, trained further without the KL term. The map keeps its arrangement; σ"
    " collapses and the codes spread.",
    gallery.EXACT: "A decoder trained alone, on log p(x) as an integral over z. This model has no encoder, so there is"
    " no q(z|x). The map shows the mean and σ of the exact p(z|x); −ELBO is −log p(x).",
    gallery.GAUSSIAN: "p(x|z) is Gaussian on grey levels, with one learnt σ for all pixels. Its nats are nats of a"
    " density: not comparable with the nats of binary pixels.",
}
_LABELS = {
    gallery.SWITCHED_OFF: "β = 1, then 0",
    gallery.EXACT: "exact, no encoder",
    gallery.GAUSSIAN: "Gaussian, β = 1",
}
_OLD_SAMPLES = 16
"""Draws of z behind each code in a file of an older version, which has no averages."""

_WEAK = "The KL term is cheap: the codes spread, and images are easy to tell apart."
_STRONG = "The KL term is expensive: the codes move together and overlap."


def models_for(visitor_id: str) -> list[Model]:
    """The shipped models, then the visitor's kept models, oldest first."""
    mine = [(model_store.path(visitor_id, name), name, label) for name, label in model_store.labels(visitor_id).items()]
    models = shipped()
    for each in mine:
        with suppress(CheckpointError, OSError):  # a file that was damaged after it was checked
            models = [*models, _kept_entry(*each)]
    # Looked up each time, because a training run may have downloaded them meanwhile.
    names = {known.label: name for name, known in data.DATASETS.items()}
    return [model | {"images_url": assets.images_url(names[model["dataset"]])} for model in models]


@assets.cached_while_published(lambda models: [model["url"] for model in models])
def shipped() -> list[Model]:
    """The shipped models, in the order of beta; read once per process."""
    entries = [_shipped_entry(name, recipe) for name, recipe in gallery.recipes().items()]
    return sorted(entries, key=lambda entry: (not entry["from_scratch"], entry["beta"]))


def dial() -> Dial | None:
    """The shipped dial; None if its files cannot be read, for the pages can do without it."""
    try:
        found = _dial()
        return found | {"model": found["model"] | {"images_url": assets.images_url(gallery.dial_recipe().dataset)}}
    except (CheckpointError, DialTableError, ShippedError, OSError) as error:
        logging.getLogger(__name__).warning("The KL weight has no dial. %s", error)
        return None


@assets.cached_while_published(lambda found: [found["url"], found["encoder_url"], found["model"]["url"]])
def _dial() -> Dial:
    model, table = gallery.read(gallery.DIAL), gallery.read_table()
    at_one = replace(model, weights=half_weights(model.vae(1.0)))
    entry = _entry(gallery.DIAL, at_one, "dial, β = 1", "")
    return Dial(
        model=entry,
        url=assets.dial_url(gallery.DIAL, model, table),
        encoder_url=assets.dial_encoder_url(gallery.DIAL, model),
        low=BETAS[0],
        high=BETAS[1],
        betas=[float(f"{beta:.3g}") for beta in table.betas.tolist()],  # as written, and not as float32 rounds them
        metrics=table.metrics,
        dedicated=_dedicated_losses(),
    )


def _dedicated_losses() -> list[DedicatedLoss]:
    """At each mark of which measures are shipped: the range of the losses of the models trained for it alone."""
    shipped = read_shipped()
    found = []
    for beta in MARKS:
        of_seeds = [each["measures"] for each in shipped["seeds"] if each["beta"] == beta and each["seed"] != 0]
        if first := shipped["models"].get(f"mnist-beta-{beta:g}"):
            losses = [measures["reconstruction"] + beta * measures["kl"] for measures in (first, *of_seeds)]
            found.append(DedicatedLoss(beta=beta, low=min(losses), high=max(losses), seeds=len(losses)))
    return found


def _shipped_entry(name: str, recipe: Recipe) -> Model:
    label = _LABELS.get(name, f"β = {recipe.beta:g}")
    story = _STORIES.get(name, _WEAK if recipe.beta < 1 else _STRONG)
    return _entry(name, gallery.read(name), label, story, from_scratch=name in gallery.series())


def _kept_entry(path: Path, name: str, label: str) -> Model:
    model = checkpoint.read(path)
    model_store.note_opening(path)
    return _entry(name, model, label, _history(model.recipe), kept=True)


def _entry(
    name: str, model: Checkpoint, label: str, story: str, *, from_scratch: bool = False, kept: bool = False
) -> Model:
    dataset = data.DATASETS[model.recipe.dataset]
    return Model(
        name=name,
        label=label,
        beta=model.recipe.last_weight,
        from_scratch=from_scratch,
        kept=kept,
        url=assets.model_url(name, model),
        images_url=None,
        story=story,
        dataset=dataset.label,
        likelihood=model.likelihood.facts(),
        pixel_stddev=model.pixel_stddev,
        class_names=list(dataset.class_names),
        images=len(model.codes.label),
        has_encoder=model.recipe.has_encoder,
        samples=0 if model.averages or not model.recipe.has_encoder else _OLD_SAMPLES,
        binarisations=model.binarisations,
        metrics=model.metrics,
    )


def _history(recipe: Recipe) -> str:
    """How a kept model was trained."""
    changes = "".join(f", {weight:g} from step {step:,}" for step, weight in recipe.kl_changes)
    epochs = f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}"
    images = data.DATASETS[recipe.dataset].label
    return f"Trained on {images}, {epochs}, seed {recipe.seed}; KL weight {recipe.beta:g}{changes}."
