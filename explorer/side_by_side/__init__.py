"""Side by side: a Streamlit component that compares two models on linked maps, in pictures and in numbers."""

from pathlib import Path
from typing import TypedDict

from streamlit.components.v2 import component

from explorer.javascript import bundle
from explorer.latent_map import SHARED_CSS, Model

FOLDER = Path(__file__).parent
_STYLES = ("picker", "pad", "receipt", "figures", "side_by_side")


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
    likelihood: str
    class_names: list[str]
    images_url: str | None
    images: int
    frames: list[Moment]


_mount = component(
    "side_by_side",
    html='<div class="lse lse-both" data-testid="side-by-side" data-ready="false"></div>',
    css=SHARED_CSS + "".join((FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES),
    js=bundle(FOLDER / "side_by_side.js"),
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
