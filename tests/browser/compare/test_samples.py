"""Draws of z side by side: the same noise for both models, decoded as torch decodes it."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from scipy import stats

from models import gallery
from tests.browser.figures import ADDRESS, CLASSIFIER, choices, figure_page
from tests.browser.opened_map import READ_GREY
from tests.browser.waiting import wait_until

DRAWS = 64
MAKE = """() => {
    window.samples = new Samples(document.querySelector("#figure"), { changed: () => picks.push(samples.seed) });
}"""
SHOW = """async ([a, b, address]) => {
    const sides = await Promise.all([a, b].map(async (choice, i) => {
        return { letter: "AB"[i], choice, loaded: await fetchModel(address + choice.url, choice.likelihood) };
    }));
    samples.show(...sides);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with figure_page(browser) as page:
        page.evaluate(MAKE)
        yield page


def show(page: Page, a: str, b: str, seed: int = 0) -> dict[tuple[str, str], np.ndarray]:
    """The draws [64, 2] by letter and source, once all are decoded."""
    by_name = {choice["name"]: choice for choice in choices()}
    page.evaluate("seed => { samples.seed = seed }", seed)
    page.evaluate(SHOW, [by_name[a], by_name[b], ADDRESS])
    expect(page.locator("#figure")).to_have_attribute("data-ready", "true")
    expect(page.locator("#figure")).to_have_attribute("data-seed", str(seed))
    return draws(page)


def draws(page: Page) -> dict[tuple[str, str], np.ndarray]:
    head, *rows = page.evaluate("samples.rows()")
    assert head[:5] == ["letter", "source", "index", "z1", "z2"]
    assert len(rows) == 4 * DRAWS
    found: dict[tuple[str, str], list] = {}
    for letter, source, index, *z in rows:
        kind = "prior" if source.endswith("prior") else "own"
        assert index == len(found.setdefault((letter, kind), []))
        found[letter, kind].append(z[:2] + ([int(z[3])] if kind == "own" else []))
    return {key: np.array(values) for key, values in found.items()}


def digits(page: Page, place: int) -> np.ndarray:
    """The 64 pictures of a mosaic: float [64, 784], in 0..255."""
    side = 8 * 28 + 7 * 2
    pixels = np.array(page.locator(".lse-mosaic").nth(place).evaluate(READ_GREY)).reshape(side, side)
    return np.stack([pixels[30 * row :, 30 * column :][:28, :28].ravel() for row in range(8) for column in range(8)])


def test_both_models_decode_the_same_draws_of_the_prior(page: Page) -> None:
    shown = show(page, "mnist-beta-0", "mnist-beta-1")
    assert np.array_equal(shown["A", "prior"], shown["B", "prior"])
    assert np.array_equal(shown["A", "own"][:, 2], shown["B", "own"][:, 2])  # the same images
    assert len(np.unique(shown["A", "prior"])) == 2 * DRAWS


@pytest.mark.parametrize("name", ["mnist-beta-0.01", "mnist-beta-1", "mnist-beta-30"])
def test_draws_of_q_are_the_noise_about_the_code_of_their_image(page: Page, name: str) -> None:
    shown = show(page, "mnist-beta-1", name)
    noise = []
    for letter, model in (("A", "mnist-beta-1"), ("B", name)):
        codes, own = gallery.read(model).codes, shown[letter, "own"]
        images = own[:, 2].astype(int)
        noise.append((own[:, :2] - codes.mean[images].numpy()) / codes.stddev[images].numpy())
    assert np.abs(noise[0]).max() < 6
    assert noise[0] == pytest.approx(noise[1], abs=0.02)  # the same noise, but for the rounding of the files


def test_the_pictures_are_what_torch_decodes(page: Page) -> None:
    names = ["mnist-beta-0", "mnist-beta-10"]
    shown = show(page, *names, seed=3)
    order = [("A", "prior"), ("B", "prior"), ("A", "own"), ("B", "own")]
    for place, (letter, kind) in enumerate(order):
        z = torch.tensor(shown[letter, kind][:, :2], dtype=torch.float32)
        with torch.no_grad():
            expected = 255 * gallery.read(names["AB".index(letter)]).vae().decode(z).mean.numpy()
        assert np.abs(digits(page, place) - expected).max() <= 1


def test_the_row_of_the_table_that_the_words_name_is_there(page: Page) -> None:
    names = page.evaluate("known => measuresOf([10000], known).map(({ name }) => name)", CLASSIFIER)
    quoted = page.locator("#figure > p:last-child").inner_text().partition("“")[2].partition("”")[0]
    assert quoted in names


def test_a_seed_repeats_its_draws_and_another_has_others(page: Page) -> None:
    first = show(page, "mnist-beta-0", "mnist-beta-1", seed=5)
    other = show(page, "mnist-beta-0", "mnist-beta-1", seed=6)
    again = show(page, "mnist-beta-0", "mnist-beta-1", seed=5)
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert not np.isin(first["A", "prior"], other["A", "prior"]).any()


def test_the_button_draws_with_the_next_seed_and_says_so(page: Page) -> None:
    show(page, "mnist-beta-0", "mnist-beta-1", seed=8)
    page.evaluate("() => { picks.length = 0 }")
    page.get_by_role("button", name="Draw again").click()
    expect(page.locator("#figure")).to_have_attribute("data-seed", "9")
    expect(page.locator("#figure")).to_have_attribute("data-ready", "true")
    assert page.evaluate("picks") == [9]
    drawn = draws(page)
    expected = show(page, "mnist-beta-0", "mnist-beta-1", seed=9)
    assert np.array_equal(drawn["B", "own"], expected["B", "own"])


def test_another_model_on_one_side_leaves_the_pictures_of_the_other(page: Page) -> None:
    show(page, "mnist-beta-0", "mnist-beta-1")
    page.evaluate("() => { for (const canvas of document.querySelectorAll('canvas')) canvas.dataset.old = 'true' }")
    show(page, "mnist-beta-0", "mnist-beta-3")
    old = page.locator(".lse-mosaic").evaluate_all("all => all.map(({ dataset }) => dataset.old ?? 'false')")
    assert old == ["true", "false", "true", "false"]


def test_the_pointer_reads_the_z_of_a_digit(page: Page) -> None:
    shown = show(page, "mnist-beta-0", "mnist-beta-1")
    mosaic = page.locator(".lse-mosaic").nth(3)
    mosaic.scroll_into_view_if_needed()
    box = mosaic.bounding_box()
    page.mouse.move(box["x"] + 2.5 / 8 * box["width"], box["y"] + 1.5 / 8 * box["height"])
    z1, z2, image = shown["B", "own"][8 + 2]
    words = page.locator("#figure .lse-quiet").inner_text().replace("−", "-")
    assert f"z = ({z1:.2f}, {z2:.2f})" in words
    assert words.endswith(f"test image {image:.0f}")


@pytest.mark.parametrize(("width", "factor", "columns"), [(1400, 2, 2), (390, 1, 1), (640, 1, 2)])
def test_digits_are_enlarged_by_whole_factors(page: Page, width: int, factor: int, columns: int) -> None:
    show(page, "mnist-beta-0", "mnist-beta-1")
    page.set_viewport_size({"width": width, "height": 900})
    wait_until(page, "width => innerWidth === width", width)
    boxes = [mosaic.bounding_box() for mosaic in page.locator(".lse-mosaic").all()]
    page.set_viewport_size({"width": 1400, "height": 900})
    assert {box["width"] for box in boxes} == {238 * factor}
    assert len({box["x"] for box in boxes}) == columns


@pytest.mark.parametrize("seed", [0, 1, 2, 1000])
def test_the_generator_draws_standard_normals(page: Page, seed: int) -> None:
    drawn = np.array(page.evaluate("seed => Array.from(normalDraws(5000, uniformDraws(seed)))", seed))
    assert abs(drawn.mean()) < 5 / 100  # five standard errors
    assert abs(drawn.var() - 1) < 5 * np.sqrt(2) / 100
    assert stats.kstest(drawn, "norm").pvalue > 1e-4
    first, second = drawn.reshape(-1, 2).T
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(5000)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 5 / 100


def test_the_uniform_draws_fill_their_interval(page: Page) -> None:
    drawn = np.array(
        page.evaluate("(() => { const next = uniformDraws(7); return Array.from({ length: 10000 }, next); })()")
    )
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4
