"""The nine scenes: a Streamlit component that asks, computes and answers in the browser."""

from pathlib import Path

from streamlit.components.v2 import component

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import StoryData

FOLDER = Path(__file__).parent


_mount = component(
    "story",
    html='<div class="lse lse-story" data-testid="story" data-ready="false"></div>',
    css=styles([*MAP_STYLES, KIT / "ui/log_dial.css", KIT / "ui/pad.css", FOLDER / "story.css", FOLDER / "scenes.css"]),
    js=bundle(FOLDER / "story.js"),
    isolate_styles=False,
)


def story(data: StoryData, *, key: str) -> dict[str, str] | None:
    """Draw the story; returns the last link state that the browser reported, or None before any change.

    It comes from a browser, so check it with explorer.server.link.clean. Keep the data constant while it is mounted.
    """
    return _mount(key=key, data=data, on_link_change=lambda: None).link
