"""How far inference in the browser is from torch: python -m tests.bench.agreement [images] [model ...]

For each shipped model, and its dial at two weights: the largest differences over the first test images, 50 unless said
otherwise. Needs Chromium and the MNIST files, and about two seconds for each image.
"""

import shutil
import sys
from collections.abc import Iterator

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

from models import bound, data, gallery
from models.data import Dataset
from models.evaluation import fixed_images
from models.evidence import Posterior, posterior
from models.vae import VAE
from tests.bench.bench_map import FLAGS
from tests.browser.blank_page import blank_page, modules
from tests.browser.kit.test_posterior_agrees import ASK, DIALS, MODULES, loaded

NAMES = ("log p(x)", "ELBO", "KL(q, posterior)", "share of the largest root of a density", "tiles of one side alone")


def differences(found: dict, vae: VAE, x: torch.Tensor) -> Iterator[float]:
    """In the order of NAMES: nats; of the picture the share of its scale, and a count."""
    wanted = posterior(vae, x)
    yield abs(found["log_evidence"] - wanted.evidence.log_evidence.item())
    if vae.encoder is None:
        yield from (0.0, 0.0)
    else:
        q = vae.encode(x[None])
        yield abs(found["elbo"]["value"] - bound.elbo(vae, x[None], q).value.item())
        kl = bound.kl_to_posterior(vae, x[None], q, wanted.evidence.log_evidence[None].flatten())
        yield abs(found["kl"]["value"] - kl.value.item())
    yield from of_pictures(found["tiles"], wanted)


def of_pictures(tiles: dict, wanted: Posterior) -> tuple[float, float]:
    """The largest difference of shades on the tiles of both, and how many tiles only one has: where quartering a tile
    changes p(x) by almost exactly the tolerance, one has the tile and the other its quarters."""
    shades = ((wanted.log_density - wanted.log_density.max()) / 2).exp().flatten(1).numpy()
    ours = dict(zip(zip(*wanted.low.T.tolist(), wanted.width.tolist(), strict=True), shades, strict=True))
    side = np.reshape(tiles["shade"], (-1, tiles["side"] ** 2)) / 255
    theirs = {(*low, width): each for low, width, each in zip(tiles["low"], tiles["width"], side, strict=True)}
    both = ours.keys() & theirs.keys()
    return max(float(np.abs(ours[at] - theirs[at]).max()) for at in both), float(len(ours.keys() ^ theirs.keys()))


def measure(page: Page, name: str, dataset: Dataset, images: int) -> None:
    vae = loaded(page, name)
    chosen = fixed_images(dataset, vae.likelihood)[:images]
    with torch.no_grad():
        rows = [list(differences(page.evaluate(ASK, [x.tolist(), 1]), vae, x)) for x in chosen]
    most = (f"{label} {value:.1e}" for label, value in zip(NAMES, np.max(rows, axis=0), strict=True))
    print(f"{name}, {images} images, the largest differences in nats: {', '.join(most)}", flush=True)


def main() -> None:
    images, *names = [*sys.argv[1:], *(["50"] if len(sys.argv) < 2 else [])]
    dataset = data.load_local("mnist", "test")
    if dataset is None:
        raise SystemExit("This needs the MNIST files: set LATENT_EXPLORER_DATA to their folder.")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        with blank_page(browser, modules(*MODULES)) as page:
            for name in names or [*(name for name in gallery.recipes() if name != gallery.DIAL), *DIALS]:
                measure(page, name, dataset, int(images))
        browser.close()


if __name__ == "__main__":
    main()
