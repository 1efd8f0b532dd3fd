"""The points as pixels: the edge of the map cuts a disc and does not swallow it."""

import numpy as np
from playwright.sync_api import Browser

from tests.browser.blank_page import blank_page, modules

# A window of 20 pixels in the middle of one of 40, on paper of one grey.
PAINT = """([points, half, side]) => {
    const image = new ImageData(side, side);
    image.data.fill(200);
    const labels = new Uint8Array(points.length / 2);
    paintPoints(image, Float32Array.from(points), labels, [[10, 60, 90]], { x: 0, y: 0, half }, 3);
    return Array.from(image.data);
}"""


def test_a_point_at_the_edge_is_the_part_of_its_disc_inside(browser: Browser) -> None:
    # On the centres of quarter pixels, where a disc cut and a whole one are drawn alike.
    places = np.array([[-10, 0], [10, 3], [2, 10], [-5, -10], [9, 9], [-11, -11], [12, 0], [0, 15]]) + 0.125
    with blank_page(browser, modules("view", "map/points")) as page:
        small, large = (page.evaluate(PAINT, [places.flatten().tolist(), half, 2 * half]) for half in (10, 20))
    middle = np.reshape(large, (40, 40, 4))[10:30, 10:30]
    assert (middle != 200).any()
    assert np.array_equal(np.reshape(small, (20, 20, 4)), middle)
