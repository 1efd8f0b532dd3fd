"""The points at which z is looked up, and the story sums over z, are those of models.lattice."""

import numpy as np
from playwright.sync_api import Browser

from models.lattice import fixed_points
from tests.browser.blank_page import blank_page, modules


def test_the_points_are_those_that_python_looks_z_up_at(browser: Browser) -> None:
    with blank_page(browser, modules("inference/fixed_points")) as page:
        found = page.evaluate("count => Array.from(fixedPoints(count))", 987)
    assert np.allclose(np.reshape(found, (987, 2)), fixed_points(987).numpy(), atol=2e-5)
