"""The probability view: a Streamlit component that shows what inference approximates, for one image at a time."""

from pathlib import Path
from typing import TypedDict

from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component import ComponentResult

from explorer import side_by_side
from explorer.javascript import bundle
from explorer.latent_map import SHARED_CSS
from explorer.side_by_side import Choice

FOLDER = Path(__file__).parent
_SIDES = side_by_side.FOLDER
_STYLES = (
    _SIDES / "picker.css",
    _SIDES / "pad.css",
    _SIDES / "figures.css",
    FOLDER / "probability_view.css",
    FOLDER / "figures_of_inference.css",
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


class Findings(TypedDict, total=False):
    """What there is to know of one image under one model; it comes in parts.

    ``density``: the nats are those of a density. ``x`` is base64 of what the model sees, uint8 [784].
    log_evidence and evidence_error are in nats, ``missed`` is the share of p(x) left out at most. ``modes`` counts the
    separate parts of the smallest region that holds 95 % of p(z|x). reconstruction = E_q[-log p(x|z)],
    kl_prior = KL(q||p(z)) and kl = KL(q||p(z|x)) in nats; without an encoder there is no q, and none of these.
    """

    density: bool
    x: str
    log_evidence: float
    evidence_error: float
    missed: float
    tiles: Tiles
    window: Window
    modes: int
    q: Gaussian | None
    elbo: Estimate | None
    reconstruction: float | None
    kl_prior: float | None
    kl: Estimate | None
    fits: Fits | None
    curves: Curves | None


class Answer(Findings):
    """The findings as far as they are known; ``id``, ``model`` and ``image`` are the question's.

    A ``problem`` is a sentence, and then there are no findings. ``complete``: no more of this answer will come.
    """

    id: int
    model: str
    image: int
    problem: str
    complete: bool


_mount = component(
    "probability_view",
    html='<div class="lse lse-probability" data-testid="probability" data-ready="false" data-answer=""></div>',
    css=SHARED_CSS + "".join(path.read_text(encoding="utf-8") for path in _STYLES),
    js=bundle(FOLDER / "probability_view.js"),
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
) -> ComponentResult:
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
