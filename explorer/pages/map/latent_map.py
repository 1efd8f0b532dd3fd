"""The latent map: a Streamlit component that decodes, animates and inspects in the browser."""

from pathlib import Path

from streamlit.components.v2 import component

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import ClassColours, Dial, MapData, Model, TermColours

FOLDER = Path(__file__).parent


_mount = component(
    "latent_map",
    html=(FOLDER / "latent_map.html").read_text(encoding="utf-8"),
    css=styles([*MAP_STYLES, KIT / "ui/log_dial.css", KIT / "ui/presenter.css", FOLDER / "latent_map.css"]),
    js=bundle(FOLDER / "latent_map.js"),
    isolate_styles=False,  # Plotly's style sheet does not apply inside a shadow root
)


def latent_map(
    models: list[Model],
    dials: list[Dial],
    start: dict[str, str],
    defaults: dict[str, str],
    *,
    class_colours: ClassColours,
    term_colours: TermColours,
    plotly_url: str,
    classifier_url: str,
    key: str,
) -> dict[str, str] | None:
    """Draw the map; returns the last link state that the browser reported, or None before any change.

    It comes from a browser, so check it with explorer.server.link.clean. ``start`` and ``defaults`` are link states
    too. Keep every argument constant while the map is mounted: after the first drawing the browser owns the state and
    writes the address bar, and unchanged data is not sent again.
    """
    data: MapData = {
        "models": models,
        "dials": dials,
        "start": start,
        "defaults": defaults,
        "class_colours": class_colours,
        "term_colours": term_colours,
        "plotly_url": plotly_url,
        "classifier_url": classifier_url,
    }
    return _mount(key=key, data=data, on_link_change=lambda: None).link
