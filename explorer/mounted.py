"""What a page remembers of its component: what it was given, as long as it is mounted, and the link state it left."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from explorer.server import link

T = TypeVar("T")


def while_mounted(key: str, prepare: Callable[[], T]) -> T:
    """What ``prepare`` returned when the component ``key`` was mounted; called again once the page has been left.

    Streamlit forgets the state of a component when its page is left, but not what is put into the session here.
    """
    if key not in st.session_state:
        st.session_state[f"{key}_prepared"] = prepare()
    return st.session_state[f"{key}_prepared"]


def start_of(key: str, table: link.Table) -> dict[str, str]:
    """The link state to start from: what the address says, or else where the visitor left the component ``key``."""
    return link.clean(st.query_params.to_dict() or st.session_state.get(f"{key}_left", {}), table)


def note_left(key: str, state: object) -> None:
    """Keep the link state that the component ``key`` reports, if it is one."""
    if state and isinstance(state, dict):
        st.session_state[f"{key}_left"] = state
