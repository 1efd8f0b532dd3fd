"""Who is asking: a random number in a cookie, so that a reload, and tomorrow, find one's runs and kept models."""

import re
import secrets
from typing import TypeGuard

import streamlit as st

COOKIE = "latent_space_explorer_visitor"
"""Its name; explorer.middleware.visitors sets it."""


def identify() -> str:
    """The visitor's number, 32 hexadecimal digits; a secret, for it is all that ownership rests on."""
    if is_number(number := st.context.cookies.get(COOKIE)):
        return number
    # Where the browser takes no cookies the number lasts as long as the session.
    return st.session_state.setdefault("visitor_drawn", secrets.token_hex(16))


def is_number(text: object) -> TypeGuard[str]:
    """Whether a browser's ``text`` has the form of a visitor's number."""
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{32}", text, re.ASCII) is not None
