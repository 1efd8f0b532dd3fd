"""What can stand on a side of the comparison: models with their measures, and runs with their moments."""

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

MOST_RUNS = 6


def choices(visitor: str) -> list[Choice]:
    """The gallery and then what the visitor keeps, oldest first, which begins to be measured. Raises AssetError."""
    found = []
    for model in catalogue.offered(visitor):
        if not model["kept"]:
            found.append(Choice(**model, **_shipped(model["name"])))
            continue
        with suppress(CheckpointError, OSError):  # one that has gone bad since it was offered
            found.append(_own(visitor, model))
    return found


def refreshed(visitor: str, known: list[Choice]) -> list[Choice]:
    """The ``known`` choices, with the measures that have come meanwhile."""
    return [Choice(**{**each, **_measured(visitor, each["name"])}) if each["measuring"] else each for each in known]


def runs(visitor: str, linked: Iterable[str] = ()) -> list[RunChoice]:
    """The visitor's newest runs that have frames, and then those of the runs ``linked`` that are not among them.

    Whose these are does not matter: anybody may watch a run whose name they know. Raises AssetError.
    """
    newest = islice(_with_frames(manager().runs_of(visitor)), MOST_RUNS)
    others = _with_frames(filter(None, map(manager().look, linked)))
    return list({run["name"]: run for run in [*newest, *others]}.values())


def _shipped(name: str) -> dict:
    """What a choice has besides a model; no measures where their file is damaged."""
    try:
        return _of_the_gallery(name)
    except ShippedError:
        return {"encoder_url": _encoder_url(name, gallery.read(name)), "measures": None, "measuring": False}


@assets.while_there(lambda found: filter(None, [found["encoder_url"]]))
def _of_the_gallery(name: str) -> dict:
    """What a choice has besides a model, read once a process."""
    return {
        "encoder_url": _encoder_url(name, gallery.read(name)),
        "measures": read_shipped()["models"].get(name),
        "measuring": False,
    }


def _own(visitor: str, model: Model) -> Choice:
    name = model["name"]
    url = _encoder_url(name, checkpoint.read(model_store.path(visitor, name)))
    return Choice(**model, encoder_url=url, **_measured(visitor, name))


def _encoder_url(name: str, model: Checkpoint) -> str | None:
    return assets.encoder_url(name, model) if model.recipe.has_encoder else None


def _measured(visitor: str, name: str) -> dict:
    measures, measuring = measures_of(model_store.path(visitor, name))
    return {"measures": measures, "measuring": measuring}


def _with_frames(found: Iterable[Snapshot]) -> Iterator[RunChoice]:
    for run in found:
        record = manager().record(run.name)
        if record.frames:
            yield run_presenter.choosable(run, record)
