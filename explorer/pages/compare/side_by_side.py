"""Side by side: a Streamlit component that compares two models on linked maps, in pictures and in numbers."""

from pathlib import Path

from streamlit.components.v2 import component

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import Choice, ClassColours, Classifier, CompareData, Dial, RunChoice, Seed, TermColours

FOLDER = Path(__file__).parent
_KIT = ("ui/log_dial.css", "map/picker.css", "ui/pad.css", "ui/figures.css", "ui/folds.css", "ui/presenter.css")
_SHARED = (*MAP_STYLES, *(KIT / name for name in _KIT))


_mount = component(
    "side_by_side",
    html='<div class="lse lse-both" data-testid="side-by-side" data-ready="false"></div>',
    css=styles([*_SHARED, FOLDER / "receipt/receipt.css", FOLDER / "side_by_side.css"]),
    js=bundle(FOLDER / "side_by_side.js"),
    isolate_styles=False,  # Plotly's style sheet does not apply inside a shadow root
)


def side_by_side(
    models: list[Choice],
    dials: list[Dial],
    runs: list[RunChoice],
    seeds: list[Seed],
    classifier: Classifier,
    start: dict[str, str],
    defaults: dict[str, str],
    *,
    class_colours: ClassColours,
    term_colours: TermColours,
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> dict[str, str] | None:
    """Draw the two maps and their comparison; returns the last link state that the browser reported, or None.

    It comes from a browser, so check it with explorer.server.link.clean. While the component is mounted only the
    measures in ``models`` may change.
    """
    data: CompareData = {
        "models": models,
        "dials": dials,
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
