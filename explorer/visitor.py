"""The visitor's identity: a random number in a cookie, so that later visits find the visitor's runs and kept models."""

import re
import secrets
from typing import TypeGuard

import streamlit as st

COOKIE = "latent_space_explorer_visitor"
"""The cookie's name; explorer.middleware.visitors sets the cookie."""


def identify() -> str:
    """The visitor's id, 32 hexadecimal digits. It is a secret, because ownership depends only on it."""
    if is_visitor_id(number := st.context.cookies.get(COOKIE)):
        return number
    # If the browser refuses cookies, the id lasts as long as the session.
    return st.session_state.setdefault("visitor_drawn", secrets.token_hex(16))


def is_visitor_id(text: object) -> TypeGuard[str]:
    """Whether ``text`` from a browser has the form of a visitor's id."""
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{32}", text, re.ASCII) is not None
