"""The loss as every page writes it, and the evidence that it bounds, in LaTeX and in the terms' colours."""

from explorer import palette

EXPECTED = r"\underbrace{\mathbb{E}_{q(z|x_i)}\!\left[-\log p(x_i|z)\right]}_{\text{reconstruction}}"
DIVERGENCE = r"\underbrace{\mathrm{KL}\!\left(q(z|x_i)\,\|\,p(z)\right)}_{\text{KL}}"

# In two lines, so that a phone shows both terms.
LOSS = (
    rf"\begin{{aligned}} \ell_i \;=\;& \textcolor{{{palette.RECONSTRUCTION}}}{{{EXPECTED}}}"
    rf" \\ &+\; \beta \cdot \textcolor{{{palette.KL}}}{{{DIVERGENCE}}} \end{{aligned}}"
)

# In three lines, as above.
EVIDENCE = (
    r"\begin{aligned} \log p(x) &= \mathrm{ELBO} + \mathrm{KL}\!\left(q(z|x)\,\|\,p(z|x)\right) \\"
    r" \mathrm{ELBO} &= "
    rf"-\,\textcolor{{{palette.RECONSTRUCTION}}}{{\mathbb{{E}}_{{q(z|x)}}\!\left[-\log p(x|z)\right]}}"
    rf" \\ &\quad -\, \textcolor{{{palette.KL}}}{{\mathrm{{KL}}\!\left(q(z|x)\,\|\,p(z)\right)}} \end{{aligned}}"
)
