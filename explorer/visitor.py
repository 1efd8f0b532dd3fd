"""Who is asking: a random number in a cookie, so that a reload, and tomorrow, find one's runs and kept models."""

import re
import secrets

import streamlit as st

_COOKIE = "latent_space_explorer_visitor"

# A visitor with two tabs has one cookie: the tab that comes second takes the number of the first.
_SCRIPT = """
export default function ({ data, setStateValue }) {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${data.cookie}=`));
  if (found) {
    const number = found.slice(data.cookie.length + 1);
    if (number !== data.number) setStateValue("number", number);
    return;
  }
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.cookie}=${data.number}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
"""

_mount = st.components.v2.component("visitor", js=_SCRIPT)


def identify() -> str:
    """The visitor's number, 32 hexadecimal digits; a secret, for it is all that ownership rests on."""
    if _is_number(number := st.context.cookies.get(_COOKIE)):
        return number
    drawn = st.session_state.setdefault("visitor_drawn", secrets.token_hex(16))
    reported = _mount(key="visitor", data={"cookie": _COOKIE, "number": drawn}, on_number_change=lambda: None).number
    return reported if _is_number(reported) else drawn


def _is_number(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{32}", text, re.ASCII) is not None
