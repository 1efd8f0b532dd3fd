"""The note on the Gaussian decoder: only the product beta sigma^2 matters, and its nats are of a density."""

from math import log

import streamlit as st

from explorer import palette
from models import gallery
from models.reduction import Optimum
from models.vae import PIXELS

_LEVELS = 255
_UNITS = {"0 … 1": 1, "0 … 255": _LEVELS}
_STDDEVS = (0.02, 1.0)
_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_INK = "#7c8698"  # an image has no theme: this grey is legible on both
_BETAS = (0.001, 0.01, 0.1, 1, 10, 100, 1000)
_SIGMA_VAE = "https://arxiv.org/abs/2006.13202"

# On two lines each, so that they fit on a phone.
_DENSITY = (
    rf"\begin{{aligned}} & \textcolor{{{palette.RECONSTRUCTION}}}{{-\log \mathcal{{N}}(x;\, f(z),\, \sigma^2 I)}}"
    r" \\[0.8em] &= \frac{\lVert x - f(z) \rVert^2}{2\sigma^2} + \frac{D}{2} \log 2\pi\sigma^2 \end{aligned}"
)
_TRADE = (
    rf"\begin{{aligned}} & \textcolor{{{palette.RECONSTRUCTION}}}{{\frac{{\lVert x - f \rVert^2}}{{2\sigma^2}}}}"
    rf" + \beta\, \textcolor{{{palette.KL}}}{{\mathrm{{KL}}}} \\[0.8em]"
    rf" &= \frac{{1}}{{\sigma^2}} \left( \textcolor{{{palette.RECONSTRUCTION}}}{{\tfrac12 \lVert x - f \rVert^2}}"
    rf" + \beta \sigma^2\, \textcolor{{{palette.KL}}}{{\mathrm{{KL}}}} \right) \end{{aligned}}"
)


@st.fragment
def likelihood_note() -> None:
    """Draw the note as a fragment, which reruns alone."""
    st.markdown(
        "The loss of a Gaussian decoder is the squared error divided by 2σ², plus a constant. So two losses with the"
        " same βσ² have the same best networks: raising σ has the same effect as raising β."
    )
    for column, equation in zip(st.columns(2, gap="large"), (_DENSITY, _TRADE), strict=True):
        column.latex(equation)
    _trade(Optimum.of(gallery.read(gallery.GAUSSIAN)))


def _trade(trained: Optimum) -> None:
    controls, numbers = st.columns([2, 3], gap="large")
    with controls:
        stddev = st.slider("σ, where grey levels are 0 … 1", *_STDDEVS, 0.3, 0.01, key="note_stddev")
        moved = trained.at(stddev)
        words = f"Line of equal βσ², falling: as trained σ = {trained.stddev:.3g} and β = {trained.beta:.3g}, at your σ"
        st.image(_line(trained, moved), width=480, alt=f"{words} = {moved.stddev:.3g} β = {moved.beta:.3g}.")
        unit = st.segmented_control("A pixel's value is", _UNITS, default="0 … 1", required=True, key="note_unit")
    with numbers:
        st.markdown(table(trained.in_unit(_UNITS[unit]), moved.in_unit(_UNITS[unit])))
        st.caption("Averages over the test images, of the shipped model “Gaussian, β = 1”. Bold: the same at every σ.")
    with st.expander("The best σ, and why nats of a density cannot be compared with other nats"):
        _explain(trained)


def table(trained: Optimum, moved: Optimum) -> str:
    """Both as a table in Markdown; equal values are bold."""
    error = f":color[½‖x − f‖²]{{foreground='{palette.RECONSTRUCTION}'}}"
    kl = f":color[KL]{{foreground='{palette.KL}'}}"
    rows = [
        ("σ, pixel", [f"{each.stddev:,.3g}" for each in (trained, moved)]),
        ("β", [f"{each.beta:,.3g}" for each in (trained, moved)]),
        ("**βσ²**, pixel²", [f"**{each.beta * each.stddev**2:,.4g}**" for each in (trained, moved)]),
        (f"{error}, pixel²", [f"**{each.squared_error / 2:,.2f}**" for each in (trained, moved)]),
        (f"{kl}, nats", [f"**{each.kl:,.2f}**" for each in (trained, moved)]),
        ("½‖x − f‖² / σ², nats", [f"{each.error_nats:,.1f}" for each in (trained, moved)]),
        ("β · KL, nats", [f"{each.beta * each.kl:,.1f}" for each in (trained, moved)]),
        ("D/2 log 2πσ², nats of a density", [f"{each.constant:,.1f}" for each in (trained, moved)]),
        ("Loss, nats of a density", [f"{each.loss:,.1f}" for each in (trained, moved)]),
        ("**½‖x − f‖² + βσ² KL**, pixel²", [f"**{each.common:,.2f}**" for each in (trained, moved)]),
    ]
    lines = [f"| {name} | {' | '.join(values)} |".replace("-", "−") for name, values in rows]
    return "\n".join(["| term | as trained | at your σ |", "|:--|--:|--:|", *lines])


def _explain(trained: Optimum) -> None:
    st.markdown(
        "**A learnt σ** has a best value in closed form, the root of the mean squared error of a pixel,"
        f" σ*² = ‖x − f‖² / D ([Rybkin, Daniilidis and Levine, 2021]({_SIGMA_VAE})). The shipped model learnt"
        f" σ = {trained.stddev:.4f} on its training images; the closed form gives {trained.best_stddev:.4f} on the test"
        " images, whose error is larger. With the best σ and β = 1 the loss is −ELBO, and βσ² need not be chosen."
    )
    st.markdown(
        "**Nats of a density** change with the unit of x: with grey levels of 0 … 255 instead of 0 … 1, every −log"
        f" p(x|z) is D log 255 = {PIXELS * log(_LEVELS):,.0f} nats larger. KL, β and the best networks do not change."
        " Nats of a density can be negative. They cannot be compared with the nats of binary pixels, which are −log of"
        " a probability."
    )
    st.markdown(
        "Code with a squared error and no σ has chosen a σ without saying so. The units calculator on the Compare page"
        " shows which one."
    )


def _line(trained: Optimum, moved: Optimum) -> str:
    """An SVG of the line of equal beta sigma^2 with both optima on it; both axes are logarithmic."""
    low, high = (trained.at(stddev).beta for stddev in reversed(_STDDEVS))
    (left, top), (right, bottom) = (_place(trained.at(stddev), low, high) for stddev in _STDDEVS)
    x0, y0 = _place(trained, low, high)
    x1, y1 = _place(moved, low, high)
    parts = [
        f'<path d="M{left} {top}V{bottom}H{right}" stroke="{_INK}" stroke-opacity="0.3"/>',
        f'<path d="M{left} {top}L{right} {bottom}" stroke="{palette.KL}" stroke-width="2"/>',
        f'<circle cx="{x0:.1f}" cy="{y0:.1f}" r="6" stroke="{_INK}" stroke-width="2"/>',
        f'<circle cx="{x1:.1f}" cy="{y1:.1f}" r="7" fill="{palette.KL}"/>',
        *(_text(_place(trained.at(stddev), low, high)[0], bottom + 20, "middle", f"{stddev:g}") for stddev in _TICKS),
        *(_text(left - 8, _height(beta, low, high) + 5, "end", f"{beta:g}") for beta in _BETAS if low <= beta <= high),
        _text(right, bottom + 42, "end", "σ (log scale)"),
        _text(right, top + 6, "end", "β (log scale); ring: as trained, dot: at your σ"),
    ]
    head = 'xmlns="http://www.w3.org/2000/svg" width="400" height="230" fill="none" font-size="14"'
    return f'<svg {head} font-family="sans-serif">{"".join(parts)}</svg>'


def _place(each: Optimum, low: float, high: float) -> tuple[float, float]:
    least, most = _STDDEVS
    return 50 + 340 * log(each.stddev / least) / log(most / least), _height(each.beta, low, high)


def _height(beta: float, low: float, high: float) -> float:
    return 12 + 165 * log(high / beta) / log(high / low)


def _text(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{words}</text>'
