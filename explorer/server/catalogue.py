"""The models that a visitor can choose, as the pages' components need them."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from explorer.server import assets, model_store
from explorer.wire import Dial, LossRange, Model
from models import checkpoint, data, dial_seeds, gallery
from models.checkpoint import Checkpoint, CheckpointError
from models.dial import BETAS, named_weight
from models.dial_table import MARKS, DialTable
from models.evaluation import Averages
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
    """The shipped models, then the visitor's kept models, oldest first; ``dials_for`` has those of every KL weight."""
    mine = [_entry_of(kept) for kept in _kept(visitor_id) if not kept.model.recipe.is_dial]
    return [_with_images(model) for model in [*shipped(), *mine]]


def dials_for(visitor_id: str) -> list[Dial]:
    """The shipped dial, where its file can be read, then the visitor's kept ones, oldest first."""
    mine = [(kept, table) for kept in _kept(visitor_id) if (table := kept.model.table)]
    found = [_dial_of(_entry_of(kept), kept.model, table) for kept, table in mine]
    return [*filter(None, [shipped_dial()]), *map(_with_images_of_dial, found)]


def is_offered(name: str, models: Iterable[Mapping], dials: Iterable[Dial]) -> bool:
    """Whether the model that a link names is among these; after the name of a dial a KL weight may follow."""
    owner, beta = named_weight(name)
    on_dial = owner in {dial["model"]["name"] for dial in dials}
    return on_dial or (beta is None and name in {model["name"] for model in models})


class _Kept(NamedTuple):
    """A visitor's model, and its name and label."""

    name: str
    label: str
    model: Checkpoint


def _kept(visitor_id: str) -> Iterator[_Kept]:
    for name, label in model_store.labels(visitor_id).items():
        path = model_store.path(visitor_id, name)
        with suppress(CheckpointError, OSError):  # a file that was damaged after it was checked
            kept = _Kept(name, label, checkpoint.read(path))
            model_store.note_opening(path)
            yield kept


def _with_images(model: Model) -> Model:
    # Looked up each time, because a training run may have downloaded them meanwhile.
    names = {known.label: name for name, known in data.DATASETS.items()}
    return Model(**{**model, "images_url": assets.images_url(names[model["dataset"]])})


@assets.cached_while_published(lambda models: [model["url"] for model in models])
def shipped() -> list[Model]:
    """The shipped models, in the order of beta; read once per process."""
    entries = [_shipped_entry(name, recipe) for name, recipe in gallery.recipes().items()]
    return sorted(entries, key=lambda entry: (not entry["from_scratch"], entry["beta"]))


def shipped_dial() -> Dial | None:
    """The shipped dial; None if its files cannot be read, for the pages can do without it."""
    try:
        return _with_images_of_dial(_read_dial())
    except (CheckpointError, ShippedError, OSError) as error:
        logging.getLogger(__name__).warning("The KL weight has no dial. %s", error)
        return None


def _with_images_of_dial(dial: Dial) -> Dial:
    return Dial(**{**dial, "model": _with_images(dial["model"])})


@assets.cached_while_published(lambda found: [found["model"]["url"], found["table_url"], found["encoder_url"]])
def _read_dial() -> Dial:
    model = gallery.read(gallery.DIAL)
    if model.table is None:
        raise CheckpointError(f"{gallery.path(gallery.DIAL).name} has no table; restore models/pretrained.")
    return _dial_of(_entry(gallery.DIAL, model, "dial", ""), model, model.table)


def _dial_of(entry: Model, model: Checkpoint, table: DialTable) -> Dial:
    likened = gallery.dial_recipe()
    betas = [float(f"{beta:.3g}") for beta in table.betas.tolist()]  # as written, and not as float32 rounds them
    alike = (model.recipe.dataset, model.recipe.likelihood) == (likened.dataset, likened.likelihood)
    return Dial(
        model=entry,
        table_url=assets.dial_table_url(entry["name"], model, table),
        encoder_url=assets.dial_encoder_url(entry["name"], model),
        low=BETAS[0],
        high=BETAS[1],
        betas=betas,
        marks=list(MARKS),
        metrics=table.metrics,
        dedicated=_dedicated_losses() if alike else [],
        seeds=[] if entry["kept"] else _losses_of_seeds(table.averages, betas),
    )


def _dedicated_losses() -> list[LossRange]:
    """At each mark of which measures are shipped: the losses of the models trained for it alone."""
    shipped = read_shipped()
    found = []
    for beta in MARKS:
        of_seeds = [each["measures"] for each in shipped["seeds"] if each["beta"] == beta and each["seed"] != 0]
        if first := shipped["models"].get(f"mnist-beta-{beta:g}"):
            found.append(_range(beta, [first, *of_seeds]))
    return found


def _losses_of_seeds(own: Sequence[Averages], betas: Sequence[float]) -> list[LossRange]:
    """At each mark the losses of the shipped dial, whose averages at ``betas`` are ``own``, and of its other seeds."""
    others = [{mark["beta"]: mark for mark in entry["marks"]} for entry in dial_seeds.read_shipped()]
    found = {beta: [own[betas.index(beta)].summary(), *(each[beta] for each in others)] for beta in MARKS}
    return [_range(beta, terms) for beta, terms in found.items()]


def _range(beta: float, terms: Sequence[Mapping]) -> LossRange:
    losses = [each["reconstruction"] + beta * each["kl"] for each in terms]
    return LossRange(beta=beta, low=min(losses), high=max(losses), seeds=len(losses))


def _shipped_entry(name: str, recipe: Recipe) -> Model:
    label = _LABELS.get(name, f"β = {recipe.beta:g}")
    story = _STORIES.get(name, _WEAK if recipe.beta < 1 else _STRONG)
    model = gallery.read(name)
    return _entry(name, model, label, story, from_scratch=name in gallery.series())


def _entry_of(kept: _Kept) -> Model:
    return _entry(kept.name, kept.model, kept.label, _history(kept.model.recipe), kept=True)


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
        samples=model.table.samples if model.table else _samples(model),
        binarisations=model.binarisations,
        metrics=model.metrics,
    )


def _samples(model: Checkpoint) -> int:
    return 0 if model.averages or not model.recipe.has_encoder else _OLD_SAMPLES


def _history(recipe: Recipe) -> str:
    """How a kept model was trained."""
    changes = "".join(f", {weight:g} from step {step:,}" for step, weight in recipe.kl_changes)
    epochs = f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}"
    images = data.DATASETS[recipe.dataset].label
    weights = (
        f"every KL weight from {BETAS[0]:g} to {BETAS[1]:g}"
        if recipe.is_dial
        else f"KL weight {recipe.beta:g}{changes}"
    )
    return f"Trained on {images}, {epochs}, seed {recipe.seed}; {weights}."
