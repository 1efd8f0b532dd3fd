"""Definitions of the measures on the Compare page: an equation, a sentence and a source each."""

from typing import NamedTuple

import streamlit as st

from explorer import equations
from models.evaluation import ACTIVE

SWEEP = "python -m models sweep"


class Definition(NamedTuple):
    """``equation`` is LaTeX; ``words`` explain it and cite its source."""

    name: str
    equation: str
    words: str


DEFINITIONS = (
    Definition(
        "The loss",
        equations.LOSS,
        "In nats, averaged over the held-out images; at β = 1 it is −ELBO"
        " ([Higgins et al., 2017](https://openreview.net/forum?id=Sy2fzU9gl)).",
    ),
    Definition(
        "Rate and distortion",
        r"\begin{aligned} R &= \tfrac1N \textstyle\sum_i \mathrm{KL}\!\left(q(z|x_i)\,\|\,p(z)\right) \\"
        r" D &= \tfrac1N \textstyle\sum_i \mathbb{E}_{q(z|x_i)}\!\left[-\log p(x_i|z)\right] \end{aligned}",
        "The two terms as the axes of a plane: on a line of slope −1 the sum −ELBO = D + R is the same, and β is minus"
        " the slope of the best curve ([Alemi et al., 2018](https://arxiv.org/abs/1711.00464)).",
    ),
    Definition(
        "KL, split in two",
        r"\begin{aligned} R &= I(x; z) + \mathrm{KL}\!\left(q(z)\,\|\,p(z)\right) \\"
        r" q(z) &= \tfrac1N \textstyle\sum_i q(z|x_i) \end{aligned}",
        "How much z tells about the image, at most log N nats; and how far all codes together are from the prior. Both"
        " are computed on a grid ([Hoffman and Johnson, 2016](http://approximateinference.org/accepted/HoffmanJohnson2016.pdf)).",
    ),
    Definition(
        "Overlap",
        r"\frac{1}{N(N-1)} \sum_{n \ne m} \int \! \sqrt{q(z|x_n)\, q(z|x_m)}\, dz",
        "The Bhattacharyya coefficient of two images' ellipses, averaged over all pairs: 1 where they are the same, 0"
        " where they have nothing in common (Bhattacharyya, 1943, Bulletin of the Calcutta Mathematical Society 35).",
    ),
    Definition(
        "Holes",
        r"P_{z \sim p(z)}\!\left[\, \min_n \sum_j \frac{(z_j - \mu_{nj})^2}{\sigma_{nj}^2} > 3^2 \right]",
        "The share of the prior that lies outside every 3σ ellipse of q(z|xₙ), with mean μₙ and stddev σₙ. z can be"
        " drawn there, but no code lies there.",
    ),
    Definition(
        "Active units",
        rf"\#\left\{{ j : \mathrm{{Var}}_n\!\left[\mu_{{nj}}\right] > {ACTIVE:g} \right\}}",
        "The latent dimensions whose mean varies with the image"
        " ([Burda et al., 2016](https://arxiv.org/abs/1509.00519)).",
    ),
)


def definitions() -> None:
    """Draw the definitions in an expander."""
    with st.expander("What the numbers mean, and where they come from"):
        for row in range(0, len(DEFINITIONS), 2):
            for column, each in zip(st.columns(2, gap="large"), DEFINITIONS[row : row + 2], strict=True):
                with column:
                    st.markdown(f"**{each.name}**")
                    st.latex(each.equation)
                    st.markdown(each.words)
        # As inline code: for a code block every visitor's browser would load a syntax highlighter.
        st.markdown(f"All numbers are measured on trained models. `{SWEEP}` trains and measures five seeds of each β.")
