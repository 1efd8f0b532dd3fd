"""The units calculator: the effective beta of a loss, from the sums and means in its code."""

import re
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from math import prod
from typing import Any

import streamlit as st

from explorer import palette
from models.reduction import FIXED_VARIANCE, REDUCTIONS, Loss, ReductionError, effective_beta, implied_stddev

_ERRORS = {
    "bernoulli": "Binary cross-entropy",
    "squared": "Squared error, (x − m)²",
    "half squared": "Half the squared error, ½ (x − m)²",
}
_SIZES = ("28 × 28", "3 × 32 × 32", "3 × 64 × 64", "3 × 128 × 128")
_GITHUB = "https://github.com"


@dataclass(frozen=True)
class KnownLoss:
    """A loss in well-known code: ``source`` links to the code, ``story`` says what it does."""

    loss: Loss
    source: str
    story: str


KNOWN = {
    "PyTorch-VAE": KnownLoss(
        Loss("squared", "mean", "mean", "sum", "mean", 0.00025, 3 * 64 * 64, 128, 64),
        f"{_GITHUB}/AntixK/PyTorch-VAE/blob/8bf7be5c83c35a2027aa1771e6f0fb1ad9425536/models/vanilla_vae.py",
        "The kld_weight of its configs/vae.yaml: the error is a mean over 12,288 values, the KL a sum over latents.",
    ),
    "PyTorch examples": KnownLoss(
        Loss("bernoulli", "sum", "sum", "sum", "sum", 1.0, 784, 20, 128),
        f"{_GITHUB}/pytorch/examples/blob/cd01f93000a6679e768700dd29e417a1e5fd10e5/vae/main.py",
        "Both terms are sums over everything, so the weight is β itself.",
    ),
    "Keras": KnownLoss(
        Loss("bernoulli", "sum", "mean", "sum", "mean", 1.0, 784, 2, 128),
        f"{_GITHUB}/keras-team/keras-io/blob/cca4efba8e0b8514ae3817931696294039b3bfc9/examples/generative/vae.py",
        "Both terms are sums over an image and means over the batch, so the weight is β itself.",
    ),
    "1Konny/Beta-VAE": KnownLoss(
        Loss("squared", "sum", "mean", "sum", "mean", 10.0, 3 * 64 * 64, 32, 64),
        f"{_GITHUB}/1Konny/Beta-VAE/blob/977a1ece88e190dd8a556b4e2efb665f759d0772/solver.py",
        "The beta of its run_celeba_H_beta10_z32.sh: a sum of squared errors, which assumes σ² = ½.",
    ),
    "podgorskiy/VAE": KnownLoss(
        Loss("squared", "mean", "mean", "mean", "mean", 0.1, 3 * 128 * 128, 512, 128),
        f"{_GITHUB}/podgorskiy/VAE/blob/bb69ffc45b5e4d11bcb1e86c9ea6e6a9521f63ee/VAE.py",
        "Both terms are means over everything, the error over 49,152 values and the KL over 512 latents.",
    ),
}
_FIRST = "PyTorch-VAE"


@st.fragment
def units_calculator() -> None:
    """Draw the calculator as a fragment, which reruns alone."""
    with st.expander("Why a KL weight of 0.00025 can be a β above 1: what the sums and means in code do to it"):
        _calculator()


def _calculator() -> None:
    st.markdown(
        "Code sums or averages each term over pixels, latents and images. Every mean changes what the KL weight means."
        " Choose what yours does, or pick a known code base."
    )
    _fill_once(KNOWN[_FIRST].loss)
    form, answer = st.columns([3, 2], gap="large")
    with form:
        # Drawn above the form, but after it, because it shows and sets the form's state.
        codes = st.container()
        values = _form()
    with answer, st.container(border=True):
        loss = _answer(values)
    with codes:
        _known_field(loss)


def parse_size(text: str) -> int:
    """The number of values in an image given as 784, or as 3 × 64 × 64. Raises ReductionError."""
    parts = re.split(r"[x×*]", str(text).replace(" ", "").replace(",", ""))
    if not all(re.fullmatch(r"[0-9]{1,9}", part, re.ASCII) for part in parts):
        raise ReductionError("Give the values of an image as a number, such as 784, or as 3 × 64 × 64.")
    return prod(map(int, parts))


def number(value: float) -> str:
    """Three digits of a number, with no exponent."""
    return f"{Decimal(f'{value:.3g}'):,f}"


def formula(loss: Loss) -> str:
    """The computation of beta, in LaTeX: the weight, multiplied and divided by the counts of the means."""
    images = {("mean", "sum"): r"\times", ("sum", "mean"): r"\div"}
    steps = [(r"\times", loss.pixels, "values")] if loss.over_pixels == "mean" else []
    steps += [(r"\div", loss.latents, "latents")] if loss.over_latents == "mean" else []
    if sign := images.get((loss.reconstruction_over_batch, loss.kl_over_batch)):
        steps.append((sign, loss.batch, "images"))
    factors = "".join(f" {sign} {_braced(f'{count:,}', name)}" for sign, count, name in steps)
    weight = _braced(f"{Decimal(f'{loss.weight:.6g}'):,f}", "weight")
    result = rf" = \textcolor{{{palette.KL}}}{{{_latex(number(effective_beta(loss)))}}}" if steps else ""
    return rf"\textcolor{{{palette.KL}}}{{\beta}} = {weight}{factors}{result}"


def _braced(text: str, name: str) -> str:
    return rf"\underbrace{{{_latex(text)}}}_{{\text{{{name}}}}}"


def _latex(digits: str) -> str:
    # LaTeX adds a space after a plain comma.
    return digits.replace(",", "{,}")


def _form() -> dict[str, Any]:
    """Draw the form; returns a value for each field of a Loss, with the image's size as text."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**:color[Reconstruction]{{foreground='{palette.RECONSTRUCTION}'}}**")
        st.selectbox("Error of a pixel", list(_ERRORS), format_func=_ERRORS.__getitem__, key="units_error")
        _reduction_field("over the values of an image", "units_over_pixels")
        _reduction_field("over the images of a batch", "units_reconstruction_over_batch")
        st.selectbox(
            "Values per image", _SIZES, accept_new_options=True, key="units_pixels",
            help="Channels × height × width; type another size, such as 3 × 256 × 256, or a number.",
        )  # fmt: skip
    with right:
        st.markdown(f"**:color[KL]{{foreground='{palette.KL}'}}**")
        st.number_input("Weight", step=0.0001, format="%g", key="units_weight")
        _reduction_field("over the latents", "units_over_latents")
        _reduction_field("over the images of a batch", "units_kl_over_batch")
        with st.container(horizontal=True):
            st.number_input("Latents", step=1, key="units_latents", width=140)
            st.number_input("Batch size", step=1, key="units_batch", width=140)
    return {field.name: st.session_state[f"units_{field.name}"] for field in fields(Loss)}


def _reduction_field(over: str, key: str) -> None:
    st.segmented_control(f"Sum or mean {over}", REDUCTIONS, required=True, key=key)


def _known_field(loss: Loss | None) -> None:
    found = next((name for name, known in KNOWN.items() if known.loss == loss), None)
    # The highlighted option follows the form's values, whether typed or filled in.
    st.session_state["units_known"] = found
    st.pills("Known code", KNOWN, key="units_known", on_change=_fill_known, wrap=True)
    st.caption(f"{KNOWN[found].story} [Source]({KNOWN[found].source})" if found else "Your own loss.")


def _fill_known() -> None:
    if chosen := st.session_state["units_known"]:
        _fill(KNOWN[chosen].loss)


def _fill_once(loss: Loss) -> None:
    if "units_error" not in st.session_state:
        _fill(loss)


def _fill(loss: Loss) -> None:
    sizes = {parse_size(size): size for size in _SIZES}
    values = asdict(loss) | {"pixels": sizes.get(loss.pixels, str(loss.pixels))}
    for name, value in values.items():
        st.session_state[f"units_{name}"] = value


def _answer(form: dict[str, Any]) -> Loss | None:
    """Show the beta of the form's loss; returns the loss, or None after a sentence that says why it is invalid."""
    try:
        form["pixels"] = parse_size(form["pixels"])
        loss = Loss(**form)
    except ReductionError as error:
        st.warning(str(error))
        return None
    _show_beta(loss)
    return loss


def _show_beta(loss: Loss) -> None:
    beta = effective_beta(loss)
    st.markdown(f"### This loss is the β-VAE with :color[β\u00a0=\u00a0{number(beta)}]{{foreground='{palette.KL}'}}")
    st.latex(formula(loss))
    st.markdown(_explain_error(loss))
    if 0 < beta != 1:
        st.caption(f"With the weight {number(loss.weight / beta)} it would be −ELBO{_variance(loss)}.")


def _explain_error(loss: Loss) -> str:
    """The meaning of the reconstruction term in nats."""
    if loss.error not in FIXED_VARIANCE:
        return "Binary cross-entropy is −log p(x|z) of binary pixels, in nats."
    if not loss.weight:
        return f"Up to a constant, the error is −log p(x|z) in nats of a Gaussian decoder{_variance(loss)}."
    betas = f"β\u00a0=\u00a0{number(effective_beta(loss))}{_variance(loss)}"
    sigma = f"**σ\u00a0=\u00a0{number(implied_stddev(loss))}**, in units of a pixel's value"
    return (
        f"A squared error fixes only the product β\u00a0σ²: {betas} is the same loss as β\u00a0=\u00a01 with {sigma}."
    )


def _variance(loss: Loss) -> str:
    """The decoder's variance that the error implies."""
    shown = {0.5: "½", 1.0: "1"}
    return f" with σ²\u00a0=\u00a0{shown[FIXED_VARIANCE[loss.error]]}" if loss.error in FIXED_VARIANCE else ""
