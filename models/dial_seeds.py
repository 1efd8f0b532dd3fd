"""The losses of dials that differ from the shipped one in the seed only. The figures are shipped, the weights not."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from models import checkpoint, data, gallery
from models.checkpoint import Checkpoint, CheckpointError
from models.dial_table import MARKS
from models.evaluation import average_terms
from models.files import write_atomically
from models.shipped import are_all, are_numbers, read_figures

FILE = gallery.FOLDER / "dials.json"


def measure(paths: Sequence[Path]) -> Iterator[dict]:
    """For each checkpoint its figures; see read_shipped. Raises CheckpointError, DataError, OSError."""
    held_out = data.load(gallery.dial_recipe().dataset, "test", progressbar=True)
    for path in paths:
        model = checkpoint.read(path)
        _check(model, path)
        marks = []
        for beta in MARKS:
            terms = average_terms(model.vae(beta), held_out, model.codes).summary()
            marks.append({"beta": beta, "reconstruction": terms["reconstruction"], "kl": terms["kl"]})
        facts = {"seed": model.recipe.seed, "fingerprint": model.fingerprint, "versions": model.versions}
        yield facts | {"marks": marks}


def write(entries: Sequence[dict]) -> None:
    """Write the figures that ``measure`` found, in the order of the seeds. Raises OSError."""
    ordered = sorted(entries, key=lambda entry: entry["seed"])
    write_atomically(FILE, (json.dumps({"dials": ordered}, indent=1) + "\n").encode())


@cache
def read_shipped() -> list[dict]:
    """What ``python -m models dials`` measured, read once per process: for each seed but the shipped one's

    {"seed", "fingerprint", "versions", "marks": [{"beta", "reconstruction", "kl"}, ...]}, where the terms are averages
    in nats per image over all test images, as in a checkpoint. Raises ShippedError.
    """
    return read_figures(FILE, _is_sound)["dials"]


def _check(model: Checkpoint, path: Path) -> None:
    """Refuse a dial of another recipe or of the shipped seed. No loss depends on the alignment of the codes."""
    shipped = gallery.dial_recipe()
    found = replace(model.recipe, seed=shipped.seed, folded_onto=shipped.folded_onto)
    if found != shipped or model.recipe.seed == shipped.seed:
        raise CheckpointError(f"{path.name} is not the shipped dial with another seed: train it by its recipe.")


def _is_sound(found: object) -> bool:
    return isinstance(found, dict) and isinstance(found.get("dials"), list) and are_all(found["dials"], _is_entry)


def _is_entry(entry: object) -> bool:
    return are_numbers(entry, ("seed",)) and are_all(
        entry.get("marks"), lambda mark: are_numbers(mark, ("beta", "reconstruction", "kl"))
    )
