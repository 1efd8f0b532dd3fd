"""The colours: one for each class and each loss term, the same on every page."""

from explorer.wire import ClassColours, TermColours

RECONSTRUCTION = "#009950"
KL = "#d6409f"
_TERMS = {"reconstruction": RECONSTRUCTION, "kl": KL}
TERMS: TermColours = {"reconstruction": RECONSTRUCTION, "kl": KL}

TEXT_SHARE = 0.2
"""The share of black, or white in the dark theme, that is mixed into a term's colour for text: thin strokes need more
contrast than areas."""

# Petroff, 2021, Accessible Color Sequences for Data Visualization, https://arxiv.org/abs/2107.02270: ten colours
# chosen by optimisation to stay apart under simulated colour-vision deficiencies. A few are made lighter for the
# dark theme or darker for the light one, where the contrast to the background would be too low.
CLASSES: ClassColours = {
    "light": [
        "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
        "#a96b59", "#e76300", "#b9ac70", "#5d6069", "#5ec4c8",
    ],
    "dark": [
        "#3f90da", "#ffa90e", "#c03c25", "#94a4a2", "#8d3bdf",
        "#b97a68", "#e76300", "#b9ac70", "#717581", "#92dadd",
    ],
}  # fmt: skip


def style() -> str:
    """CSS for the whole page that makes coloured words readable in both themes."""
    texts = {
        term: f"color-mix(in srgb, {colour}, light-dark(black, white) {TEXT_SHARE:.0%})"
        for term, colour in _TERMS.items()
    }
    # Streamlit's Markdown and LaTeX accept one colour for both themes, and put it into an element's style attribute.
    words = (
        f'.stApp [style*="color: {_rgb(_TERMS[term])}"] {{ color: {text} !important; }}' for term, text in texts.items()
    )
    names = "".join(f"--lse-{term}-text: {text}; " for term, text in texts.items())
    # Streamlit uses white text on the primary colour, which is light in the dark theme.
    button = '.stApp [data-testid^="stBaseButton-primary"]:enabled { color: light-dark(white, black); }'
    return "\n".join((f".stApp {{ {names}}}", *words, button))


def _rgb(colour: str) -> str:
    """The colour in the notation of browsers."""
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"
