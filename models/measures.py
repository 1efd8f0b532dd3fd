"""The measures of a trained model, and the measures of the shipped models and their seeds."""

from contextlib import suppress
from functools import cache

from models import classifier, gallery
from models.aggregate import AggregateError, split_kl
from models.checkpoint import Checkpoint
from models.ellipses import holes, overlap
from models.evaluation import BINARISATIONS, Codes
from models.likelihood import Likelihood
from models.shipped import are_all, are_numbers, read_figures

FILE = gallery.FOLDER / "measures.json"
NEIGHBOURS = 15
"""The number of neighbours that vote on an image's class."""

UNITS = {
    "reconstruction": "nats per image",
    "kl": "nats per image",
    "negative_elbo": "nats per image",
    "reconstruction_sd": f"nats, standard deviation between {BINARISATIONS} binarisations",
    "kl_sd": f"nats, standard deviation between {BINARISATIONS} binarisations",
    "negative_elbo_sd": f"nats, standard deviation between {BINARISATIONS} binarisations",
    "spread": "units of z, standard deviation of the means",
    "mean_sigma": "units of z",
    "active_units": "of 2 latent dimensions",
    "at_least_sigma": "of 1, codes with a sigma at the least, 6e-6, that a model can say",
    "overlap": "of 1, Bhattacharyya coefficient of two codes",
    "aggregate_kl": "nats, KL(q(z) || p(z))",
    "aggregate_error": "nats, of aggregate_kl and mutual_information",
    "mutual_information": "nats, I(x; z)",
    "holes": "of 1, prior mass beyond 3 sigma of every code",
    "sure_share": f"of 1, of {classifier.DRAWS:,} draws from the prior",
    "sure_share_sd": "of 1, standard error of sure_share, binomial",
    "drawn_classes": "of 10, perplexity of the draws' classes",
    "neighbour_accuracy": f"of 1, by the {NEIGHBOURS} nearest means",
}
"""Every measure and its unit in the order of a table, the metrics of models.evaluation.summarise first."""


def units(likelihood: Likelihood) -> dict[str, str]:
    """UNITS for a model: log p(x|z) may be that of a density."""
    return UNITS | dict.fromkeys(("reconstruction", "negative_elbo"), likelihood.unit_per_image)


def measure(checkpoint: Checkpoint) -> dict[str, float]:
    """Every measure of UNITS, from the codes in ``checkpoint`` and the pictures that its decoder draws.

    Models of grey pixels and models without an encoder have no standard deviations between binarisations.
    sure_share and drawn_classes exist for MNIST only, because the other data sets have no classifier; sure_share is the
    confident share of models.classifier.SampleScore, under the name that the shipped files have. The split of KL is
    missing where no grid fits the codes, see models.aggregate.split_kl, and without an encoder, because p(z|x) is not a
    Gaussian.
    """
    codes = checkpoint.codes
    found = checkpoint.metrics | {"overlap": overlap(codes), "holes": holes(codes)}
    if checkpoint.recipe.has_encoder:
        with suppress(AggregateError):
            found |= _split(codes)
    if checkpoint.recipe.dataset == "mnist":
        score = classifier.score_samples(checkpoint.vae(), classifier.read())
        found |= {"sure_share": score.confident, "sure_share_sd": score.error, "drawn_classes": score.classes}
    found["neighbour_accuracy"] = neighbour_accuracy(codes)
    return {name: found[name] for name in UNITS if name in found}


def _split(codes: Codes) -> dict[str, float]:
    information, aggregate, error = split_kl(codes)
    return {"mutual_information": information, "aggregate_kl": aggregate, "aggregate_error": error}


def neighbour_accuracy(codes: Codes, k: int = NEIGHBOURS) -> float:
    """How well the map separates the classes: the share of images whose label is the majority of the ``k`` nearest
    means.

    Leave-one-out: no image votes on itself. It is excluded by its row and not its place, because several may lie on one
    point. Among labels with equal votes the least wins. If there are fewer than ``k`` others, all vote.

    Source: Cover and Hart, 1967, Nearest Neighbor Pattern Classification, https://doi.org/10.1109/TIT.1967.1053964
    """
    from sklearn.neighbors import KNeighborsClassifier  # here, because the import takes seconds and few runs need it

    means, labels = codes.mean.double().numpy(), codes.label.numpy()
    # score(None) scores each fitted point without itself.
    return KNeighborsClassifier(min(k, len(labels) - 1)).fit(means, labels).score(None, labels)


@cache
def read_shipped() -> dict:
    """What ``python -m models sweep`` measured, read once per process.

    {"models": {name: measures}, "seeds": [{"beta", "seed", "measures"}, ...],
    "classifier": {"test_accuracy", "sure", "draws"}, "versions": {package: version}, "fingerprints": {name: see
    Checkpoint.fingerprint}}, where the measures are those of measure. Seeds that were measured by an older version,
    with the fixed binarisation and 16 draws of z, lack the standard deviations between binarisations. Raises
    ShippedError.
    """
    return read_figures(FILE, _is_sound)


def _is_sound(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    models, seeds = found.get("models"), found.get("seeds")
    judge = are_numbers(found.get("classifier"), ("test_accuracy", "sure", "draws"))
    return (
        judge
        and isinstance(models, dict)
        and are_all(models, _are_measures)
        and isinstance(seeds, list)
        and all(are_numbers(seed, ("beta", "seed")) and _are_measures(seed.get("measures")) for seed in seeds)
    )


def _are_measures(found: object) -> bool:
    return are_numbers(found, ("reconstruction", "kl"), known=UNITS)
