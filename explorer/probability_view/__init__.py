"""The probability view: a Streamlit component that shows what inference approximates, for one image at a time."""

from collections.abc import Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

import streamlit as st

from explorer import side_by_side
from explorer.javascript import bundle
from explorer.latent_map import FOLDER as MAP_FOLDER
from explorer.latent_map import SHARED_CSS, SHARED_MODULES
from explorer.side_by_side import Choice

FOLDER = Path(__file__).parent
_SIDES = side_by_side.FOLDER

# In the order of their imports.
_BORROWED = ("noise", "saving", "encoder", "centring", "pad", "side", "picker")
_OWN = ("ticks", "heat", "close_up", "identity", "fitting", "curves_figure", "curves", "ancestral", "sketch")
_OWN += ("map_marks", "posterior_picture", "questions", "probability_layout", "probability_view")
_STYLES = (
    _SIDES / "picker.css",
    _SIDES / "pad.css",
    _SIDES / "figures.css",
    FOLDER / "probability_view.css",
    FOLDER / "figures_of_inference.css",
)
MODULES = (
    *SHARED_MODULES,
    MAP_FOLDER / "link.js",
    *(_SIDES / f"{name}.js" for name in _BORROWED),
    *(FOLDER / f"{name}.js" for name in _OWN),
)


class Question(TypedDict):
    """What the browser asks: the model of that name and test image ``image``, or with -1 the image of ``pixels``.

    ``pixels`` is base64 of 784 bytes: 0 or 255 for binary pixels, else grey. ``curves`` counts the visitor's presses
    for importance curves, 0 asks for none; ``id`` counts the questions.
    """

    model: str
    image: int
    pixels: str
    curves: int
    id: int


class Estimate(TypedDict):
    """A value and about its numerical error, in nats."""

    value: float
    error: float


class Tiles(TypedDict):
    """p(z|x) on squares from ``low`` to ``low`` + ``width``, of ``side`` x ``side`` pixels each.

    ``shade`` is base64 of uint8 [tile, z1, z2], 255 sqrt(p(z|x) / max p(z|x)) at the centre of each pixel.
    """

    low: list[list[float]]
    width: list[float]
    side: int
    shade: str


class Window(TypedDict):
    """A square of z, from x - half to x + half and y - half to y + half."""

    x: float
    y: float
    half: float


class Gaussian(TypedDict):
    """A mean [2] and the lower triangular root [2, 2] of a covariance."""

    mean: list[float]
    tril: list[list[float]]


class Fit(TypedDict):
    """A Gaussian fitted to one image's posterior: after ``step`` steps it had ``mean``, ``tril`` and ``elbo`` in nats.

    The first is the encoder's q; steps too many to show are left out. ``best`` is the best ELBO of the first,
    the last and a fit from the mean and covariance of p(z|x), ``approximation`` and ``amortisation`` are the gaps with
    it, in nats.
    """

    step: list[int]
    mean: list[list[float]]
    tril: list[list[list[float]]]
    elbo: list[float]
    best: Estimate
    approximation: float
    amortisation: float


class Fits(TypedDict):
    """With a diagonal covariance and with a full one."""

    diagonal: Fit
    full: Fit


class Curve(TypedDict):
    """The K-sample bound in nats, and the effective sample size of K, for each K of Curves.draws.

    The mean over the repeats, between ``low`` and ``high`` eight in ten of them, and the standard ``error`` of the
    bound's mean. There are as many repeats of K as
    the draws of all give: Curves.repeats of the largest, and more of the others.
    """

    bound: list[float]
    low: list[float]
    high: list[float]
    error: list[float]
    effective: list[float]
    effective_low: list[float]
    effective_high: list[float]


class Curves(TypedDict):
    """Importance sampling from the encoder's q, if there is an encoder, and from the prior."""

    draws: list[int]
    repeats: int
    encoder: Curve | None
    prior: Curve


class Answer(TypedDict):
    """What there is to know of one image under one model; ``id``, ``model`` and ``image`` are the question's.

    A ``problem`` is a sentence, and then there is no more than that and ``complete``, which says that no more of this
    answer will come. ``unit`` is that of log p(x), see models.likelihood. ``x`` is base64 of what the model sees,
    uint8 [784].
    log_evidence and evidence_error are in nats, ``missed`` is the share of p(x) left out at most. ``modes`` counts the
    separate parts of the smallest region that holds 95 % of p(z|x). reconstruction = E_q[-log p(x|z)],
    kl_prior = KL(q||p(z)) and kl = KL(q||p(z|x)) in nats; without an encoder there is no q, and none of these.
    """

    id: int
    model: str
    image: int
    problem: str
    complete: bool
    unit: NotRequired[str]
    x: NotRequired[str]
    log_evidence: NotRequired[float]
    evidence_error: NotRequired[float]
    missed: NotRequired[float]
    tiles: NotRequired[Tiles]
    window: NotRequired[Window]
    modes: NotRequired[int]
    q: NotRequired[Gaussian | None]
    elbo: NotRequired[Estimate | None]
    reconstruction: NotRequired[float | None]
    kl_prior: NotRequired[float | None]
    kl: NotRequired[Estimate | None]
    fits: NotRequired[Fits | None]
    curves: NotRequired[Curves | None]


_mount = st.components.v2.component(
    "probability_view",
    html='<div class="lse lse-probability" data-testid="probability" data-ready="false" data-answer=""></div>',
    css=SHARED_CSS + "".join(path.read_text(encoding="utf-8") for path in _STYLES),
    js=bundle(MODULES),
    isolate_styles=False,  # Plotly's style sheet does not reach into a shadow root
)


def probability_view(
    models: list[Choice],
    start: dict[str, str],
    defaults: dict[str, str],
    answer: Answer | None,
    *,
    class_colours: dict[str, list[str]],
    term_colours: dict[str, str],
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> Mapping[str, object]:
    """Draw the map and what is known of one image; the value has the ``link`` state it was left in and a ``question``.

    Either may be None, and both come from a browser: explorer.link.clean and explorer.questions.asked say what of them
    can be trusted. While the component is mounted only ``answer`` may change.
    """
    data = {
        "models": models,
        "start": start,
        "defaults": defaults,
        "answer": answer,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
    }
    return _mount(key=key, data=data, on_link_change=lambda: None, on_question_change=lambda: None)
