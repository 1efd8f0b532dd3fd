"""The state of a page that survives reruns: the data of its mounted component, and the last link state."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from explorer.server import link

T = TypeVar("T")


def while_mounted(key: str, prepare: Callable[[], T]) -> T:
    """The result of ``prepare`` at the time when the component ``key`` was mounted; new after the page was left.

    When a page is left, Streamlit deletes its component's state, but not the session state that is set here.
    """
    if key not in st.session_state:
        st.session_state[f"{key}_prepared"] = prepare()
    return st.session_state[f"{key}_prepared"]


def start_of(key: str, table: link.Table) -> dict[str, str]:
    """The link state to start from: that of the address, or else the last one of the component ``key``.

    It is stored too, for no later one is where the visitor goes to another page at once: Streamlit drops the state of a
    component whose page is left before the server has run it.
    """
    start = link.clean(st.query_params.to_dict() or st.session_state.get(f"{key}_left", {}), table)
    st.session_state[f"{key}_left"] = start
    return start


def note_left(key: str, state: object) -> None:
    """Store the link state that the component ``key`` reports, if it is valid."""
    if state and isinstance(state, dict):
        st.session_state[f"{key}_left"] = state
