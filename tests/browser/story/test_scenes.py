"""Each scene is asked, answered and judged by the real models, on one page that goes through all of them."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect
from torch.distributions import Independent, Normal

from models import dimensions, gallery, lookup
from models.bound import elbo
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import evidence
from models.inference import read_shipped
from models.vae import VAE
from tests.browser.opened_map import READY_MS
from tests.browser.waiting import wait_until


def ready(page: Page, place: str) -> None:
    expect(page.locator("[data-testid=story][data-ready=true]")).to_be_attached(timeout=READY_MS)
    expect(page.get_by_test_id("scene")).to_have_attribute("data-scene", place)


def said(part: Locator, name: str) -> str:
    """What a part of the page says in its data attribute."""
    return part.get_attribute(f"data-{name}") or ""


def places(page: Page) -> list[str]:
    return said(page.get_by_test_id("story"), "places").split()


@pytest.fixture(scope="module")
def story(browser: Browser, server: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page.set_default_timeout(READY_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}story")
    ready(page, "1")
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def go(story: Page) -> Callable[[str], Page]:
    """Goes to a scene by the keys of a presenter, from wherever the page is."""

    def to(number: str) -> Page:
        order = places(story)
        steps = order.index(number) - order.index(said(story.get_by_test_id("story"), "place"))
        for _ in range(abs(steps)):
            story.keyboard.press("PageDown" if steps > 0 else "PageUp")
        ready(story, number)
        return story

    return to


def answered(page: Page) -> tuple[str, str]:
    """The guess and the truth, once the scene has both."""
    scene = page.get_by_test_id("scene")
    expect(scene).to_have_attribute("data-answered", "true", timeout=READY_MS)
    return said(scene, "guess"), said(scene, "truth")


@pytest.mark.slow
def test_every_scene_fits_a_projector_and_has_a_link(go: Callable, story: Page) -> None:
    for place in places(story)[:-1]:
        page = go(place)
        bottom = page.locator(".lse-formula").evaluate("formula => formula.getBoundingClientRect().bottom")
        assert bottom <= 720, place
        assert f"scene={place}" in page.url or place == "1"


def test_the_best_z_costs_no_more_than_the_visitors(go: Callable) -> None:
    page = go("1")
    page.get_by_role("button", name="This is my z").click()
    guess, truth = answered(page)
    assert 50 < float(truth) <= float(guess)


def test_the_dearer_reconstruction_costs_what_torch_says(go: Callable, mnist_test: Dataset) -> None:
    page = go("2")
    image = int(number(page.locator(".lse-rebuilt figcaption").first.inner_text()))
    page.get_by_role("button", name="B costs more").click()
    guess, truth = answered(page)
    shown = [float(each) for each in re.findall(r"[AB]: ([\d.]+) nats", page.locator(".lse-reveal").inner_text())]
    x = fixed_images(mnist_test)[image : image + 1]
    costs = [reconstruction(gallery.read(name).vae(), x) for name in (gallery.REFERENCE, "mnist-beta-10")]
    assert shown == pytest.approx(costs, abs=0.1)
    assert (guess, truth) == ("B", "AB"[int(np.argmax(costs))])


@torch.no_grad()
def reconstruction(vae: VAE, x: torch.Tensor) -> float:
    """-log p(x|z) in nats at the encoder's mean."""
    return -vae.decode(vae.encode(x).mean).log_prob(x).item()


def test_the_forces_balance_where_the_loss_is_least(go: Callable, mnist_test: Dataset) -> None:
    page = go("3")
    page.get_by_role("button", name="Here they balance").click()
    guess, truth = (torch.tensor([[float(each) for each in text.split(",")]]) for text in answered(page))
    vae, x = gallery.read(gallery.REFERENCE).vae(), fixed_images(mnist_test)[1:2]
    with torch.no_grad():
        wide = torch.full((1, 2), 0.05)
        at_guess, at_truth = (elbo(vae, x, Independent(Normal(mean, wide), 1)).value.item() for mean in (guess, truth))
    assert at_truth > at_guess + 10


def test_the_circle_without_the_kl_term_holds_99_of_100_codes(go: Callable) -> None:
    page = go("4")
    page.get_by_role("button", name="Switch the KL term off").click()
    _, truth = answered(page)
    distances = np.linalg.norm(gallery.read("mnist-beta-0").codes.mean.numpy(), axis=1)
    assert float(truth) == pytest.approx(np.sort(distances)[9899], abs=0.01)


def test_at_the_largest_weight_no_digit_survives(go: Callable) -> None:
    page = go("5")
    page.get_by_role("button", name="digit 3 survives at beta 30").click()
    page.get_by_role("button", name="Turn the dial").click()
    guess, truth = answered(page)
    assert guess == "|3"
    at_ten, at_thirty = truth.split("|")
    assert len(at_ten) > len(at_thirty) == 0


def test_the_sheets_are_told_apart(go: Callable) -> None:
    page = go("6")
    for letter, beta in zip("ABC", (30, 0, 1), strict=True):
        page.get_by_role("button", name=f"sheet {letter} is from beta {beta}", exact=True).click()
    page.get_by_role("button", name="That is my answer").click()
    assert answered(page) == ("30|0|1", "30|0|1")


def test_a_sum_over_987_values_is_the_mean_that_torch_computes(go: Callable, mnist_test: Dataset) -> None:
    page = go("7")
    shown = number(page.locator(".lse-rungs").first.locator("tr").last.locator("td").nth(1).inner_text())
    page.get_by_role("button", name="That is my guess").click()
    _, truth = answered(page)
    vae, x = gallery.read(gallery.EXACT).vae(), fixed_images(mnist_test)[1:2]
    k = torch.arange(987, dtype=torch.float64) + 0.5
    z = torch.special.ndtri(torch.stack([k / 987, k * (5**0.5 - 1) / 2 % 1], dim=1)).float()
    with torch.no_grad():
        mean = vae.decode(z).log_prob(x).logsumexp(dim=0).item() - np.log(987)
    assert shown == pytest.approx(mean, abs=0.3)
    asked = next(row for row in dimensions.read()["rows"] if row["dimensions"] == 10)
    assert float(truth) == pytest.approx(asked["grid_points"], rel=0.01)


def test_the_gap_of_the_encoder_is_what_torch_computes_and_the_best_q_has_less(
    go: Callable, mnist_test: Dataset
) -> None:
    page = go("8")
    gap = number(page.locator(".lse-bound").nth(1).inner_text().partition("gap")[2])
    evident = number(page.locator(".lse-bound").first.inner_text())
    page.get_by_role("button", name="This is my q").click()
    guess, truth = answered(page)
    vae, x = gallery.read(gallery.REFERENCE).vae(), fixed_images(mnist_test)[1:2]
    with torch.no_grad():
        log_evidence = evidence(vae, x).log_evidence.item()
        assert gap == pytest.approx(log_evidence - elbo(vae, x, vae.encode(x)).value.item(), abs=0.1)
    assert evident == pytest.approx(log_evidence, abs=0.1)
    assert 0 < float(truth) < gap < float(guess)


def test_a_drawn_digit_is_asked_in_place_of_the_test_image(go: Callable) -> None:
    page = go("8")
    page.get_by_text("Draw your own x").click()
    pad = page.locator(".lse-pad-canvas")
    pad.hover()
    page.mouse.down()
    page.mouse.move(*(offset + 60 for offset in middle(pad)))
    page.mouse.up()
    expect(page.locator(".lse-original figcaption")).to_have_text("x: your digit", timeout=READY_MS)
    expect(page.get_by_test_id("scene")).to_have_attribute("data-answered", "false")
    x = torch.tensor([page.locator(".lse-original canvas").evaluate(_BITS)], dtype=torch.float32)
    exact = evidence(gallery.read(gallery.REFERENCE).vae(), x).log_evidence.item()
    assert x.sum() > 10
    assert number(page.locator(".lse-bound").first.inner_text()) == pytest.approx(exact, abs=0.1)


_BITS = """canvas => Array.from(canvas.getContext("2d").getImageData(0, 0, 28, 28).data)
    .filter((_, i) => i % 4 === 0).map(level => Number(level > 127))"""


def middle(part: Locator) -> tuple[float, float]:
    """Of a part of the page, in pixels of the window."""
    box = part.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_what_one_encoder_costs_is_what_was_measured(go: Callable) -> None:
    page = go("9")
    page.get_by_role("button", name="That is my guess").click()
    _, truth = answered(page)
    measured = read_shipped()["models"][gallery.REFERENCE]
    known = measured.get("lookup", {}).get("coarse_lookup_elbo")
    cost = measured["amortisation_gap"] if known is None else known - measured["elbo"]
    assert float(truth) == pytest.approx(cost, abs=0.01)


def test_what_is_looked_up_for_an_image_is_what_torch_finds(go: Callable, mnist_test: Dataset) -> None:
    page = go("9")
    page.get_by_role("button", name="test image 33").click()
    vae, x = gallery.read(gallery.REFERENCE).vae(), fixed_images(mnist_test)[33:34]
    with torch.no_grad():
        wanted = -elbo(vae, x, lookup.infer(vae, lookup.table(vae, lookup.POINTS[0]), x)).value.item()
    near = (
        "wanted => Math.abs(document.querySelector('[data-of=lookup] figcaption').innerText.match(/[0-9.]+/) - wanted)"
    )
    wait_until(page, f"{near} < 0.06", wanted)


def number(words: str) -> float:
    """The first number in words of the page."""
    return float(re.findall(r"−?[\d.]+", words)[0].replace("−", "-"))


def test_the_sheet_has_a_row_for_each_guess(go: Callable, story: Page) -> None:
    go("9")
    story.keyboard.press("PageDown")
    expect(story.get_by_test_id("sheet").locator("tbody tr")).to_have_count(9)
    story.get_by_role("button", name="Previous scene").click()
    ready(story, "9")
