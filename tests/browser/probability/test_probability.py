"""The probability page: the posterior on the map, the identity that adds up, and the two gaps."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from models import bound, gallery, lookup
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import evidence, posterior
from tests.browser.opened_map import READY_MS, lonely_image
from tests.browser.opened_pair import SEVEN
from tests.browser.opened_probability import OpenedProbability

REFERENCE = gallery.REFERENCE
FAR = 18  # a test image whose code the encoder puts beside its posterior
GREY = f"?model=mnist-gaussian-beta-1&image={FAR}&full=on"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 3}


@pytest.fixture
def opened(open_probability: Callable, mnist_test: Dataset) -> OpenedProbability:
    """The page with the image FAR, answered; to be left as it was, but for what its address says."""
    found = open_probability(f"?image={FAR}", shared=True)
    found.wait_for_answer()
    return found


@pytest.fixture
def answered(open_probability: Callable, mnist_test: Dataset) -> OpenedProbability:
    """The page with the first model, whatever it was asked before; to be left with that model and an answer."""
    found = open_probability(f"?image={FAR}", anywhere=True)
    found.wait_for_answer()
    return found


@cache
def exact(name: str, pixels: bytes) -> tuple[float, float]:
    """log p(x) and the ELBO of the encoder's q, in nats."""
    name, _, beta = name.partition("@")
    vae = gallery.read(name).vae(float(beta) if beta else None)
    x = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).float()[None] / 255
    with torch.no_grad():
        return evidence(vae, x).log_evidence.item(), bound.elbo(vae, x, vae.encode(x)).value.item()


def seen(opened: OpenedProbability) -> np.ndarray:
    return opened.picture(opened.page.get_by_test_id("x"))


def assert_adds_up(opened: OpenedProbability, name: str) -> None:
    """Each number is torch's for the x that shows, and the two make the third."""
    elbo, kl, total = opened.numbers("identity", ["ELBO", "KL(q ‖ p(z|x))", "log p(x)"])
    assert elbo + kl == pytest.approx(total, abs=2e-3)
    assert (total, elbo) == pytest.approx(exact(name, seen(opened).tobytes()), abs=1e-2)


def test_the_page_opens_on_the_first_test_image_and_its_identity(
    open_probability: Callable, mnist_test: Dataset
) -> None:
    opened = open_probability()
    opened.wait_for_answer()
    opened.wait_for_axes()
    assert opened.root.get_attribute("data-image") == "0"
    assert np.array_equal(seen(opened), 255 * fixed_images(mnist_test)[0].numpy().astype(np.uint8))
    assert_adds_up(opened, REFERENCE)


def test_the_map_glows_where_the_posterior_is_and_not_where_the_encoder_thinks(
    opened: OpenedProbability, mnist_test: Dataset
) -> None:
    checkpoint = gallery.read(REFERENCE)
    found = posterior(checkpoint.vae(), fixed_images(mnist_test)[FAR])
    tile, i, j = torch.unravel_index(found.log_density.argmax(), found.log_density.shape)
    mode = found.low[tile] + (torch.tensor([i, j]) + 0.5) * found.width[tile] / 12
    red, _, blue = opened.colour_at(mode.tolist())
    assert red - blue > 100
    paper = opened.colour_at((-3.9, -3.9))
    assert np.ptp(paper) < 12
    assert np.ptp(opened.colour_at((checkpoint.codes.mean[FAR] + torch.tensor([0.0, -0.3])).tolist())) < 100


@cache
def looked_up(name: str, pixels: bytes) -> float:
    """The ELBO of the q that is looked up, in nats."""
    vae = gallery.read(name).vae()
    x = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).float()[None] / 255
    return bound.elbo(vae, x, lookup.infer(vae, lookup.table(vae, 987), x)).value.item()


def assert_looked_up(opened: OpenedProbability, name: str) -> None:
    """What was won, and the -ELBO after the five steps, are those of torch for the x that shows."""
    pixels = seen(opened).tobytes()
    _, encoders = exact(name, pixels)
    own = looked_up(name, pixels)
    won, negative = opened.numbers("identity", [f"Looking up {'won' if own > encoders else 'lost'}"]), -own
    assert won == [pytest.approx(abs(own - encoders), abs=2e-2)]
    panel = opened.page.get_by_test_id("look-up")
    steps = panel.get_by_role("row", name="5 steps of fitting").get_by_role("cell").first
    assert float(steps.inner_text().replace("−", "-")) == pytest.approx(negative, abs=1e-2)


def test_z_is_looked_up_beside_the_encoder_for_an_image_and_a_drawing(
    open_probability: Callable, mnist_test: Dataset
) -> None:
    opened = open_probability(f"?image={FAR}")
    opened.wait_for_answer()
    panel, button = opened.page.get_by_test_id("look-up"), opened.page.get_by_test_id("look-it-up")
    expect(panel).to_be_hidden()
    expect(opened.page.get_by_test_id("misplaced")).to_contain_text("So it is for 7.9 % of all 10,000 test images")
    button.click()
    opened.page.wait_for_url("**lookup=on*")
    assert_looked_up(opened, REFERENCE)
    expect(opened.page.locator(".lse-looked-up")).to_have_count(2)
    expect(panel.get_by_role("row", name="encoder’s q")).to_contain_text("134.00")
    before = opened.answer
    opened.draw(*SEVEN)
    opened.wait_for_answer(before)
    assert_looked_up(opened, REFERENCE)
    assert_adds_up(opened, REFERENCE)
    button.click()
    expect(panel).to_be_hidden()
    opened.page.wait_for_url(lambda url: "lookup" not in url)


@pytest.mark.slow
def test_a_link_shows_that_looking_up_lost(open_probability: Callable, mnist_test: Dataset) -> None:
    opened = open_probability("?image=43&lookup=on")  # its posterior lies where the points are far apart
    opened.wait_for_answer()
    expect(opened.page.get_by_test_id("verdict")).to_contain_text("lost")
    assert_looked_up(opened, REFERENCE)
    expect(opened.page.get_by_test_id("look-up")).to_contain_text("The encoder’s q is better here.")
    expect(opened.page.get_by_test_id("misplaced")).to_be_empty()


@pytest.mark.slow
def test_a_full_covariance_leaves_less_and_is_in_the_address(opened: OpenedProbability) -> None:
    expect(opened.fit.locator("input[type=range]")).to_be_enabled()
    (diagonal,) = opened.numbers("fit", ["approximation gap"])
    opened.fit.get_by_role("checkbox").check()
    opened.page.wait_for_url("**full=on*")
    (full,) = opened.numbers("fit", ["approximation gap"])
    assert 0 <= full < diagonal
    opened.fit.get_by_role("checkbox").uncheck()
    opened.page.wait_for_url(lambda url: "full" not in url)


def test_the_fit_closes_the_amortisation_gap_alone_and_can_be_taken_back(opened: OpenedProbability) -> None:
    names = ["amortisation gap", "approximation gap"]
    (kl,) = opened.numbers("identity", ["KL(q ‖ p(z|x))"])
    expect(opened.fit.locator("input[type=range]")).to_be_enabled()
    amortisation, approximation = opened.numbers("fit", names)
    assert amortisation + approximation == pytest.approx(kl, abs=3e-3)
    assert amortisation > 10 * approximation
    expect(opened.page.locator(".lse-fitted")).to_have_count(0)
    opened.fit_to_the_end()
    assert opened.numbers("fit", ["left to the best q", names[1]]) == [0, approximation]
    expect(opened.page.locator(".lse-fitted")).to_have_count(2)
    assert_other_covariance_stands_at_its_own_end(opened)
    assert_ellipse_goes_back_step_by_step(opened)


def assert_other_covariance_stands_at_its_own_end(opened: OpenedProbability) -> None:
    slider, box = opened.fit.locator("input[type=range]"), opened.fit.get_by_role("checkbox")
    for turn in (box.check, box.uncheck):
        turn()
        expect(opened.fit).to_have_attribute("data-step", slider.get_attribute("max"))
        assert opened.numbers("fit", ["left to the best q"]) == [pytest.approx(0, abs=0.05)]
        expect(opened.page.locator(".lse-fitted")).to_have_count(2)


def assert_ellipse_goes_back_step_by_step(opened: OpenedProbability) -> None:
    ring = opened.page.locator(".lse-fitted").first
    end = ring.get_attribute("points")
    slider = opened.fit.locator("input[type=range]")
    slider.fill("0")
    assert ring.get_attribute("points") != end
    assert opened.numbers("fit", ["ELBO"]) == [pytest.approx(looked_up(REFERENCE, seen(opened).tobytes()), abs=1e-2)]


def test_a_drag_asks_the_server_nothing(opened: OpenedProbability) -> None:
    opened.wait_for_the_last_file()
    sent, asked = len(opened.frames), len(opened.requests)
    opened.grab()
    opened.page.mouse.move(*opened.place((0.6, -0.8)), steps=10)
    opened.wait_for_z((0.6, -0.8))
    assert len(opened.frames) == sent
    assert opened.requests[asked:] == []
    opened.page.mouse.up()


def test_a_click_on_the_map_asks_for_the_posterior_of_that_image(answered: OpenedProbability) -> None:
    answered.wait_for_axes()
    image, before = lonely_image(REFERENCE), answered.answer
    answered.page.mouse.click(*answered.place(gallery.read(REFERENCE).codes.mean[image].tolist()))
    answered.wait_for_answer(before)
    expect(answered.page.get_by_test_id("x-name")).to_contain_text(f"test image {image}")
    assert_adds_up(answered, REFERENCE)
    assert answered.query["image"] == str(image)


@pytest.mark.slow
def test_another_model_answers_for_the_same_image(answered: OpenedProbability) -> None:
    before, x = answered.answer, seen(answered)
    answered.choose("mnist-beta-0.3")
    answered.wait_for_answer(before)
    assert np.array_equal(seen(answered), x)
    assert_adds_up(answered, "mnist-beta-0.3")
    before = answered.answer
    answered.choose(REFERENCE)
    answered.wait_for_answer(before)
    assert_adds_up(answered, REFERENCE)


FRAMES = """() => {
    const { dataset } = document.querySelector("[data-testid=probability]");
    const { send } = WebSocket.prototype;
    window.sent = 0;
    WebSocket.prototype.send = function (...given) {
        window.sent += dataset.answered === "false";
        return send.apply(this, given);
    };
}"""
FAST = "kernel.then(({ memory }) => memory instanceof WebAssembly.Memory)"


def test_the_browser_answers_alone_and_says_so(answered: OpenedProbability) -> None:
    """No frame goes to the server while a question is open, and the app's policy lets the kernel run in the worker."""
    answered.page.evaluate(FRAMES)
    field, image = answered.page.get_by_test_id("number").locator("input"), 247
    field.fill(str(image))
    field.press("Enter")
    expect(answered.root).to_have_attribute("data-answered", "false")
    expect(answered.root).to_have_attribute("data-answered", "true", timeout=READY_MS)
    assert answered.page.evaluate("sent") == 0
    assert answered.root.get_attribute("data-image") == str(image)
    shown = [
        float(str(answered.root.get_attribute(f"data-{each}"))) for each in ("elbo", "kl-posterior", "log-evidence")
    ]
    assert shown == answered.numbers("identity", ["ELBO", "KL(q ‖ p(z|x))", "log p(x)"])
    (worker,) = answered.page.workers
    assert worker.evaluate(FAST)


def test_only_the_last_of_many_questions_is_answered(answered: OpenedProbability) -> None:
    before = answered.answer
    field = answered.page.get_by_test_id("number").locator("input")
    # In one task of the page: an answer is quicker than a test's hand on a slow machine.
    field.evaluate("""field => {
        for (const image of [30, 31, 32]) {
            field.value = image;
            field.form.requestSubmit();
        }
    }""")
    answered.wait_for_answer(before)
    assert answered.answer == before + 1
    expect(answered.page.get_by_test_id("x-name")).to_have_text("x, test image 32")
    assert_adds_up(answered, REFERENCE)


def test_a_drawing_is_asked_about_and_placed(answered: OpenedProbability) -> None:
    before = answered.answer
    answered.draw(*SEVEN)
    answered.wait_for_answer(before)
    expect(answered.page.get_by_test_id("x-name")).to_have_text("x, your drawing")
    assert set(np.unique(seen(answered))) == {0, 255}
    assert_adds_up(answered, REFERENCE)
    expect(answered.page.locator("circle.lse-guest")).to_have_count(1)
    assert answered.query.keys() == {"drawing"}


@pytest.mark.slow
def test_a_link_brings_a_drawing_back_and_z_where_it_was_moved(answered: OpenedProbability) -> None:
    before = answered.answer
    answered.draw(*SEVEN)
    answered.wait_for_answer(before)
    x, code = seen(answered), answered.z
    answered.page.get_by_test_id("handle").press("ArrowRight")
    answered.wait_for_z_in_the_address()
    moved, query = answered.z, answered.query
    assert moved != code
    answered.page.reload()
    answered.wait_until_ready()
    answered.wait_for_answer()
    assert np.array_equal(seen(answered), x)
    assert answered.z == pytest.approx(moved, abs=1e-3)
    assert answered.query == query


def test_a_sample_lands_on_the_map_and_can_be_taken_as_x(answered: OpenedProbability) -> None:
    before = answered.answer
    answered.unfold("ancestral")
    ancestral = answered.page.get_by_test_id("ancestral")
    ancestral.get_by_role("button", name="Draw 100").click()
    expect(answered.page.locator(".lse-drop")).to_have_count(100)
    ancestral.get_by_role("button", name="Use as x").click()
    answered.wait_for_answer(before)
    expect(answered.page.get_by_test_id("x-name")).to_contain_text("a sample")
    assert_adds_up(answered, REFERENCE)


@pytest.mark.slow
def test_importance_sampling_comes_in_parts_and_near_the_evidence(answered: OpenedProbability) -> None:
    answered.unfold("curves")
    curves = answered.page.get_by_test_id("curves")
    expect(curves.get_by_role("button", name="Draw")).to_be_enabled(timeout=READY_MS)
    curves.get_by_role("button", name="Draw").click()
    expect(curves).to_contain_text("the first 5,000 of 20,000 draws", timeout=READY_MS)
    expect(curves).to_contain_text("From 20,000 draws", timeout=READY_MS)


@pytest.mark.slow
def test_the_zoom_shows_the_posterior_in_the_middle(answered: OpenedProbability) -> None:
    answered.wait_for_axes()
    answered.page.get_by_test_id("nearer").click()
    answered.page.wait_for_url("**view=*")
    frame, plot = (answered.page.locator(each).bounding_box() for each in (".lse-window", ".lse-plot"))
    assert frame["x"] + frame["width"] / 2 == pytest.approx(plot["x"] + plot["width"] / 2, abs=2)
    assert frame["width"] == pytest.approx(plot["width"] / 4, abs=3)


@pytest.mark.slow
def test_the_address_brings_image_model_and_covariance_back_and_nats_of_a_density_are_called_that(
    open_probability: Callable, mnist_test: Dataset
) -> None:
    opened = open_probability(GREY, shared=True)
    opened.wait_for_answer()
    assert opened.root.get_attribute("data-model") == "mnist-gaussian-beta-1"
    expect(opened.fit.get_by_role("checkbox")).to_be_checked()
    expect(opened.page.get_by_test_id("identity")).to_contain_text("nats of a density")
    assert_adds_up(opened, "mnist-gaussian-beta-1")


@pytest.mark.slow
def test_a_model_without_an_encoder_has_the_q_that_is_looked_up(
    open_probability: Callable, mnist_test: Dataset
) -> None:
    opened = open_probability("?model=mnist-lattice&image=3")
    opened.wait_for_answer()
    elbo, kl, total = opened.numbers("identity", ["ELBO", "KL(q ‖ p(z|x))", "log p(x)"])
    x = fixed_images(mnist_test)[3:4]
    assert total == pytest.approx(evidence(gallery.read(gallery.EXACT).vae(), x).log_evidence.item(), abs=1e-2)
    assert elbo == pytest.approx(looked_up(gallery.EXACT, (255 * x).byte().numpy().tobytes()), abs=1e-2)
    assert elbo + kl == pytest.approx(total, abs=2e-3)
    expect(opened.page.get_by_test_id("look-up")).to_contain_text("This model has no encoder.")
    assert "amortisation" not in opened.fit.locator(".lse-fit-words").inner_text()


@pytest.mark.slow
def test_a_grey_sample_is_binarised_for_a_model_of_binary_pixels(
    open_probability: Callable, mnist_test: Dataset
) -> None:
    opened = open_probability(GREY, anywhere=True)
    opened.wait_for_answer()
    before = opened.answer
    opened.unfold("ancestral")
    ancestral = opened.page.get_by_test_id("ancestral")
    ancestral.get_by_role("button", name="Draw one").click()
    ancestral.get_by_role("button", name="Use as x").click()
    opened.wait_for_answer(before)
    grey, before = seen(opened), opened.answer
    assert len(np.unique(grey)) > 2
    opened.choose(REFERENCE)
    opened.wait_for_answer(before)
    assert np.array_equal(seen(opened), np.where(grey < 128, 0, 255))
    assert_adds_up(opened, REFERENCE)


@pytest.mark.slow
def test_the_dial_answers_at_every_weight(open_probability: Callable) -> None:
    opened = open_probability(f"?image={FAR}&model={gallery.DIAL}@0.3")
    opened.wait_for_answer()
    assert_adds_up(opened, f"{gallery.DIAL}@0.3")
    before = opened.answer
    opened.page.get_by_test_id("dial").press("ArrowRight")
    expect(opened.root).to_have_attribute("data-model", f"{gallery.DIAL}@0.367")
    opened.wait_for_answer(before)
    assert_adds_up(opened, f"{gallery.DIAL}@0.367")


@pytest.mark.slow
def test_on_a_phone_the_posterior_follows_the_map_and_nothing_scrolls_sideways(
    open_probability: Callable, mnist_test: Dataset
) -> None:
    opened = open_probability(f"?image={FAR}", **PHONE)
    opened.wait_for_answer()
    opened.wait_for_axes()
    tops = [opened.page.locator(each).first.bounding_box()["y"] for each in (".lse-stage", ".lse-close", ".lse-fit")]
    assert tops == sorted(tops)
    assert opened.page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")
