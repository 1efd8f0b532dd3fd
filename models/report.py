"""The JSON that the measuring commands print with --json."""

import json

from models.checkpoint import Checkpoint


def report(
    name: str, model: Checkpoint, found: dict[str, float], units: dict[str, str], *, images: int, **facts: object
) -> str:
    """``found``, averages over this many ``images``, as JSON text; ``facts`` describe what was averaged.

    {"name", "fingerprint", "versions", "images", "measures": {measure: {"value", "unit"}}, ...facts}; the name is
    the file's without its suffix; the versions are those of the packages that trained the model.
    """
    measures = {measure: {"value": value, "unit": units[measure]} for measure, value in found.items()}
    head = {"name": name, "fingerprint": model.fingerprint, "versions": model.versions, "images": images}
    return json.dumps(head | {"measures": measures} | facts)


def values(text: str | bytes) -> dict[str, float]:
    """The measures in a JSON text made by report, without their units. Raises ValueError."""
    try:
        return {name: entry["value"] for name, entry in json.loads(text)["measures"].items()}
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("This is no report of measures.") from error
