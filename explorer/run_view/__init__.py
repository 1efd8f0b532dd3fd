"""The run view: a Streamlit component that shows training runs on the map as they happen, and plays them back."""

from pathlib import Path
from typing import TypedDict

import streamlit as st

from explorer.javascript import bundle
from explorer.latent_map import SHARED_CSS, SHARED_MODULES
from models.likelihood import LikelihoodFacts

_FOLDER = Path(__file__).parent
_OWN = ("layout", "readings", "curves", "timeline", "track", "run_view")  # in the order of their imports
MODULES = (*SHARED_MODULES, *(_FOLDER / f"{name}.js" for name in _OWN))


class Frame(TypedDict):
    """What a run has learnt after ``step`` steps; step 0 is the initial model.

    ``url`` leads to a file like that of explorer.latent_map.Model. ``reconstruction`` and ``kl`` are averages over
    its images, in nats per image; ``spread`` and ``mean_sigma``, see models.evaluation.summarise, in units of z;
    ``weight`` is the KL weight in force; ``pixel_stddev`` sigma of grey pixels.
    """

    step: int
    url: str
    reconstruction: float
    kl: float
    spread: float
    mean_sigma: float
    weight: float
    pixel_stddev: float | None


class Curve(TypedDict):
    """The loss terms of training batches, their means in nats per image, after the steps ``step``."""

    step: list[int]
    reconstruction: list[float]
    kl: list[float]


class Change(TypedDict):
    """From ``step`` on the KL weight is ``weight``, for somebody moved it there."""

    step: int
    weight: float


class Run(TypedDict):
    """A training run of ``steps`` steps, ``epoch`` to an epoch, as far as it has come.

    ``name`` is its key, and ``label`` stands over its map. ``images`` held-out images stand behind each of the
    ``frames``, which are in order of step; new ones are appended, old ones may be left out. ``waiting`` is the
    sentence on the map while there is none.
    """

    name: str
    label: str
    dataset: str
    likelihood: LikelihoodFacts
    class_names: list[str]
    images: int
    steps: int
    epoch: int
    ended: bool
    waiting: str
    frames: list[Frame]
    training: Curve
    changes: list[Change]


_mount = st.components.v2.component(
    "run_view",
    html=(_FOLDER / "run_view.html").read_text(encoding="utf-8"),
    css=SHARED_CSS + (_FOLDER / "run_view.css").read_text(encoding="utf-8"),
    js=bundle(MODULES),
    isolate_styles=False,  # Plotly's style sheet does not reach into a shadow root
)


def run_view(
    runs: list[Run],
    *,
    invitation: str,
    class_colours: dict[str, list[str]],
    term_colours: dict[str, str],
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> None:
    """Draw one run, or two side by side. Call again with what has come meanwhile; the browser reports nothing back.

    ``invitation`` stands beside the map until the first frame is there.
    """
    data = {
        "runs": runs,
        "invitation": invitation,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
    }
    _mount(key=key, data=data)
