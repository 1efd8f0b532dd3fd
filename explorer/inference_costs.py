"""What amortised inference costs the shipped models, as averages over the test images."""

from collections.abc import Collection
from html import escape
from math import ceil, floor, log10

import streamlit as st

from explorer import catalogue
from models import gallery
from models.inference import read_shipped

MAKE = "python -m models evidence"

# Gaps are differences, in which the unit of a density is gone.
_UNITS = {"bernoulli": "nats per image", "gaussian": "nats of a density per image, gaps in nats"}
# Of a column: its name, and which average it is, to be negated or not.
_ALL = (("−log p(x)", "log_evidence", -1), ("−ELBO", "elbo", -1), ("gap", "gap", 1))
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
.lse-costs :is(th, td):nth-child(5):not([colspan]) { padding-left: 2.5rem; }
.lse-costs th { font-weight: 600; }
.lse-costs thead tr:first-child th { font-weight: 400; opacity: 0.7; }
</style>"""


def inference_costs() -> None:
    """Draw the table, and a second one for grey pixels: nats of a density are compared with no others."""
    st.header("What amortised inference costs, over the test images", anchor=False)
    try:
        found = read_shipped()
    except (OSError, ValueError):
        st.markdown(f"The shipped averages cannot be read; `{MAKE}` measures them.")
        return
    models = [model for model in catalogue.shipped() if model["name"] in found["models"]]
    for likelihood, unit in _UNITS.items():
        names = {model["name"]: model["label"] for model in models if model["likelihood"] == likelihood}
        if names:
            st.html(table({label: found["models"][name] for name, label in names.items()}, unit, found))
    if {gallery.REFERENCE, gallery.EXACT} <= found["models"].keys():
        st.markdown(_lesson(found["models"][gallery.REFERENCE], found["models"][gallery.EXACT]))
    st.caption(_errors(found["models"].values()))
    with st.expander("What the columns mean"):
        _explain(found["draws"], found["subset"])


def table(rows: dict[str, dict[str, float]], unit: str, counts: dict[str, int]) -> str:
    """The averages of models by label, in HTML, over how many ``images`` and of what ``subset``."""
    groups = "".join(
        f'<th colspan="{len(columns)}" scope="colgroup">{whose}, {unit}</th>'
        for columns, whose in ((_ALL, f"all {counts['images']:,}"), (_SOME, f"the first {counts['subset']:,}"))
    )
    names = "".join(f'<th scope="col">{name}</th>' for name, _, _ in (*_ALL, *_SOME))
    body = "".join(f'<tr><th scope="row">{escape(label)}</th>{_cells(found)}</tr>' for label, found in rows.items())
    head = f'<tr><th></th>{groups}</tr><tr><th scope="col">model</th>{names}</tr>'
    return f'{_STYLE}<div class="lse-costs"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def _cells(found: dict[str, float]) -> str:
    values = (sign * found[name] if name in found else None for _, name, sign in (*_ALL, *_SOME))
    return "".join(
        f"<td>{'–' if value is None else f'{round(value, 2) + 0:,.2f}'.replace('-', '−')}</td>" for value in values
    )


def _lesson(vae: dict[str, float], exact: dict[str, float]) -> str:
    """What the two models of one decoder architecture differ in."""
    gap, loss = vae["gap"], exact["log_evidence"] - vae["log_evidence"]
    return (
        f"With the same decoder architecture, exact training reaches −log p(x) = {-exact['log_evidence']:.1f} nats per"
        f" image, where the VAE of β = 1 has −ELBO = {-vae['elbo']:.1f}. Of the difference {gap:.1f} nats are its gap"
        f" to log p(x); the other {loss:.1f} are what a decoder loses that learns from a bound."
    )


def _errors(found: Collection[dict[str, float]]) -> str:
    names = ("log_evidence_error", "largest_error", "largest_missed")
    average, image, missed = (_at_most(max(each[name] for each in found)) for name in names)
    return (
        f"Numerical error of log p(x), by refining the grid: at most {average} nats in an average and {image} nats in"
        f" any one image, of whose p(x) the grid misses at most {missed}. A dash: the model has no encoder, and so"
        " neither a bound nor a gap."
    )


def _at_most(value: float) -> str:
    """With one digit, and never below the value."""
    power = 10.0 ** floor(log10(value or 1))
    return f"{ceil(value / power) * power:.1g}"


def _explain(draws: int, subset: int) -> None:
    st.latex(
        # In lines, so that a phone shows it whole.
        r"\begin{aligned} & \log p(x) - \mathrm{ELBO}(q) \\ &= \underbrace{\log p(x) - \mathrm{ELBO}(q^*)}"
        r"_{\text{approximation gap}} \\ &+ \underbrace{\mathrm{ELBO}(q^*) - \mathrm{ELBO}(q)}"
        r"_{\text{amortisation gap}} \end{aligned}"
    )
    st.markdown(
        "q is the encoder's, q* the best Gaussian with a diagonal covariance for that image alone ([Cremer et al.,"
        f" 2018](https://arxiv.org/abs/1801.03558)). L is the importance bound of {draws:,} draws from q ([Burda et"
        " al., 2016](https://arxiv.org/abs/1509.00519)). Draws and fits are made for each image apart, so that those"
        f" columns average the first {subset:,} images alone."
    )
