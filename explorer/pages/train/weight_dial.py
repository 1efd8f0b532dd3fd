"""The dial of a run's KL weight: a Streamlit component."""

from collections.abc import Callable
from pathlib import Path

from streamlit.components.v2 import component

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import TermColours, WeightDialData

_FOLDER = Path(__file__).parent

_mount = component(
    "weight_dial",
    html='<div class="lse" data-testid="weight-dial" data-ready="false"><output></output>'
    '<div class="lse-dial-box"></div></div>',
    css=styles([*MAP_STYLES, KIT / "ui/log_dial.css"]),
    js=bundle(_FOLDER / "weight_dial.js"),
    isolate_styles=False,  # as the map, whose style sheets these are
)


def weight_dial(
    weight: float,
    weights: list[float],
    marks: list[float],
    *,
    term_colours: TermColours,
    key: str,
    on_change: Callable[[], None],
) -> None:
    """Draw the dial at ``weight``. Its stops are ``weights``, of which ``marks`` are named.

    After a turn st.session_state[key]["turned"] is what the browser reported, {"weight": ..., "at": milliseconds}, and
    on_change is called. It comes from a browser, so check it.
    """
    data: WeightDialData = {"weight": weight, "weights": weights, "marks": marks, "term_colours": term_colours}
    _mount(key=key, data=data, on_turned_change=on_change)
