"""How fast the exact posterior is in the browser, beside torch: python -m tests.bench.bench_inference

For one page and for five at once: from the choice of an image to its first picture, with log p(x), ELBO and KL, and to
the whole answer with its fits; the same by torch, on one thread, in turns with the browser. Needs Linux and Chromium,
the MNIST files, and a machine that does nothing else.
"""

import os
import shutil
import statistics
import time

import torch
from playwright.sync_api import Browser, Page, sync_playwright

from models import bound, data, gallery
from models.evaluation import fixed_images
from models.evidence import posterior
from models.vae import VAE
from tests.bench.bench_map import FLAGS, REPOSITORY, report, serve

IMAGES = range(1, 11)
PAGES = 5
READY = "[data-testid=probability][data-answered=true]"
PATIENCE_MS = 240_000
WATCH = """() => {
    const { dataset } = document.querySelector("[data-testid=probability]");
    const watched = { attributeFilter: ["data-waits", "data-answered"] };
    window.times = {};
    window.longest = 0;
    let last = performance.now();
    const frame = now => {
        longest = Math.max(longest, now - last);
        last = now;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    new MutationObserver(() => {
        const now = performance.now();
        if (dataset.answered === "false" && dataset.waits === "true") times = { asked: now };
        if (dataset.waits === "false") times.first ??= now;
        if (dataset.answered === "true") times.all ??= now;
    }).observe(document.querySelector("[data-testid=probability]"), watched);
}"""
TIMES = "[times.first - times.asked, times.all - times.asked]"


def opened(browser: Browser, address: str) -> Page:
    """The page with its first image answered."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.goto(f"{address}/probability")
    page.locator(READY).wait_for(timeout=PATIENCE_MS)
    page.evaluate(WATCH)
    return page


def choose(page: Page, image: int) -> None:
    field = page.get_by_test_id("number").locator("input")
    field.fill(str(image))
    field.press("Enter")


def answered(page: Page) -> tuple[float, float]:
    """Milliseconds to the first picture and to the whole answer."""
    page.locator(READY).wait_for(timeout=PATIENCE_MS)
    return tuple(page.evaluate(TIMES))


@torch.no_grad()
def by_torch(vae: VAE, x: torch.Tensor) -> float:
    """Milliseconds to the posterior, the ELBO and KL, on one thread."""
    start = time.perf_counter()
    found, q = posterior(vae, x), vae.encode(x[None])
    bound.elbo(vae, x[None], q)
    bound.kl_to_posterior(vae, x[None], q, found.evidence.log_evidence)
    return 1000 * (time.perf_counter() - start)


def bench_pages(browser: Browser, address: str, count: int, torch_ms: float) -> None:
    pages = [opened(browser, address) for _ in range(count)]
    firsts, wholes = [], []
    for image in IMAGES:
        for page in pages:
            choose(page, image + 20)
        for page in pages:
            first, whole = answered(page)
            firsts.append(first)
            wholes.append(whole)
    name = "one page" if count == 1 else f"{count} pages at once"
    report(f"{name}: first picture", statistics.median(firsts), "ms", 200)
    report(f"{name}: the whole answer", statistics.median(wholes), "ms", 1000)
    report(f"{name}: first picture, of torch's time", statistics.median(firsts) / torch_ms, "times", 2)
    longest = statistics.median(page.evaluate("longest") for page in pages)
    print(f"{name}: the longest time between two frames was {longest:.0f} ms")
    for page in pages:
        page.context.close()


def main() -> None:
    torch.set_num_threads(1)
    dataset = data.load_local("mnist", "test")
    if dataset is None:
        raise SystemExit("The bench needs the MNIST files: set LATENT_EXPLORER_DATA to their folder.")
    vae, images = gallery.read(gallery.REFERENCE).vae(), fixed_images(dataset)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright, serve(REPOSITORY / "app.py") as (address, _):
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        print(f"Chromium {browser.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        by_torch(vae, images[0])
        torch_ms = statistics.median(by_torch(vae, images[image + 20]) for image in IMAGES)
        print(f"torch, one thread, without fits: {torch_ms:.0f} ms")
        for count in (1, PAGES):
            bench_pages(browser, address, count, torch_ms)
        browser.close()


if __name__ == "__main__":
    main()
