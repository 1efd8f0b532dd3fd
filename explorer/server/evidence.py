"""The measured averages of log p(x), of its bounds, and of looking up, for each shipped model."""

import logging

from models import inference
from models.shipped import ShippedError


def averages() -> dict[str, dict[str, float]]:
    """By the model's name: averages of models.inference.UNITS and of models.lookup_costs.UNITS over its ``images`` test
    images, as far as they were measured with the weights that are shipped now. Empty where the file cannot be read."""
    try:
        found = inference.read_shipped()
    except ShippedError as error:
        logging.getLogger(__name__).warning("The pages do without measured averages of log p(x). %s", error)
        return {}
    old = inference.stale(found["models"])
    return {name: _numbers(each, found["images"]) for name, each in found["models"].items() if name not in old}


def _numbers(entry: dict, images: int) -> dict[str, float]:
    numbers = {name: value for name, value in entry.items() if isinstance(value, int | float)}
    return numbers | entry.get("lookup", {}) | {"images": images}
