"""What looking up is worth for a model: averages of the ELBO with a q that no encoder gave."""

from collections.abc import Iterator

import torch
from torch import Tensor

from models import lookup
from models.bound import elbo
from models.evidence import evidence
from models.likelihood import Likelihood
from models.vae import VAE

_COARSE, _FINE = lookup.POINTS
_HOW = f"nats per image, q of the best of {{:,}} points, fitted in {lookup.STEPS} steps"

UNITS = {
    "lookup_elbo": _HOW.format(_FINE),
    "lookup_elbo_error": "nats, of the average, by refining the grid, and rounding",
    "coarse_lookup_elbo": _HOW.format(_COARSE),
    "coarse_lookup_elbo_error": "nats, of the average, by refining the grid, and rounding",
    "misplaced": f"of 1, the images with less than {lookup.LEAST_SHARE:.0%} of p(z|x) within {lookup.REACH:g} sigma of"
    " the encoder's mean, by the larger sigma of the encoder's q and the one looked up",
}
"""The measures and their units, in the order of a table. A model without an encoder has no ``misplaced``."""


def units(likelihood: Likelihood) -> dict[str, str]:
    """UNITS for a model: the bounds may be those of a density."""
    return {name: unit.replace("nats per image", likelihood.unit_per_image) for name, unit in UNITS.items()}


@torch.no_grad()
def measure(vae: VAE, x: Tensor) -> Iterator[dict[str, float]]:
    """Every average of UNITS over images x [N, 784], part by part; nothing is drawn. Raises EvidenceError."""
    for prefix, count in (("coarse_", _COARSE), ("", _FINE)):
        q = lookup.infer(vae, lookup.table(vae, count), x)
        bound = elbo(vae, x, q)
        yield {f"{prefix}lookup_elbo{of}": part.mean().item() for of, part in zip(("", "_error"), bound, strict=True)}
        if vae.encoder is not None and prefix == "":
            found = lookup.misplaced(vae, x, vae.encode(x), q, evidence(vae, x).log_evidence)
            yield {"misplaced": found.double().mean().item()}
