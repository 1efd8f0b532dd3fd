"""A run in the browser: started, steered, reloaded, watched by another, kept, and found again on the map."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import BrowserContext, Page, expect

from models import checkpoint
from models.evidence import evidence
from models.vae import VAE
from tests.browser.conftest import served
from tests.browser.opened_map import READ_PICTURE, TWO_FRAMES
from tests.browser.waiting import wait_until
from tests.conftest import PATIENCE_S

PATIENCE_MS = 1000 * PATIENCE_S
# Streamlit's own way to find out that the page is not the server's root.
PROBES = re.compile(r"/(train|compare|probability)/_stcore/")


@pytest.fixture(scope="module")
def training_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, with a state of its own."""
    with served(dict(os.environ), tmp_path_factory.mktemp("training") / "log") as address:
        yield address


@pytest.fixture
def visit(new_context: Callable[..., BrowserContext], training_server: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the app, by default as a visitor of its own; no console may hold a complaint at the end."""
    complaints: list[str] = []

    def note(message: object) -> None:
        if message.type in ("error", "warning") and not PROBES.search(message.location["url"]):
            complaints.append(message.text)

    def open_page(path: str = "train", context: BrowserContext | None = None) -> Page:
        page = (context or new_context(reduced_motion="reduce")).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path if "://" in path else training_server + path)
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        return page

    yield open_page
    assert complaints == []


def start(page: Page, epochs: int, hidden: str = "") -> None:
    """Train on the digits, which are always here, by default in layers of the form's widths."""
    page.get_by_role("combobox", name=re.compile("Images")).click()
    page.get_by_role("option", name="8×8 digits").click()
    # The field of the former data set stands beside the new one until the page has come whole.
    wait_until(page, "[...document.querySelectorAll('input[aria-label=Epochs]')].map(({value}) => value) == '60'")
    if hidden:
        page.get_by_text("Likelihood, network, optimiser").click()
    for label, value in (("Hidden layers of the encoder", hidden), ("Epochs", str(epochs))):
        if value:
            field = page.locator(f"input[aria-label='{label}']")
            field.fill(value)
            field.press("Enter")
            page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**run=*")


def step(page: Page) -> int:
    """The step whose frame the page shows."""
    return int(page.get_by_test_id("run-view").get_attribute("data-step") or 0)


def wait_for_step(page: Page, least: int) -> None:
    script = "least => Number(document.querySelector('[data-testid=run-view]')?.dataset.step || 0) >= least"
    wait_until(page, script, least)


@pytest.mark.slow
def test_a_run_is_steered_survives_a_reload_and_can_be_watched(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.get_by_test_id("run-view")).to_contain_text("prior p(z)")
    start(page, 200)
    wait_for_step(page, 1)
    page.locator("[data-testid=weight-dial] [data-mark='0']").click()
    expect(page.get_by_text("β = 1, then 0")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("dial")).to_have_attribute("aria-valuetext", "KL weight β = 0, off")
    before = step(page)
    page.reload()
    wait_for_step(page, before)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused at step")).to_be_visible(timeout=PATIENCE_MS)

    other = visit(page.url)
    wait_for_step(other, before)
    expect(other.get_by_text("You are watching")).to_be_visible(timeout=PATIENCE_MS)
    expect(other.get_by_role("button", name="Resume")).to_have_count(0)

    paused = page.get_by_text("Paused at step").inner_text()
    page.get_by_role("button", name="One step").click()
    expect(page.get_by_text(paused, exact=True)).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("images/s")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Cancel").click()
    for each in (page, other):
        ended = each.get_by_test_id("stAlert").get_by_text("Cancelled. Its frames are still here.")
        expect(ended).to_be_visible(timeout=PATIENCE_MS)
        end = each.get_by_test_id("run-view").get_by_role("button", name="End")
        expect(end).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="New run")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.slow
def test_a_finished_run_is_kept_repeated_side_by_side_and_found_on_the_map(visit: Callable[..., Page]) -> None:
    page = visit()
    start(page, 2, "16")
    wait_for_end(page)
    page.get_by_label("Name", exact=True).fill("<b>mine</b>")
    page.get_by_label("Name", exact=True).press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith(".safetensors")
    expect(page.get_by_text("see it on the map")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

    page.get_by_role("button", name="Train again").click()
    repeated = page.get_by_test_id("run-view").get_by_text("β = 0", exact=True).first
    expect(repeated).to_be_visible(timeout=PATIENCE_MS)
    wait_for_end(page)
    expect(page.get_by_test_id("handle")).to_have_count(2, timeout=PATIENCE_MS)

    on_map = visit("", page.context)
    expect(on_map.get_by_role("button", name="<b>mine</b>")).to_be_visible(timeout=PATIENCE_MS)
    on_map.get_by_role("button", name="<b>mine</b>").click()
    expect(on_map.get_by_test_id("latent-map")).to_have_attribute("data-model", re.compile("kept-"))
    expect(on_map.get_by_test_id("caption")).to_contain_text("360 8×8 digits test images")
    kept = on_map.get_by_test_id("latent-map").get_attribute("data-model")
    vae = checkpoint.read(download.value.path()).vae()
    assert_answered(visit(f"probability?model={kept}&image=3", page.context), vae)
    compare_moments(visit("compare", page.context))


@pytest.mark.slow
def test_a_dial_that_is_kept_turns_on_the_map_and_has_no_end_stop_of_other_images(
    visit: Callable[..., Page], dial_file: Path
) -> None:
    page = visit()
    page.get_by_text("Your models").click()
    page.locator("input[type=file]").set_input_files(dial_file)
    page.get_by_role("button", name="Save the upload").click()
    expect(page.get_by_text("See it on the map")).to_be_visible(timeout=PATIENCE_MS)
    name = (page.get_by_text("See it on the map").get_attribute("href") or "").partition("=")[2]

    on_map = visit(f"?model={name}&z=1,0", page.context)
    root, dial = on_map.get_by_test_id("latent-map"), on_map.get_by_test_id("dial")
    expect(root).to_have_attribute("data-model", f"{name}@1")
    expect(dial).to_have_attribute("aria-valuemin", "0.01")
    expect(on_map.locator("[data-mark='0']")).to_have_count(0)
    dial.press("End")
    expect(root).to_have_attribute("data-model", f"{name}@30")
    expect(on_map).to_have_url(re.compile(f"{name}(@|%40)30"))
    on_map.evaluate(TWO_FRAMES)
    shown = on_map.get_by_test_id("decoded").evaluate(READ_PICTURE)[::4]
    with torch.no_grad():
        wanted = 255 * checkpoint.read(dial_file).vae(30).decode(torch.tensor([1.0, 0])).mean
    assert (torch.tensor(shown) - wanted).abs().max() <= 1
    expect(on_map.get_by_test_id("dial-words")).to_contain_text("At β = 30 its loss is")

    on_map.locator("[data-model-name=mnist-dial]").click()
    expect(root).to_have_attribute("data-model", "mnist-dial@30")
    expect(on_map.locator("[data-mark='0']")).to_be_visible()
    assert_answered(visit(f"probability?model={name}@30&image=3", page.context), checkpoint.read(dial_file).vae(30))


def assert_answered(page: Page, vae: VAE) -> None:
    """The page of one image has its answer, whose log p(x) is torch's."""
    root = page.get_by_test_id("probability")
    expect(root).to_have_attribute("data-answered", "true", timeout=PATIENCE_MS)
    x = torch.tensor(page.get_by_test_id("x").evaluate(READ_PICTURE)[::4])[None] / 255
    found = float(root.get_attribute("data-log-evidence") or "nan")
    assert found == pytest.approx(evidence(vae, x).log_evidence.item(), abs=1e-2)


def wait_for_end(page: Page) -> None:
    ended = page.get_by_test_id("stAlert").get_by_text("nats per image over all 360")
    expect(ended).to_be_visible(timeout=PATIENCE_MS)


def compare_moments(page: Page) -> None:
    """Two moments of one run, and then the kept model, with the measures that come meanwhile."""
    root = page.get_by_test_id("side-by-side")
    expect(root).to_have_attribute("data-ready", "true")
    for letter in "AB":
        page.get_by_label(f"model {letter}", exact=True).select_option(label="8×8 digits, β = 1, seed 0")
        expect(page.locator(f"[data-side={letter}]")).to_have_attribute("data-model", re.compile("^run-.*@"))
    page.get_by_label("step of the run A").fill("0")
    expect(page.locator("[data-side=A]")).to_have_attribute("data-model", re.compile("@0$"))
    expect(page).to_have_url(re.compile("a=run-[0-9a-f]{16}%400&b=run-[0-9a-f]{16}%40"))
    shown = page.url
    page.reload()
    expect(page.locator("[data-side=A]")).to_have_attribute("data-model", re.compile("@0$"))
    assert page.url == shown
    page.get_by_label("model B", exact=True).select_option(label="<b>mine</b>")
    expect(page.locator("[data-side=B]")).to_have_attribute("data-model", re.compile("^kept-"))
    information = page.locator("[data-measure=mutual_information] td").last
    page.locator("[data-fold=measures] > summary").click()
    expect(page.get_by_test_id("measures")).to_contain_text("<b>mine</b>")
    expect(page.locator("[data-measure=mutual_information]")).not_to_contain_text("measuring", timeout=PATIENCE_MS)
    expect(information).to_be_attached()


def test_the_map_is_found_as_it_was_left(visit: Callable[..., Page]) -> None:
    page = visit("?model=mnist-beta-0.1&z=1,-0.5")
    root = page.get_by_test_id("latent-map")
    expect(root).to_have_attribute("data-model", "mnist-beta-0.1")
    # At once, so that the server is asked for the next page before it has run this one again.
    z = page.evaluate(
        """async () => {
          const press = new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true});
          document.querySelector("[data-testid=handle]").dispatchEvent(press);
          const release = new KeyboardEvent("keyup", {key: "ArrowRight", bubbles: true});
          document.querySelector("[data-testid=handle]").dispatchEvent(release);
          await new Promise((resolve) => setTimeout(resolve, 10));
          [...document.querySelectorAll("a")].find((link) => link.innerText.trim() == "Train").click();
          return document.querySelector("[data-testid=latent-map]").dataset.z;
        }"""
    )
    assert z != "1.0000,-0.5000"
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-ready", "true")
    page.get_by_role("link", name="Map").click()
    expect(root).to_have_attribute("data-model", "mnist-beta-0.1")
    expect(root).to_have_attribute("data-z", z)
    expect(page).to_have_url(re.compile("model=mnist-beta-0.1"))
