"""What the page saves shows all of its figure, as sharp as the file is."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Download, expect

from tests.browser.opened_pair import PAIR, OpenedPair


@pytest.fixture(scope="module")
def opened(browser: Browser, server: str) -> Iterator[OpenedPair]:
    """The page once, on a screen whose pixels are those of the page."""
    opened = OpenedPair(browser.new_page(device_scale_factor=1, color_scheme="light"))
    opened.page.goto(f"{server}compare{PAIR}")
    opened.wait_until_ready()
    opened.wait_for_axes()
    for name in ("measures", "plane"):
        opened.unfold(name)
    yield opened
    opened.page.close()
    assert opened.complaints == []


def saved(opened: OpenedPair, button: str) -> Download:
    with opened.page.expect_download() as download:
        opened.page.get_by_label(button).click()
    return download.value


def pixels(download: Download) -> np.ndarray:
    """The picture of a download, uint8 [rows, columns, 3]."""
    return np.asarray(Image.open(download.path()).convert("RGB"))


@pytest.mark.slow
def test_the_points_of_the_saved_maps_are_drawn_for_the_file_and_not_enlarged(opened: OpenedPair) -> None:
    before = opened.points_of_both()
    download = saved(opened, "Save the maps as PNG")
    assert download.suggested_filename == "maps-beta-0.3-beta-1.png"
    picture = pixels(download).astype(int)
    coloured = (picture.max(axis=2) - picture.min(axis=2)) > 60
    uniform = []  # the share of coloured blocks of 2x2 pixels that are of one colour, for each way to lay them
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        rows, columns = (coloured.shape[0] - down) // 2 * 2, (coloured.shape[1] - right) // 2 * 2
        part = (slice(down, down + rows), slice(right, right + columns))
        blocks = picture[part].reshape(rows // 2, 2, columns // 2, 2, 3)
        inked = coloured[part].reshape(rows // 2, 2, columns // 2, 2).any(axis=(1, 3))
        same = (blocks == blocks[:, :1, :, :1]).all(axis=(1, 3, 4))
        uniform.append(same[inked].mean())
    assert max(uniform) < 0.5
    assert opened.points_of_both() == before


@pytest.mark.slow
def test_the_saved_table_ends_with_its_last_column_and_its_last_row(opened: OpenedPair) -> None:
    table = opened.page.locator(".lse-table")
    expect(table.locator("tbody tr").first).to_be_attached()
    picture = pixels(saved(opened, "Save the table of measures as PNG"))
    width, height, right, bottom = table.evaluate("""table => {
        const words = document.createRange();
        words.selectNodeContents(table.querySelector("tbody tr > :last-child"));
        const box = table.getBoundingClientRect();
        const last = Array.from(table.querySelectorAll("tr:last-child small"), (each) => each.getBoundingClientRect());
        const bottom = Math.max(...last.map((each) => each.bottom));
        return [box.width, box.height, words.getBoundingClientRect().right - box.left, bottom - box.top];
    }""")
    assert picture.shape[:2] == pytest.approx((2 * (height + 32), 2 * (width + 32)), abs=3)
    rows, columns = np.nonzero(picture.max(axis=2) < 150)  # ink, muted too
    first_row = columns[rows < 2 * 32 + picture.shape[0] // 4]
    assert first_row.max() == pytest.approx(2 * (16 + right), abs=24)  # the button of the head is as wide as its words
    assert rows.max() == pytest.approx(2 * (16 + bottom), abs=16)


def test_the_saved_plane_has_the_round_badges_of_the_page(opened: OpenedPair) -> None:
    expect(opened.page.locator("[data-testid=plane][data-ready=true]")).to_be_attached()
    picture = pixels(saved(opened, "Save the rate-distortion plane as PNG"))
    badge = opened.page.locator(".lse-peg .lse-badge").first
    colour = badge.evaluate("badge => getComputedStyle(badge).backgroundColor.match(/\\d+/g).map(Number)")
    box, chart = badge.bounding_box(), opened.page.locator(".lse-plane-chart").bounding_box()
    left, top = (2 * (16 + box[axis] - chart[axis]) for axis in ("x", "y"))
    side = 2 * box["width"]
    corner, edge = picture[round(top + 2), round(left + 2)], picture[round(top + side / 2), round(left + 4)]
    assert edge.tolist() == colour
    assert corner.tolist() != colour
