"""The picture of a posterior: its tiles as they are, and in their place."""

import torch
from playwright.sync_api import Browser, Page

from tests.browser.blank_page import blank_page, modules

HEAT = modules("view", "heat")
PAINT = """([low, width, shade, view, side]) => {
    const image = new ImageData(side, side);
    image.data.fill(0);
    const tiles = { low, width, side: 12, shade: Uint8Array.from(shade) };
    paintHeat(image, view, tiles, [255, 255, 255], 1);
    return Array.from({ length: side * side }, (_, i) => image.data[4 * i]);
}"""


def bump(z: torch.Tensor) -> torch.Tensor:
    """A smooth density's shade: uneven, tilted, 255 at its mode."""
    tilted = torch.stack([z[..., 0] + 0.5 * z[..., 1] - 0.3, (z[..., 1] + 0.2) / 0.7], dim=-1)
    return 255 * (-tilted.square().sum(dim=-1) / 0.5).exp()


def test_tiles_of_two_sizes_are_painted_where_and_as_they_are(browser: Browser) -> None:
    with blank_page(browser, HEAT) as page:
        for half in (2.0, 0.6):
            assert_painted(page, half)


def assert_painted(page: Page, half: float) -> None:
    side = 200
    corners = torch.tensor([[-2.0, -2.0], [0.0, -2.0], [-2.0, 0.0]])
    fine = torch.cartesian_prod(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0]))
    low, width = torch.cat([corners, fine]), torch.tensor([2.0] * 3 + [1.0] * 4)
    steps = (torch.arange(12) + 0.5) / 12
    pixels = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), dim=-1)
    shade = bump(low[:, None, None] + pixels * width[:, None, None, None]).round().int()
    view = {"x": 0.1, "y": -0.05, "half": half}
    painted = page.evaluate(PAINT, [low.tolist(), width.tolist(), shade.flatten().tolist(), view, side])
    across = (torch.arange(side) + 0.5) * 2 * half / side - half
    z = torch.stack(torch.meshgrid(-across - 0.05, across + 0.1, indexing="ij")[::-1], dim=-1)
    error = (torch.tensor(painted).view(side, side) - bump(z)).abs()
    inside = (z > -1.9).all(dim=-1) & (z < 1.9).all(dim=-1)
    assert error[inside].max() < 16  # of 255: what lies between coarse pixels is interpolated
    assert error[inside].mean() < 3
