"""Ten classes stay ten colours, also for colour-blind eyes, and none sinks into the paper."""

import re
import tomllib
from itertools import combinations

import numpy as np
import pytest

from explorer.palette import CLASSES, KL, RECONSTRUCTION, TERMS, TEXT_SHARE, style
from tests.conftest import ROOT

THEMES = ("light", "dark")

# Machado, Oliveira and Fernandes, 2009, A Physiologically-based Model for Simulation of Color Vision Deficiency,
# https://doi.org/10.1109/TVCG.2009.113, severity 1.0; on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
}
# IEC 61966-2-1, white D65.
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])

# CIE76 units. 2.3 is just noticeable side by side; dots of two pixels among thousands need a multiple of that.
APART = 10
# WCAG 2 ratios. Yellow on white reaches no more than the first; areas need the second, and words the third.
DOT_CONTRAST, TERM_CONTRAST, WORD_CONTRAST = 1.9, 3.0, 4.5


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of linear RGB."""
    share = XYZ @ rgb / XYZ.sum(axis=1)
    x, y, z = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: str, other: str, vision: str) -> float:
    seen = [lab(np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def theme_colour(theme: str, name: str) -> str:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][theme][name]


def contrast(colour: str, theme: str, paper: str = "backgroundColor") -> float:
    """Against the page of ``theme``, as the web content guidelines define it."""
    low, high = sorted(XYZ[1] @ linear(each) for each in (colour, theme_colour(theme, paper)))
    return (high + 0.05) / (low + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """As color-mix(in srgb) does: by the values as they are written."""
    pairs = [(int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


@pytest.mark.parametrize("theme", THEMES)
def test_there_are_ten_colours_written_as_hex(theme: str) -> None:
    assert len(set(CLASSES[theme])) == 10
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in CLASSES[theme])


def test_distances_agree_with_a_published_pair() -> None:
    assert lab(linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", THEMES)
def test_any_two_classes_look_different(theme: str, vision: str) -> None:
    pairs = combinations(range(10), 2)
    close = {(a, b): round(distance(CLASSES[theme][a], CLASSES[theme][b], vision), 1) for a, b in pairs}
    assert {pair: apart for pair, apart in close.items() if apart < APART} == {}


@pytest.mark.parametrize("vision", VISION)
def test_the_two_loss_terms_look_different(vision: str) -> None:
    assert distance(RECONSTRUCTION, KL, vision) > 2 * APART


@pytest.mark.parametrize("theme", THEMES)
def test_no_class_sinks_into_the_page(theme: str) -> None:
    assert min(contrast(colour, theme) for colour in CLASSES[theme]) >= DOT_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_the_loss_terms_can_be_seen(theme: str) -> None:
    assert min(contrast(colour, theme) for colour in (RECONSTRUCTION, KL)) >= TERM_CONTRAST


@pytest.mark.parametrize("paper", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize(("theme", "towards"), [("light", "#000000"), ("dark", "#ffffff")])
def test_words_in_the_colour_of_a_term_can_be_read(theme: str, towards: str, paper: str) -> None:
    words = [mixed(colour, towards, TEXT_SHARE) for colour in TERMS.values()]
    assert min(contrast(colour, theme, paper) for colour in words) >= WORD_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_captions_can_be_read(theme: str) -> None:
    """Streamlit gives them 60 % of the text's colour."""
    caption = mixed(theme_colour(theme, "backgroundColor"), theme_colour(theme, "textColor"), 0.6)
    assert contrast(caption, theme) >= WORD_CONTRAST


def test_the_style_finds_the_colours_as_browsers_write_them() -> None:
    assert 'style*="color: rgb(214, 64, 159)"' in style()
    assert 'style*="color: rgb(0, 153, 80)"' in style()
