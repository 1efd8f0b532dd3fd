"""The latent map: a Streamlit component that decodes, morphs and inspects in the browser."""

from pathlib import Path
from typing import TypedDict

import streamlit as st

from explorer.javascript import bundle
from models.likelihood import LikelihoodFacts

FOLDER = Path(__file__).parent

# In the order of their imports, for they become one module. run_view is made of the shared ones too.
_SHARED = (
    *(
        "dom",
        "tensors",
        "plotly",
        "network",
        "likelihood",
        "decoder",
        "view",
        "points",
        "pictures",
        "loading",
        "classifier",
        "manifold",
    ),
    *("legend", "axes", "scene", "gestures", "glide", "stage", "originals", "card", "panel", "inspector", "pane"),
    *("spoken", "number_field", "panes"),
)
SHARED_MODULES = tuple(FOLDER / f"{name}.js" for name in _SHARED)
MODULES = (*SHARED_MODULES, *(FOLDER / f"{name}.js" for name in ("link", "chooser", "latent_map")))
SHARED_CSS = "".join((FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in ("map", "beside"))


class Model(TypedDict):
    """A model to choose. ``url`` leads to a gzipped safetensors file: decoder weights and codes of ``images`` images.

    ``metrics`` are averages over those images, each binarised ``binarisations`` times, in the units that
    models.evaluation.summarise gives. ``samples`` draws of z stand behind each code (0: an integral).
    ``images_url`` leads to the images themselves, see explorer.assets.images_url.
    ``from_scratch`` are the shipped ones that differ in ``beta`` alone; ``pixel_stddev`` is sigma of grey pixels.
    A model that is ``kept`` is one of the visitor's own, under a label that the visitor chose.
    """

    name: str
    label: str
    beta: float
    from_scratch: bool
    kept: bool
    url: str
    story: str
    dataset: str
    likelihood: LikelihoodFacts
    pixel_stddev: float | None
    class_names: list[str]
    images_url: str | None
    images: int
    has_encoder: bool
    samples: int
    binarisations: int
    metrics: dict[str, float]


_mount = st.components.v2.component(
    "latent_map",
    html=(FOLDER / "latent_map.html").read_text(encoding="utf-8"),
    css=SHARED_CSS + (FOLDER / "latent_map.css").read_text(encoding="utf-8"),
    js=bundle(MODULES),
    isolate_styles=False,  # Plotly's style sheet does not reach into a shadow root
)


def latent_map(
    models: list[Model],
    start: dict[str, str],
    defaults: dict[str, str],
    *,
    class_colours: dict[str, list[str]],
    term_colours: dict[str, str],
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> dict[str, str] | None:
    """Draw the map; the value is the link state that the visitor last left it in, or None before any change.

    It comes from a browser: explorer.link.clean says what of it can be trusted. ``start`` and ``defaults`` are link
    states too. Keep every argument constant while the map is mounted: from the first drawing on the browser holds the
    state and writes the address bar, and data that has not changed is not sent again.
    """
    data = {
        "models": models,
        "start": start,
        "defaults": defaults,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
    }
    return _mount(key=key, data=data, on_link_change=lambda: None).link
