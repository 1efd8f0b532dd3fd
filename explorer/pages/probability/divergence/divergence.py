"""KL is not symmetric: a Streamlit component with two densities to drag, and both divergences between them."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from explorer import palette
from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.wire import DivergenceData, TermColours

FOLDER = Path(__file__).parent

_mount = component(
    "divergence",
    html='<div class="lse lse-divergence" data-testid="divergence" data-ready="false"></div>',
    css=styles([*MAP_STYLES, FOLDER / "divergence.css"]),
    js=bundle(FOLDER / "divergence.js"),
)

_IDENTITY = rf"""
\begin{{aligned}}
\textcolor{{{palette.KL}}}{{\mathrm{{KL}}(q\,\|\,p)}} &= \int q(x) \log \frac{{q(x)}}{{p(x)}}\, dx \\
&= \underbrace{{-\int q(x) \log p(x)\, dx}}_{{H(q,\,p)}} \\
&\quad - \underbrace{{\left(-\int q(x) \log q(x)\, dx\right)}}_{{H(q)}}
\end{{aligned}}
"""


def divergence(*, term_colours: TermColours, key: str) -> None:
    """Draw the section; all computation is in the browser."""
    st.markdown(
        "Drag the top of a curve to move its mean. Drag its side to change its spread. KL(q‖p) averages log q/p where"
        " **q** has its mass. KL(p‖q) averages log p/q where **p** has its mass."
    )
    data: DivergenceData = {"term_colours": term_colours}
    _mount(key=key, data=data)
    with st.expander("What each direction is used for, and what one nat of it means"):
        _explain()


def _explain() -> None:
    st.latex(_IDENTITY)
    st.markdown(
        "**KL(q‖p) seeks a mode**: q is penalised where p is nearly 0, so it covers one mode and leaves out the other."
        " With two equal modes far apart, log 2 = 0.693 nats remain, which is one bit. Variational inference minimises"
        " this direction, with p(z|x) in the place of p. The result depends on the starting point."
    )
    st.markdown(
        "**KL(p‖q) covers all modes**: q is penalised where p has mass and q has none. The best Gaussian has the mean"
        " and the variance of p. Maximum likelihood minimises this direction, with the data in the place of p"
        " ([Minka,"
        " 2005](https://www.microsoft.com/en-us/research/publication/divergence-measures-and-message-passing/))."
    )
    st.markdown(
        "**Code lengths**: a value drawn from q and rounded to bins of width δ takes about H(q) − log₂ δ bits with the"
        " best code, and H(q,p) − log₂ δ bits with a code built for p. The extra length is KL(q‖p), for every δ that is"
        " much smaller than the spreads. The entropy of a density changes with the unit of x and may be negative. A KL"
        " does not change with the unit and is never negative (Cover and Thomas, 2006, [Elements of Information"
        " Theory](https://doi.org/10.1002/047174882X), theorems 5.4.3 and 8.3.1)."
    )
