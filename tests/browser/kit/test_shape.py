"""The window and the modes of a posterior in JavaScript, on made-up densities whose windows and modes are known."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.blank_page import blank_page, modules

SIDE, WIDTH = 12, 0.25
SHAPE = """([low, width, logDensity, q]) => {
    const tiles = low.map(corner => ({ low: corner, width }));
    const picture = { tiles, logDensity: Float64Array.from(logDensity) };
    const tilesShown = { ...tilesOf(picture), shade: Array.from(tilesOf(picture).shade) };
    return { window: windowOf(picture, q), modes: modesOf(picture), moments: momentsOf(picture), tiles: tilesShown };
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with blank_page(browser, modules("inference/shape")) as page:
        yield page


def shape(page: Page, *means: tuple[float, float], weights: tuple[float, ...] = (), q: dict | None = None) -> dict:
    """Of a mixture of Gaussians with stddev 0.1, equal parts by default, on the tiles around them."""
    corners = np.arange(-3, 3, WIDTH)
    low = np.stack(np.meshgrid(corners, corners, indexing="ij"), axis=-1).reshape(-1, 2)
    low = low[np.any([np.abs(low + WIDTH / 2 - mean).max(axis=1) < 0.6 for mean in means], axis=0)]
    steps = (np.arange(SIDE) + 0.5) / SIDE * WIDTH
    z = low[:, None, None] + np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1)
    parts = [np.exp(-((z - mean) ** 2).sum(axis=-1) / (2 * 0.1**2)) / (2 * np.pi * 0.1**2) for mean in means]
    density = np.tensordot(weights or [1 / len(means)] * len(means), np.stack(parts), axes=1)
    return page.evaluate(SHAPE, [low.tolist(), WIDTH, np.log(density + 1e-300).ravel().tolist(), q])


def test_the_window_holds_the_mass_and_no_more(page: Page) -> None:
    found = shape(page, (1.0, -2.0))
    half = 1.2 * 2.807 * 0.1  # a Gaussian has a quarter of a per cent beyond 2.807 sigma
    assert found["window"] == pytest.approx({"x": 1, "y": -2, "half": half}, abs=0.03)
    assert found["moments"]["mean"] == pytest.approx([1, -2], abs=1e-6)
    assert np.ravel(found["moments"]["covariance"]) == pytest.approx([0.01, 0, 0, 0.01], abs=1e-4)


def test_the_window_holds_q_unless_that_is_far_away_or_wide(page: Page) -> None:
    near = {"mean": [0.5, 0], "tril": [[0.2, 0], [0, 0.1]]}
    found = shape(page, (0.0, 0.0), q=near)["window"]
    assert found["x"] + found["half"] >= 0.5 + 3 * 0.2
    wide = {"mean": [0, 0], "tril": [[30, 0], [0, 30]]}
    assert shape(page, (0.0, 0.0), q=wide)["window"] == shape(page, (0.0, 0.0))["window"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_modes_that_stand_apart_are_counted(page: Page, count: int) -> None:
    assert shape(page, *[(2.0 * each - 2, 0.0) for each in range(count)])["modes"] == count


def test_neither_neighbours_nor_a_trace_of_mass_are_modes(page: Page) -> None:
    assert shape(page, (0.0, 0.0), (0.15, 0.0))["modes"] == 1
    assert shape(page, (0.0, 0.0), (2.0, 0.0), weights=(0.995, 0.005))["modes"] == 1


def test_the_shade_is_the_root_of_the_density(page: Page) -> None:
    shade = np.array(shape(page, (0.0, 0.0))["tiles"]["shade"])
    assert shade.max() == 255
    assert shade.sum() / 255 * (WIDTH / SIDE) ** 2 == pytest.approx(4 * np.pi * 0.1**2, rel=0.02)
