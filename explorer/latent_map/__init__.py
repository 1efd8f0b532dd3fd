"""The latent map: a Streamlit component that decodes, morphs and inspects in the browser."""

import re
from pathlib import Path
from typing import TypedDict

import streamlit as st

_FOLDER = Path(__file__).parent

# In the order of their imports, for they become one module.
MODULES = (
    *("dom", "tensors", "decoder", "view", "points", "pictures", "loading", "manifold", "axes", "scene"),
    *("gestures", "glide", "link", "panel", "inspector", "latent_map"),
)


class Model(TypedDict):
    """A model to choose. ``url`` leads to a gzipped safetensors file: decoder weights and codes of ``images`` images.

    ``metrics`` are averages over those images, and ``samples`` draws of z each, in the units that
    models.evaluation.summarise gives.
    """

    name: str
    label: str
    beta: float
    from_scratch: bool
    url: str
    story: str
    dataset: str
    images: int
    samples: int
    metrics: dict[str, float]


def source(modules: tuple[str, ...] = MODULES) -> str:
    """The JavaScript files as one module: without a package to install, Streamlit takes text and not paths."""
    text = "\n".join((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in modules)
    text = re.sub(r"^import .*;\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", text, flags=re.MULTILINE)


_mount = st.components.v2.component(
    "latent_map",
    html=(_FOLDER / "latent_map.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "latent_map.css").read_text(encoding="utf-8"),
    js=source(),
    isolate_styles=False,  # Plotly's style sheet does not reach into a shadow root
)


def latent_map(
    models: list[Model],
    start: dict[str, str],
    defaults: dict[str, str],
    *,
    class_names: list[str],
    class_colours: dict[str, list[str]],
    term_colours: dict[str, str],
    plotly_url: str,
    images_url: str | None,
    key: str,
) -> dict[str, str] | None:
    """Draw the map; the value is the link state that the visitor last left it in, or None before any change.

    It comes from a browser: explorer.link.clean says what of it can be trusted. ``start`` and ``defaults`` are link
    states too. Keep every argument constant through a session: from the first drawing on the browser holds the
    state and writes the address bar, and data that has not changed is not sent again.
    """
    data = {
        "models": models,
        "start": start,
        "defaults": defaults,
        "class_names": class_names,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "images_url": images_url,
    }
    return _mount(key=key, data=data, on_link_change=lambda: None).link
