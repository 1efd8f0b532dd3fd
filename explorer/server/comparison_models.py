"""What can be chosen as A or B on the Compare page: models with their measures, and runs with their moments."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

from explorer.runs.manager import Snapshot, manager
from explorer.server import assets, catalogue, model_store, run_presenter
from explorer.server.measuring import measures_of
from explorer.wire import Choice, Model, RunChoice
from models import checkpoint, gallery
from models.checkpoint import Checkpoint, CheckpointError
from models.measures import read_shipped
from models.shipped import ShippedError

MAX_RUNS = 6


def choices(visitor_id: str) -> list[Choice]:
    """The shipped models, then the visitor's kept models, whose measuring starts. Raises AssetError."""
    found = []
    for model in catalogue.models_for(visitor_id):
        if not model["kept"]:
            found.append(Choice(**model, **_shipped(model["name"])))
            continue
        with suppress(CheckpointError, OSError):  # a file that was damaged meanwhile
            found.append(_own(visitor_id, model))
    return found


def with_new_measures(visitor_id: str, known: list[Choice]) -> list[Choice]:
    """The ``known`` choices, with measures that are available now."""
    return [Choice(**{**each, **_measured(visitor_id, each["name"])}) if each["measuring"] else each for each in known]


def runs(visitor_id: str, linked: Iterable[str] = ()) -> list[RunChoice]:
    """The visitor's newest runs that have frames, then the other runs in ``linked``.

    The owner does not matter: everyone may watch a run whose name they know. Raises AssetError.
    """
    newest = islice(_with_frames(manager().runs_of(visitor_id)), MAX_RUNS)
    others = _with_frames(filter(None, map(manager().snapshot, linked)))
    return list({run["name"]: run for run in [*newest, *others]}.values())


def _shipped(name: str) -> dict:
    """The fields of a Choice besides those of a Model; no measures if their file is damaged."""
    try:
        return _of_the_gallery(name)
    except ShippedError:
        return {"encoder_url": _encoder_url(name, gallery.read(name)), "measures": None, "measuring": False}


@assets.cached_while_published(lambda found: filter(None, [found["encoder_url"]]))
def _of_the_gallery(name: str) -> dict:
    """The fields of a Choice besides those of a Model, read once per process."""
    return {
        "encoder_url": _encoder_url(name, gallery.read(name)),
        "measures": read_shipped()["models"].get(name),
        "measuring": False,
    }


def _own(visitor_id: str, model: Model) -> Choice:
    name = model["name"]
    url = _encoder_url(name, checkpoint.read(model_store.path(visitor_id, name)))
    return Choice(**model, encoder_url=url, **_measured(visitor_id, name))


def _encoder_url(name: str, model: Checkpoint) -> str | None:
    return assets.encoder_url(name, model) if model.recipe.has_encoder else None


def _measured(visitor_id: str, name: str) -> dict:
    measures, measuring = measures_of(model_store.path(visitor_id, name))
    return {"measures": measures, "measuring": measuring}


def _with_frames(found: Iterable[Snapshot]) -> Iterator[RunChoice]:
    for run in found:
        record = manager().record(run.name)
        if record.frames:
            yield run_presenter.to_choice(run, record)
