"""What the tests of the comparison share: measures, and runs that lie on the disk without having been trained."""

import json
from pathlib import Path

import pytest

from explorer.runs.files import Control, Record, RunSpec, Status
from explorer.runs.manager import Manager, owner_hash
from explorer.runs.store import Store
from explorer.server import assets, catalogue, comparison_models
from models import gallery, measures
from models.recipe import Recipe

MEASURES = {"reconstruction": 130.0, "kl": 6.5, "overlap": 0.1}
SHIPPED = {
    "models": dict.fromkeys(gallery.recipes(), MEASURES),
    "seeds": [{"beta": 1.0, "seed": seed, "measures": MEASURES} for seed in range(5)],
    "classifier": {"test_accuracy": 0.98, "sure": 0.9, "draws": 1000},
}
AVERAGES = {"reconstruction": 200.0, "kl": 5.0, "negative_elbo": 205.0, "spread": 1.0, "mean_sigma": 0.1}


def ship(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str = json.dumps(SHIPPED)) -> None:
    """Have these measures shipped instead of the real ones."""
    (folder / "measures.json").write_text(text)
    monkeypatch.setattr(measures, "FILE", folder / "measures.json")
    forget_shipped()


def forget_shipped() -> None:
    """Have the measures read again, and all that was made of them."""
    for remembered in (measures.read_shipped, comparison_models._of_the_gallery, catalogue._read_dial):
        remembered.cache_clear()


def lay_run(store: Store, name: str, visitor: str, created: float, steps: tuple[int, ...] = (0, 20)) -> None:
    """A run that has ended, with a frame after each of ``steps`` steps."""
    files = store.files(name)
    files.folder.mkdir(parents=True)
    RunSpec(Recipe("digits").to_json(), owner_hash(visitor), "", created).write(files.spec)
    Control().write(files.control)
    Status("done").write(files.status)
    frames = [{"step": step, "weight": 1.0, "active_units": 2} | AVERAGES for step in steps]
    Record(epoch=23, images=360, frames=frames).write(files.record)


def manage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Manager:
    """The manager that the comparison finds, on a folder of the test's own."""
    manager = Manager(Store(folder / "runs", folder / "frames"))
    monkeypatch.setattr(comparison_models, "manager", lambda: manager)
    monkeypatch.setattr(assets, "images_url", lambda name: None)
    return manager
