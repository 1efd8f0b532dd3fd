"""Side by side: a Streamlit component that compares two models on linked maps, in pictures and in numbers."""

from pathlib import Path
from typing import TypedDict

import streamlit as st

from explorer.javascript import bundle
from explorer.latent_map import FOLDER as MAP_FOLDER
from explorer.latent_map import SHARED_CSS, SHARED_MODULES, Model
from models.likelihood import LikelihoodFacts

FOLDER = Path(__file__).parent

# In the order of their imports.
_OWN = ("layout", "noise", "saving", "encoder", "quadrature", "centring", "pad", "charges", "costs", "receipt_table")
_OWN += (
    "receipt",
    "measures",
    "sparkline",
    "table_words",
    "table",
    "plane_spots",
    "plane_names",
    "plane_figure",
    "plane",
    "samples",
)
_OWN += ("threads", "side", "picker", "drawing", "bill", "caption", "shot", "side_by_side")
_STYLES = ("picker", "pad", "receipt", "figures", "side_by_side")
MODULES = (*SHARED_MODULES, MAP_FOLDER / "link.js", *(FOLDER / f"{name}.js" for name in _OWN))


class Choice(Model):
    """A model that can stand on a side. ``encoder_url`` leads to a gzipped safetensors file of its encoder, if any.

    ``measures`` are those of models.measures.measure, or None where nobody has measured it; ``measuring``: just now.
    """

    encoder_url: str | None
    measures: dict[str, float] | None
    measuring: bool


class Seed(TypedDict):
    """The measures of a model that differs from the shipped one of this ``beta`` in the ``seed`` alone."""

    beta: float
    seed: int
    measures: dict[str, float]


class Moment(TypedDict):
    """What a run had learnt after ``step`` steps; see explorer.run_view.Frame."""

    step: int
    url: str
    encoder_url: str
    reconstruction: float
    kl: float
    spread: float
    mean_sigma: float
    weight: float
    pixel_stddev: float | None


class RunChoice(TypedDict):
    """A training run, of which any of its ``frames`` can stand on a side; ``name`` is "run-" and the run's own."""

    name: str
    label: str
    dataset: str
    likelihood: LikelihoodFacts
    class_names: list[str]
    images_url: str | None
    images: int
    frames: list[Moment]


_mount = st.components.v2.component(
    "side_by_side",
    html='<div class="lse lse-both" data-testid="side-by-side" data-ready="false"></div>',
    css=SHARED_CSS + "".join((FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES),
    js=bundle(MODULES),
    isolate_styles=False,  # Plotly's style sheet does not reach into a shadow root
)


def side_by_side(
    models: list[Choice],
    runs: list[RunChoice],
    seeds: list[Seed],
    classifier: dict[str, float],
    start: dict[str, str],
    defaults: dict[str, str],
    *,
    class_colours: dict[str, list[str]],
    term_colours: dict[str, str],
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> dict[str, str] | None:
    """Draw the two maps and what compares them; the value is the link state that the visitor last left it in, or None.

    It comes from a browser: explorer.link.clean says what of it can be trusted. ``classifier`` has its
    ``test_accuracy``, and how ``sure`` of how many prior ``draws`` it has to be. While the component is mounted only
    the measures in ``models`` may change.
    """
    data = {
        "models": models,
        "runs": runs,
        "seeds": seeds,
        "classifier": classifier,
        "start": start,
        "defaults": defaults,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
    }
    return _mount(key=key, data=data, on_link_change=lambda: None).link
