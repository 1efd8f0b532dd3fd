"""The loss and the evidence lower bound in LaTeX, with the colours of the terms, for all pages."""

from explorer import palette

EXPECTED = r"\underbrace{\mathbb{E}_{q(z|x_i)}\!\left[-\log p(x_i|z)\right]}_{\text{reconstruction}}"
DIVERGENCE = r"\underbrace{\mathrm{KL}\!\left(q(z|x_i)\,\|\,p(z)\right)}_{\text{KL}}"

# On two lines, so that both terms fit on a phone.
LOSS = (
    rf"\begin{{aligned}} \ell_i \;=\;& \textcolor{{{palette.RECONSTRUCTION}}}{{{EXPECTED}}}"
    rf" \\ &+\; \beta \cdot \textcolor{{{palette.KL}}}{{{DIVERGENCE}}} \end{{aligned}}"
)

# On three lines, for the same reason.
EVIDENCE = (
    r"\begin{aligned} \log p(x) &= \mathrm{ELBO} + \mathrm{KL}\!\left(q(z|x)\,\|\,p(z|x)\right) \\"
    r" \mathrm{ELBO} &= "
    rf"-\,\textcolor{{{palette.RECONSTRUCTION}}}{{\mathbb{{E}}_{{q(z|x)}}\!\left[-\log p(x|z)\right]}}"
    rf" \\ &\quad -\, \textcolor{{{palette.KL}}}{{\mathrm{{KL}}\!\left(q(z|x)\,\|\,p(z)\right)}} \end{{aligned}}"
)
