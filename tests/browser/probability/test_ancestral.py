"""Ancestral samples in the browser have the distribution of the model: z of the prior, x of p(x|z)."""

from collections.abc import Iterator

import numpy as np
import pytest
import safetensors.torch
import torch
from playwright.sync_api import Browser, Locator, Page, expect
from scipy import stats

from models import gallery
from models.likelihood import LIKELIHOODS
from tests.browser.blank_page import address_of
from tests.browser.inference_page import inference_page
from tests.browser.opened_map import READ_GREY
from tests.browser.waiting import wait_until

# Of a decoder that takes any z to the same grey.
GREY = """([level, likelihood, stddev]) => {
    const logits = () => new Float32Array(784).fill(Math.log(level / (1 - level)));
    ancestral.show({ logits, mean: sigmoid }, likelihood, stddev);
}"""
BERNOULLI, GAUSSIAN = (LIKELIHOODS[name].facts() for name in ("bernoulli", "gaussian"))
DECODER = """async ([url, likelihood]) => {
    window.decoder = new Decoder(await fetchTensors(url));
    ancestral.show(decoder, likelihood, 0.1);
}"""
MEANS = "ancestral.draws.map(({ mean }) => Array.from(mean))"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with inference_page(browser) as page:
        yield page


def draw(page: Page, count: int = 100) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """z [count, 2], the means and x, both [count, 784], of one press."""
    page.get_by_role("button", name="Draw one" if count == 1 else "Draw 100", exact=True).click()
    section = page.locator(".lse-ancestral")
    expect(section).to_have_attribute("data-count", str(count))
    expect(section).to_have_attribute("data-ready", "true")
    rows = np.array(page.evaluate("ancestral.rows().slice(1)"))
    assert np.array_equal(rows[:, 1], np.arange(count))
    return rows[:, 2:4], np.array(page.evaluate(MEANS)), rows[:, 4:]


def take_model(page: Page, name: str) -> None:
    weights = gallery.read(name).weights
    decoder = {key: weight for key, weight in weights.items() if key.startswith("decoder.")}
    page.evaluate(DECODER, [address_of(safetensors.torch.save(decoder)), BERNOULLI])


def test_z_is_of_the_prior_and_all_of_it_lands(page: Page) -> None:
    page.evaluate(GREY, [0.5, BERNOULLI, 0])
    z, *_ = draw(page)
    assert page.evaluate("landed") == z.tolist()
    z = np.array(page.evaluate("Array.from({ length: 10 }, () => (ancestral.drawAnew(100), landed)).flat()"))
    assert all(stats.kstest(z[:, axis], "norm").pvalue > 1e-4 for axis in (0, 1))
    assert abs(np.corrcoef(z.T)[0, 1]) < 5 / np.sqrt(len(z))
    assert len(np.unique(z)) == z.size


@pytest.mark.slow
def test_z_drawn_one_at_a_time_is_of_the_prior_too(page: Page) -> None:
    z = np.array(page.evaluate("Array.from({ length: 1000 }, () => (ancestral.drawAnew(1), landed[0]))"))
    assert all(stats.kstest(z[:, axis], "norm").pvalue > 1e-4 for axis in (0, 1))
    assert abs(np.corrcoef(z[:-1, 0], z[1:, 0])[0, 1]) < 5 / np.sqrt(len(z))


def test_the_bits_are_on_as_often_as_their_means_say(page: Page) -> None:
    take_model(page, "mnist-beta-1")
    z, mean, x = draw(page)
    with torch.no_grad():
        expected = gallery.read("mnist-beta-1").vae().decode(torch.tensor(z, dtype=torch.float32)).mean.numpy()
    assert np.abs(mean - expected).max() <= 1e-3
    assert set(np.unique(x)) == {0, 1}
    for low, high in zip([0, 0.01, 0.2, 0.5, 0.8], [0.01, 0.2, 0.5, 0.8, 1], strict=True):
        chosen = (mean >= low) & (mean <= high)
        error = np.sqrt((mean[chosen] * (1 - mean[chosen])).sum())
        assert abs((x[chosen] - mean[chosen]).sum()) < 5 * error
    residual = (x - mean) / np.sqrt(mean * (1 - mean) + 1e-9)
    neighbours = (residual[:, :-1] * residual[:, 1:]).mean()  # independent given z
    assert abs(neighbours) < 0.05


def test_grey_pixels_are_the_mean_and_normal_noise(page: Page) -> None:
    page.evaluate(GREY, [0.5, GAUSSIAN, 0.1])
    _, mean, x = draw(page)
    noise = (x - mean) / 0.1
    assert np.abs(noise).max() > 3.5
    assert stats.kstest(noise.ravel()[::7], "norm").pvalue > 1e-4
    assert noise.std() == pytest.approx(1, abs=0.02)


def test_grey_levels_are_clipped_and_the_words_say_so(page: Page) -> None:
    page.evaluate(GREY, [0.02, GAUSSIAN, 0.1])
    _, _, x = draw(page)
    assert x.min() == 0
    assert np.mean(x == 0) == pytest.approx(stats.norm.cdf(-0.2), abs=0.01)
    expect(page.locator(".lse-ancestral > .lse-quiet")).to_contain_text("clipped to 0…1")
    expect(page.locator(".lse-steps")).to_contain_text("σ = 0.10")


def test_the_sheet_shows_samples_or_means_and_a_click_chooses_one(page: Page) -> None:
    take_model(page, "mnist-beta-1")
    z, mean, x = draw(page)
    sheet = page.locator(".lse-sheet canvas")
    for name, pictures in (("Means E[x|z]", mean), ("Samples x", x)):
        page.get_by_role("button", name=name).click()
        assert np.abs(digits(sheet) - 255 * pictures).max() <= 1
    box = sheet.bounding_box()
    sheet.click(position={"x": 0.75 * box["width"], "y": 0.35 * box["height"]})
    expect(page.locator(".lse-ancestral")).to_have_attribute("data-chosen", "37")
    z1, z2 = (f"{value:.2f}".replace("-", "−") for value in z[37])
    assert f"({z1}, {z2})" in page.locator(".lse-steps").inner_text()
    assert np.abs(picture(page, 0) - 255 * mean[37]).max() <= 1
    assert np.array_equal(picture(page, 1), 255 * x[37])
    page.get_by_role("button", name="Use as x").click()
    assert page.evaluate("taken.at(-1)") == (255 * x[37]).tolist()


def digits(sheet: Locator) -> np.ndarray:
    """The pictures of the sheet: float [100, 784], in 0..255."""
    pixels = np.array(sheet.evaluate(READ_GREY)).reshape(300, 300)
    return np.stack([pixels[30 * row + 1 :, 30 * column + 1 :][:28, :28].ravel() for row, column in np.ndindex(10, 10)])


def picture(page: Page, place: int) -> np.ndarray:
    return np.array(page.locator(".lse-steps canvas").nth(place).evaluate(READ_GREY))


def test_one_draw_has_no_sheet_and_can_be_taken(page: Page) -> None:
    take_model(page, "mnist-beta-1")
    _, _, x = draw(page, 1)
    expect(page.locator(".lse-sheet")).to_be_hidden()
    page.get_by_role("button", name="Use as x").click()
    assert page.evaluate("taken.at(-1)") == (255 * x[0]).tolist()


@pytest.mark.slow
def test_another_model_draws_from_the_same_z(page: Page) -> None:
    take_model(page, "mnist-beta-1")
    z, mean, _ = draw(page, 1)
    take_model(page, "mnist-beta-10")
    wait_until(page, "ancestral.root.dataset.ready === 'true'")
    assert page.evaluate("landed") == z.tolist()
    assert np.abs(np.array(page.evaluate(MEANS)) - mean).max() > 0.1
