"""The run view: a Streamlit component that shows training runs on the map as they happen, and plays them back."""

from pathlib import Path

from streamlit.components.v2 import component

from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import ClassColours, Run, RunData, TermColours

_FOLDER = Path(__file__).parent


_mount = component(
    "run_view",
    html=(_FOLDER / "run_view.html").read_text(encoding="utf-8"),
    css=styles([*MAP_STYLES, _FOLDER / "run_view.css"]),
    js=bundle(_FOLDER / "run_view.js"),
    isolate_styles=False,  # Plotly's style sheet does not apply inside a shadow root
)


def run_view(
    runs: list[Run],
    *,
    invitation: str,
    class_colours: ClassColours,
    term_colours: TermColours,
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> None:
    """Draw one run, or two side by side. Call it again with new frames; the browser reports nothing back.

    ``invitation`` is shown beside the map until the first frame arrives.
    """
    data: RunData = {
        "runs": runs,
        "invitation": invitation,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
    }
    _mount(key=key, data=data)
