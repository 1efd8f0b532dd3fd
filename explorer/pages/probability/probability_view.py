"""The probability view: a Streamlit component that shows exact and approximate inference for one image at a time."""

from pathlib import Path

from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component import ComponentResult

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import Choice, ClassColours, Dial, ProbabilityData, TermColours

FOLDER = Path(__file__).parent
_STYLES = (
    *MAP_STYLES,
    KIT / "ui/log_dial.css",
    KIT / "map/picker.css",
    KIT / "ui/pad.css",
    KIT / "ui/figures.css",
    KIT / "ui/folds.css",
    FOLDER / "probability_view.css",
    FOLDER / "look_up.css",
    FOLDER / "figures_of_inference.css",
)

WORKER = bundle(KIT / "inference/worker.js")
"""The script of the Web Worker that computes the posterior."""

_mount = component(
    "probability_view",
    html='<div class="lse lse-probability" data-testid="probability" data-ready="false" data-answered="false"></div>',
    css=styles(_STYLES),
    js=bundle(FOLDER / "probability_view.js"),
    isolate_styles=False,  # Plotly's style sheet does not apply inside a shadow root
)


def probability_view(
    models: list[Choice],
    dials: list[Dial],
    start: dict[str, str],
    defaults: dict[str, str],
    *,
    class_colours: ClassColours,
    term_colours: TermColours,
    plotly_url: str,
    classifier_url: str,
    worker_url: str,
    evidence: dict[str, dict[str, float]],
    key: str,
) -> ComponentResult:
    """Draw the map and what is known of one image; the value has the last ``link`` state, or None.

    It comes from a browser, so check it with explorer.server.link.clean. The data may not change while the component
    is mounted.
    """
    data: ProbabilityData = {
        "models": models,
        "dials": dials,
        "start": start,
        "defaults": defaults,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
        "worker_url": worker_url,
        "evidence": evidence,
    }
    return _mount(key=key, data=data, on_link_change=lambda: None)
