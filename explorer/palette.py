"""The colours: one for each class and each loss term, the same on every page."""

RECONSTRUCTION = "#009950"
KL = "#d6409f"
TERMS = {"reconstruction": RECONSTRUCTION, "kl": KL}

# Petroff, 2021, Accessible Color Sequences for Data Visualization, https://arxiv.org/abs/2107.02270: ten colours
# chosen by optimisation to stay apart under simulated colour-vision deficiencies. A few are made lighter for the
# dark theme or darker for the light one, where they would sink into the background.
CLASSES = {
    "light": [
        "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
        "#a96b59", "#e76300", "#b9ac70", "#5d6069", "#5ec4c8",
    ],
    "dark": [
        "#3f90da", "#ffa90e", "#c03c25", "#94a4a2", "#8d3bdf",
        "#b97a68", "#e76300", "#b9ac70", "#717581", "#92dadd",
    ],
}  # fmt: skip
