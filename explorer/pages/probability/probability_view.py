"""The probability view: a Streamlit component that shows exact and approximate inference for one image at a time."""

from pathlib import Path

from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component import ComponentResult

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import Answer, Choice, ClassColours, Dial, Inference, ProbabilityData, TermColours

FOLDER = Path(__file__).parent
_STYLES = (
    *MAP_STYLES,
    KIT / "ui/log_dial.css",
    KIT / "map/picker.css",
    KIT / "ui/pad.css",
    KIT / "ui/figures.css",
    FOLDER / "probability_view.css",
    FOLDER / "figures_of_inference.css",
)


_mount = component(
    "probability_view",
    html='<div class="lse lse-probability" data-testid="probability" data-ready="false" data-answer=""></div>',
    css=styles(_STYLES),
    js=bundle(FOLDER / "probability_view.js"),
    isolate_styles=False,  # Plotly's style sheet does not apply inside a shadow root
)


def probability_view(
    models: list[Choice],
    dials: list[Dial],
    start: dict[str, str],
    defaults: dict[str, str],
    answer: Answer | Inference | None,
    *,
    class_colours: ClassColours,
    term_colours: TermColours,
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> ComponentResult:
    """Draw the map and the answer for one image; the value has the last ``link`` state and a ``question``.

    Either may be None. Both come from a browser, so check them with explorer.server.link.clean and
    explorer.server.questions.parse_question. While the component is mounted only ``answer`` may change.
    """
    data: ProbabilityData = {
        "models": models,
        "dials": dials,
        "start": start,
        "defaults": defaults,
        "answer": answer,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
    }
    return _mount(key=key, data=data, on_link_change=lambda: None, on_question_change=lambda: None)
