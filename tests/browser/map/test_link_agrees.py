"""What the map writes into a link, Python takes, and the map reads it again as it was."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from explorer.server import link
from tests.browser.blank_page import blank_page, modules

OWN = {"pin": "", "size": ""}
"""What the Map page adds to what all maps have in a link."""
SHARED = {name: value for name, value in link.DEFAULTS.items() if name not in OWN}

# A view's half side is kept within 1e-6 and 1e6, and a coordinate of z below 1e7.
LINKS = """([numbers, defaults]) => numbers.map(([z1, z2, half]) => {
    const view = { x: z2, y: z1, half };
    const z = Float32Array.of(z1, z2);
    const state = { model: "mnist-beta-0", z, image: 7, digits: "", scale: "fit", view, lattice: true };
    return linkOf(state, half, defaults);
})"""
AGAIN = """([links, defaults]) => links.map(link => {
    const state = stateOf(link);
    return linkOf(state, state.view?.half ?? 4, defaults);
})"""


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """An empty page that knows links and nothing else."""
    with blank_page(browser, modules("link")) as page:
        yield page


def numbers() -> list[list[float]]:
    """Coordinates and half sides of every size that a visitor can come to."""
    random = np.random.default_rng(0)
    coordinates = random.choice([-1, 1], (300, 2)) * 10 ** random.uniform(-12, 6, (300, 2))
    half = 10 ** random.uniform(-5, 5, (300, 1))
    return [*np.hstack([coordinates, half]).tolist(), [0, 0, 4], [-0.0, 1e-38, 1]]


def test_python_takes_every_link_that_the_map_writes(javascript: Page) -> None:
    for state in javascript.evaluate(LINKS, [numbers(), link.DEFAULTS]):
        assert link.clean(state) == state | OWN


def test_the_map_reads_a_link_as_it_wrote_it(javascript: Page) -> None:
    links = javascript.evaluate(LINKS, [numbers(), link.DEFAULTS])
    assert javascript.evaluate(AGAIN, [links, link.DEFAULTS]) == links


def test_the_default_of_python_is_the_default_of_the_map(javascript: Page) -> None:
    assert javascript.evaluate(AGAIN, [[link.DEFAULTS], link.DEFAULTS]) == [SHARED]


@pytest.mark.parametrize("table", [link.COMPARE, link.PROBABILITY])
def test_the_link_of_another_page_has_names_of_its_own_table_alone(javascript: Page, table: link.Table) -> None:
    (state,) = javascript.evaluate(LINKS, [[[1, 2, 3]], link.defaults(table)])
    assert state.keys() == (SHARED.keys() | {"drawing"}) & table.keys()


def test_beside_a_drawing_the_origin_is_a_place_and_no_z_is_the_drawings_code(javascript: Page) -> None:
    table = link.defaults(link.COMPARE)
    script = """([link, defaults, z]) => linkOf({ ...stateOf(link), z, drawing: link.drawing }, 4, defaults)"""
    start = table | {"model": "", "lattice": "", "drawing": "ABC"}
    assert javascript.evaluate("stateOf", start)["z"] is None
    assert javascript.evaluate("stateOf", start)["linked"] is False
    assert javascript.evaluate(script, [start, table, [0, 0]])["z"] == "0,0"
    assert javascript.evaluate(script, [start | {"drawing": ""}, table, [0, 0]])["z"] == ""


def test_however_deep_the_zoom_a_link_loses_a_ten_thousandth_of_the_window_at_most(javascript: Page) -> None:
    for half in (4.0, 0.1, 0.002, 0.0001):
        (state,) = javascript.evaluate(LINKS, [[[12.3456789, -0.0123456789, half]], link.DEFAULTS])
        z1, z2 = map(float, state["z"].split(","))
        assert abs(z1 - 12.3456789) <= max(half / 1e4, 1e-6)  # z is float32
        assert abs(z2 + 0.0123456789) <= half / 1e4
