"""A CSV reads back as what went in, and the buttons save what their figure shows."""

import base64
import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from tests.browser.figures import figure_page

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text("=+-@\t\r\n\",'; β", max_size=6)
numbers = st.floats(allow_nan=False, allow_infinity=False)
SAVE = """rows => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 30, height: 20 });
    const buttons = saveButtons({ name: "rate-distortion plane", png: async () => canvas, csv: () => rows });
    document.querySelector("#figure").replaceChildren(buttons);
}"""

WORDS = """
<p style="font: 20px Narrow; line-height: 2.5; font-variant-numeric: tabular-nums; width: 300px; color: #000">
The first line of many words breaks at the width, and here stands the last 1,111</p>"""
# How far right and down the words reach, in pixels of the file: from the page, and from the picture.
INK_OF_WORDS = """async () => {
    await document.fonts.load("20px Narrow");
    const words = document.querySelector("#figure p");
    const [box, range] = [words.getBoundingClientRect(), document.createRange()];
    range.selectNodeContents(words);
    const right = Math.max(...Array.from(range.getClientRects(), (line) => line.right));
    const canvas = await canvasOf(words);
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const places = Array.from({ length: data.length / 4 }, (_, i) => i);
    const black = places.filter((i) => data[4 * i] < 100 && data[4 * i + 3]);
    const rows = black.map((i) => Math.floor(i / width));
    const last = rows.reduce((most, row) => Math.max(most, row));
    const furthest = black.reduce((most, i) => Math.max(most, i % width), 0);
    return [[2 * (16 + right - box.left), 2 * (16 + box.height)], [furthest, last + 2 * 16]];
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with figure_page(browser) as page:
        yield page


def read_back(page: Page, rows: list[list[str | float]]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(page.evaluate("rows => csvOf(rows)", rows), newline=""), strict=True))


@settings(max_examples=60)
@example([["=1+1", "+1", "-1", "@a", "\tb", "\rc"], ['say "no", twice', "two\r\nlines", "", "1,5", "−1", "β = 1"]])
@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1)))
def test_texts_read_back_and_none_is_a_formula(page: Page, rows: list[list[str]]) -> None:
    rows = [["head", *row] for row in rows]  # a row of one empty cell would be an empty line
    safe = [[f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text for text in row] for row in rows]
    assert read_back(page, rows) == safe


@settings(max_examples=60)
@example([1e-7, -0.1, 5e-324, 1.7976931348623157e308, 2 / 3, -3.0])
@given(st.lists(numbers, min_size=1))
def test_numbers_keep_every_digit_and_their_sign(page: Page, row: list[float]) -> None:
    assert [float(cell) for cell in read_back(page, [row])[0]] == row


def test_what_is_no_number_is_an_empty_cell(page: Page) -> None:
    assert read_back(page, [[math.nan, math.inf, 0]]) == [["", "", "0"]]


def test_lines_end_as_the_standard_has_it(page: Page) -> None:
    assert page.evaluate("csvOf([['a', 1], ['b', 2.5]])") == "a,1\r\nb,2.5\r\n"


@pytest.mark.parametrize("format", ["PNG", "CSV"])
def test_the_buttons_save_files_under_the_name_of_the_figure(page: Page, tmp_path: Path, format: str) -> None:
    page.evaluate(SAVE, [["β", "kl"], [0.1, 7.25]])
    with page.expect_download() as caught:
        page.get_by_role("button", name=f"Save the rate-distortion plane as {format}").click()
    assert caught.value.suggested_filename == f"rate-distortion-plane.{format.lower()}"
    caught.value.save_as(tmp_path / "saved")
    saved = (tmp_path / "saved").read_bytes()
    if format == "CSV":
        assert saved.decode() == "β,kl\r\n0.1,7.25\r\n"
    else:
        assert saved.startswith(b"\x89PNG")
        assert (int.from_bytes(saved[16:20]), int.from_bytes(saved[20:24])) == (30, 20)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["table of measures"], "table-of-measures"),
        (["maps", "β = 0.3", "β = 1, then 0"], "maps-beta-0.3-beta-1-then-0"),
        (["receipt", "../../x\\y", "…", "Ünser Modell"], "receipt-..-..-x-y-ünser-modell"),
        (["maps", "a" * 300], "maps-" + "a" * 95),
    ],
)
def test_a_file_is_named_after_what_it_shows(page: Page, parts: list[str], name: str) -> None:
    assert page.evaluate("parts => fileNameOf(parts)", parts) == name


def test_words_take_the_room_in_the_picture_that_they_take_on_the_page(page: Page) -> None:
    """A picture in another font would be too narrow for its words, or half empty."""
    font = next(Path(streamlit.__file__).parent.glob("static/static/media/SourceSansVF-Upright*.woff2")).read_bytes()
    source = f"data:font/woff2;base64,{base64.b64encode(font).decode()}"
    page.add_style_tag(content=f'@font-face {{ font-family: "Narrow"; font-style: normal; src: url("{source}"); }}')
    page.locator("#figure").evaluate("(figure, markup) => { figure.innerHTML = markup; }", WORDS)
    on_page, drawn = page.evaluate(INK_OF_WORDS)
    assert drawn == pytest.approx(on_page, abs=8)  # below the letters stands half a line's leading


def test_a_part_of_the_page_becomes_a_picture_with_its_canvases(page: Page) -> None:
    colours = page.evaluate("""async () => {
        const figure = document.querySelector("#figure");
        figure.innerHTML = '<canvas width="40" height="40" style="display: block"></canvas>';
        const drawing = figure.firstChild.getContext("2d");
        drawing.fillStyle = "#102030";
        drawing.fillRect(0, 0, 40, 40);
        const canvas = await canvasOf(figure.firstChild.parentNode);
        const pixel = (x, y) => Array.from(canvas.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3));
        return pixel(2 * (16 + 20), 2 * (16 + figure.firstChild.offsetTop - figure.offsetTop + 20));
    }""")
    assert colours == [0x10, 0x20, 0x30]
