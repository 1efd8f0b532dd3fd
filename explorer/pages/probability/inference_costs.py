"""The cost of amortised inference for the shipped models, as averages over test images and over training images."""

import json
from collections.abc import Collection
from dataclasses import replace
from html import escape
from math import ceil, floor, log10

import streamlit as st

from explorer.server import catalogue
from explorer.wire import Model
from models import gallery
from models.inference import read_shipped, stale, unmeasured
from models.likelihood import LIKELIHOODS, Likelihood
from models.recipe import Recipe, RecipeError
from models.shipped import ShippedError

MAKE = "python -m models evidence"

# For each column: its name, the figure, and its sign. Columns of the first table are drawn twice, for both splits.
_BOTH = (
    ("−log p(x)", "log_evidence", -1),
    ("−ELBO", "elbo", -1),
    ("mean gap", "gap", 1),
    ("median gap", "gap_median", 1),
    ("90 % of gaps below", "gap_90", 1),
)
_SOME = (
    ("−log p(x)", "subset_log_evidence", -1),
    ("−L", "importance_bound", -1),
    ("approximation gap", "approximation_gap", 1),
    ("amortisation gap", "amortisation_gap", 1),
)

_STYLE = """<style>
.lse-costs { overflow-x: auto; }
.lse-costs table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.lse-costs th, .lse-costs td { padding: 0.3rem 0.75rem; border: 0; text-align: right; white-space: nowrap; }
.lse-costs :is(th, td):first-child { padding-left: 0; text-align: left; }
.lse-costs tbody tr { border-top: 1px solid color-mix(in srgb, currentcolor 15%, transparent); }
.lse-costs th { font-weight: 600; }
.lse-costs-of { margin: 1.2rem 0 0.2rem; opacity: 0.7; }
.lse-costs [colspan] { border-left: 1.5rem solid transparent; }
.lse-costs .lse-train { padding-left: 0; opacity: 0.7; font-weight: 400; }
</style>"""


def inference_costs() -> None:
    """Draw the tables. Grey pixels have their own, because nats of a density cannot be compared with others."""
    try:
        _show(read_shipped())
    except ShippedError:
        st.markdown(f"The shipped averages cannot be read; `{MAKE}` measures them.")


def _show(found: dict) -> None:
    old = stale(found["models"])
    models = [model for model in catalogue.shipped() if model["name"] not in old]
    entries = {model["name"]: found["models"][model["name"]] for model in models}
    tables = [_tables(models, entries, likelihood, found) for likelihood in LIKELIHOODS.values()]
    lessons = (
        [_lesson(entries, found.get("controls", {}))] if {gallery.REFERENCE, gallery.EXACT} <= entries.keys() else []
    )
    if "train" in entries.get(gallery.REFERENCE, {}):
        lessons.insert(0, _shape(entries[gallery.REFERENCE]))
    errors = _errors(entries.values()) if entries else ""
    # Nothing is drawn before all data is known to be complete.
    for html in filter(None, tables):
        st.html(html)
    for words in lessons:
        st.markdown(words)
    if missing := unmeasured(found["models"]):
        labels = ", ".join(model["label"] for model in catalogue.shipped() if model["name"] in missing)
        st.markdown(f"Not yet measured in full with the weights that are shipped now: {labels}. `{MAKE}` does it.")
    if errors:
        st.caption(errors)
    with st.expander("What the columns mean"):
        _explain(found["draws"], found["subset"])


def _tables(models: list[Model], entries: dict[str, dict], likelihood: Likelihood, counts: dict[str, int]) -> str:
    alike = [model for model in models if model["likelihood"]["name"] == likelihood.name]
    rows, unit = {model["label"]: entries[model["name"]] for model in alike}, _unit(likelihood)
    return _STYLE + gap_table(rows, unit, counts) + parts_table(rows, unit, counts) if rows else ""


def _unit(likelihood: Likelihood) -> str:
    seen = "each binarised once, " if likelihood.is_binary else ""
    # Gaps are differences, so they are plain nats also for a density.
    return f"{seen}{likelihood.unit_per_image}{', gaps in nats' if likelihood.is_density else ''}"


def gap_table(rows: dict[str, dict], unit: str, counts: dict[str, int]) -> str:
    """The bound and the gap of each model in HTML: over test images, and beside them over training images."""
    groups = "".join(f'<th colspan="2" scope="colgroup">{name}</th>' for name, _, _ in _BOTH)
    splits = '<th scope="col">test</th><th scope="col" class="lse-train">training</th>' * len(_BOTH)
    body = {
        label: "".join(
            f"<td>{_number(entry, key, sign)}</td>"
            f'<td class="lse-train">{_number(entry.get("train", {}), key, sign)}</td>'
            for _, key, sign in _BOTH
        )
        for label, entry in rows.items()
    }
    images = f"{counts['images']:,} test images and the first {counts['images']:,} training images, {unit}"
    return _table(images, f'<tr><td></td>{groups}</tr><tr><th scope="col">model</th>{splits}</tr>', body)


def parts_table(rows: dict[str, dict], unit: str, counts: dict[str, int]) -> str:
    """The parts of the gap of each model in HTML; models without an encoder have none."""
    names = "".join(f'<th scope="col">{name}</th>' for name, _, _ in _SOME)
    body = {
        label: "".join(f"<td>{_number(entry, key, sign)}</td>" for _, key, sign in _SOME)
        for label, entry in rows.items()
        if "gap" in entry
    }
    images = f"The first {counts['subset']:,} test images, {unit}"
    return _table(images, f'<tr><th scope="col">model</th>{names}</tr>', body)


def _table(images: str, head: str, body: dict[str, str]) -> str:
    rows = "".join(f'<tr><th scope="row">{escape(label)}</th>{cells}</tr>' for label, cells in body.items())
    # Not a caption element, which is as wide as the table: on a phone most of it would be off screen.
    table = f'<table aria-label="{images}"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    return f'<p class="lse-costs-of">{images}</p><div class="lse-costs">{table}</div>'


def _number(entry: dict[str, float], name: str, sign: int) -> str:
    return f"{round(sign * entry[name], 2) + 0:,.2f}".replace("-", "−") if name in entry else "–"


def _shape(vae: dict) -> str:
    """Sentences: the mean gap is not typical, and the gap is smaller on training images."""
    test, train = vae["gap"], vae["train"]["gap"]
    return (
        f"The mean gap of β = 1 is {test:.1f} nats, but half of the images have one of at most {vae['gap_median']:.1f}:"
        f" a few have a large one, and one in ten has more than {vae['gap_90']:.1f}. Over training images the mean is"
        f" {train:.1f}: the other {test - train:.1f} nats are what the encoder loses on images that it has not seen."
    )


def _lesson(entries: dict[str, dict], controls: dict[str, dict]) -> str:
    """Sentences that compare the two models with the same decoder architecture.

    They also differ in the learning rate. The controls are the same two recipes, each with the other's rate.
    """
    vae, exact = entries[gallery.REFERENCE], entries[gallery.EXACT]
    gap, rest = vae["gap"], exact["log_evidence"] - vae["log_evidence"]
    words = (
        f"With the same decoder architecture, exact training reaches −log p(x) = {-exact['log_evidence']:.1f} nats per"
        f" image, where the VAE of β = 1 has −ELBO = {-vae['elbo']:.1f}. Of that difference, {gap:.1f} nats are the"
        f" VAE’s gap to log p(x); the other {rest:.1f} lie between the two decoders, which were trained with another"
        f" objective and another learning rate ({_rate(gallery.REFERENCE):g} for the VAE, {_rate(gallery.EXACT):g} for"
        " exact training)."
    )
    equal = equal_rates(entries, controls)
    if not equal:
        return words
    each = " and ".join(f"{nats:.1f} nats at {rate:g}" for rate, nats in equal.items())
    return f"{words} With the same learning rate for both, the difference between the decoders is {each}."


def equal_rates(entries: dict[str, dict], controls: dict[str, dict]) -> dict[float, float]:
    """The difference of log p(x) between exact training and the VAE, in nats, at each learning rate that both had."""
    reached = {name: {_rate(name): entries[name]["log_evidence"]} for name in (gallery.REFERENCE, gallery.EXACT)}
    for control in controls.values():
        recipe = _recipe(control)
        for name, by_rate in reached.items():
            if recipe and _but_for_rate(recipe) == _but_for_rate(gallery.recipes()[name]):
                by_rate.setdefault(recipe.learning_rate, control["log_evidence"])
    vae, exact = reached.values()
    return {rate: exact[rate] - vae[rate] for rate in sorted(vae.keys() & exact.keys())}


def _rate(name: str) -> float:
    return gallery.recipes()[name].learning_rate


def _recipe(control: dict) -> Recipe | None:
    try:
        return Recipe.from_json(json.dumps(control["recipe"]))
    except RecipeError:
        return None


def _but_for_rate(recipe: Recipe) -> Recipe:
    """The recipe with a fixed learning rate and without alignment, to compare recipes that differ only in these."""
    return replace(recipe, learning_rate=1e-3, folded_onto="")


def _errors(found: Collection[dict[str, float]]) -> str:
    names = ("log_evidence_error", "largest_error", "largest_missed")
    average, image, missed = (_at_most(max(each[name] for each in found)) for name in names)
    return (
        f"Numerical error of log p(x): about {average} nats in an average and {image} nats in any one image, from the"
        f" grid and from rounding; at most a share of {missed} of any p(x) lies outside the grid. A dash: not"
        " measured, or the model has no encoder, and so neither a bound nor a gap."
    )


def _at_most(value: float) -> str:
    """The value rounded up to one digit."""
    power = 10.0 ** floor(log10(value or 1))
    return f"{ceil(value / power) * power:.1g}"


def _explain(draws: int, subset: int) -> None:
    st.latex(
        # On several lines, so that it fits on a phone.
        r"\begin{aligned} & \log p(x) - \mathrm{ELBO}(q) \\ &= \underbrace{\log p(x) - \mathrm{ELBO}(q^*)}"
        r"_{\text{approximation gap}} \\ &+ \underbrace{\mathrm{ELBO}(q^*) - \mathrm{ELBO}(q)}"
        r"_{\text{amortisation gap}} \end{aligned}"
    )
    st.markdown(
        "The gap is log p(x) − ELBO of one image; its median and the value that 90 % of the images stay below say what"
        " its mean hides. The training images are those that the model has learnt from, binarised once like the test"
        " images.\n\nq is the encoder's, q* the best Gaussian with a diagonal covariance for that image alone"
        " ([Cremer et al., 2018](https://arxiv.org/abs/1801.03558))."
        f" L is the importance bound of {draws:,} draws from q ([Burda et"
        " al., 2016](https://arxiv.org/abs/1509.00519)). These columns need a fit per image, so they average only the"
        f" first {subset:,}."
    )
