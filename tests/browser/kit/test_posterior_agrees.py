"""log p(x), the posterior, the bound, the fits and the importance weights in JavaScript are those of torch."""

from collections.abc import Iterator

import numpy as np
import pytest
import safetensors.torch
import torch
from playwright.sync_api import Browser, Page
from torch.distributions import MultivariateNormal

from models import bound, checkpoint, gallery, lookup
from models.best_q import best_bound
from models.data import Dataset
from models.dial_bytes import decoder_bytes, encoder_bytes
from models.evaluation import fixed_images
from models.evidence import Posterior, posterior
from models.importance import effective_sample_size, importance_bound
from models.vae import VAE
from tests.browser.blank_page import address_of, blank_page, modules

ROOM = ("answers", "batched_decoder", "densities", "gaussian", "importance", "joint", "kernel", "nodes", "plain_kernel")
MODULES = [f"inference/{name}" for name in ROOM] + ["encoder", "net/decoder", "net/dial", "noise", "tensors"]
LOAD = """async ([address, beta, encoder, likelihood, stddev]) => {
    let tensors = await fetchTensors(address);
    if (beta) {
        const films = new FilmedLayers(tensors, "decoder");
        films.turn(beta);
        tensors = films.folded;
    }
    const { layers } = new Decoder(tensors).network;
    window.encoder = encoder && await fetchEncoder(encoder + (beta ? `#${beta}` : ""));
    const decoder = new BatchedDecoder(await loadKernel(), layers, densityOf(likelihood, stddev));
    window.model = new KeptModel(decoder, 3000);
}"""
ASK = """async ([x, parts]) => {
    const image = Float32Array.from(x);
    const q = encoder && diagonal(encoder.encode(image));
    const found = { q };
    for await (const part of partsOf(new Joint(model, image, async () => {}), q)) {
        Object.assign(found, part);
        if (!--parts) break;
    }
    found.tiles.shade = Array.from(found.tiles.shade);
    return found;
}"""
SLOW = pytest.mark.slow
DIALS = [f"{gallery.DIAL}@0.3", f"{gallery.DIAL}@10"]
QUICK = [("mnist-beta-0", 2), (gallery.REFERENCE, 1), ("mnist-gaussian-beta-1", 1), ("mnist-lattice", 1), (DIALS[0], 1)]
"""Names of models and numbers of test images."""
OTHERS = [name for name in [*gallery.recipes(), *DIALS] if name not in dict(QUICK)]


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows the inference; the tests load a model each."""
    with blank_page(browser, modules(*MODULES)) as page:
        yield page


def loaded(page: Page, name: str) -> VAE:
    """The model, in the page as ``model`` and ``encoder``."""
    name, _, beta = name.partition("@")
    found = gallery.read(name)
    if beta:
        assert found.table is not None
        addresses = [address_of(decoder_bytes(found, found.table)), address_of(encoder_bytes(found))]
    else:
        decoder = {key: weight for key, weight in found.weights.items() if key.startswith("decoder.")}
        encoder = checkpoint.encoder_bytes(found.weights) if found.recipe.has_encoder else None
        addresses = [address_of(safetensors.torch.save(decoder)), encoder and address_of(encoder)]
    likelihood = [found.recipe.likelihood, found.pixel_stddev or 0]
    page.evaluate(LOAD, [addresses[0], float(beta or 0), addresses[1], *likelihood])
    return found.vae(float(beta) if beta else None)


@pytest.mark.parametrize(("name", "images"), [*QUICK, *(pytest.param(name, 2, marks=SLOW) for name in OTHERS)])
def test_evidence_bound_and_posterior_are_those_of_torch(
    javascript: Page, mnist_test: Dataset, name: str, images: int
) -> None:
    vae = loaded(javascript, name)
    for x in fixed_images(mnist_test, vae.likelihood)[:images]:
        found, wanted = javascript.evaluate(ASK, [x.tolist(), 1]), posterior(vae, x)
        log_evidence = wanted.evidence.log_evidence
        assert found["log_evidence"] == pytest.approx(log_evidence.item(), abs=1e-3)
        # A tile at the edge of being fine enough is quartered by one of the two, and its error is smaller then.
        assert found["evidence_error"] == pytest.approx(wanted.evidence.error.item(), rel=0.1, abs=3e-4)
        assert found["missed"] == pytest.approx(wanted.evidence.missed.item(), rel=0.01)
        assert_pictures_agree(found["tiles"], wanted)
        if vae.encoder is not None:
            assert_bounds_agree(found, vae, x[None], log_evidence)


def assert_bounds_agree(found: dict, vae: VAE, x: torch.Tensor, log_evidence: torch.Tensor) -> None:
    with torch.no_grad():
        q = bound.as_gaussian(vae.encode(x))
    elbo, kl = bound.elbo(vae, x, q), bound.kl_to_posterior(vae, x, q, log_evidence)
    assert found["q"]["mean"] == pytest.approx(q.mean[0].tolist(), abs=1e-4)
    assert found["elbo"]["value"] == pytest.approx(elbo.value.item(), abs=1e-3)
    assert found["kl"]["value"] == pytest.approx(kl.value.item(), abs=1e-3)
    assert found["elbo"]["error"] == pytest.approx(elbo.error.item(), abs=1e-3)
    assert found["reconstruction"] + found["kl_prior"] == pytest.approx(-found["elbo"]["value"], abs=1e-9)


def assert_pictures_agree(tiles: dict, wanted: Posterior) -> None:
    """The same tiles but for those at the edge of counting, with shades, the roots of densities, within 1 %."""
    shade = (255 * ((wanted.log_density - wanted.log_density.max()) / 2).exp()).flatten(1).numpy()
    corners = [(*low, width) for low, width in zip(wanted.low.tolist(), wanted.width.tolist(), strict=True)]
    ours = dict(zip(corners, shade, strict=True))
    pairs = zip(tiles["low"], tiles["width"], np.reshape(tiles["shade"], (-1, tiles["side"] ** 2)), strict=True)
    theirs = {(*low, width): each for low, width, each in pairs}
    for corner in ours.keys() & theirs.keys():
        assert np.abs(ours[corner] - theirs[corner]).max() < 2.55
    lone = [either[corner] for either in (ours, theirs) for corner in ours.keys() ^ theirs.keys() if corner in either]
    assert all(each.max() < 2.55 for each in lone)


@pytest.mark.parametrize("image", [18, pytest.param(3, marks=SLOW)])
def test_the_fits_are_those_of_torch(javascript: Page, mnist_test: Dataset, image: int) -> None:
    vae = loaded(javascript, gallery.REFERENCE)
    x = fixed_images(mnist_test)[image]
    found, (mean, covariance) = javascript.evaluate(ASK, [x.tolist(), 3]), posterior(vae, x).moments()
    for kind, full in (("diagonal", False), ("full", True)):
        near = MultivariateNormal(mean[None], (covariance if full else covariance.diag().diag())[None])
        starts = (near, vae.encode(x[None]))
        wanted = max(best_bound(vae, x[None], start, full).value.item() for start in starts)
        fit = found["fits"][kind]
        assert fit["best"]["value"] == pytest.approx(wanted, abs=2e-3)
        assert fit["approximation"] + fit["amortisation"] == pytest.approx(found["kl"]["value"], abs=2e-3)
        assert fit["elbo"][0] == pytest.approx(found["looked_up"]["elbo"]["value"])


@pytest.mark.parametrize("name", ["mnist-lattice", "mnist-gaussian-beta-1"])
def test_what_is_looked_up_is_what_python_finds(javascript: Page, mnist_test: Dataset, name: str) -> None:
    vae = loaded(javascript, name)
    x = fixed_images(mnist_test, vae.likelihood)[:2]
    table = lookup.table(vae, lookup.POINTS[0])
    starts, ends = bound.as_gaussian(lookup.look_up(vae, table, x)), lookup.infer(vae, table, x)
    before, after = bound.elbo(vae, x, starts).value, bound.elbo(vae, x, ends).value
    for i, image in enumerate(x):
        found = javascript.evaluate(ASK, [image.tolist(), 2])["looked_up"]
        assert found["z"] == pytest.approx(starts.mean[i].tolist(), abs=2e-5)
        np.testing.assert_allclose(found["start"]["tril"], starts.scale_tril[i], rtol=5e-3)
        np.testing.assert_allclose(found["q"]["tril"], ends.scale_tril[i], rtol=5e-3)
        assert found["before"]["value"] == pytest.approx(before[i].item(), abs=0.1)
        assert found["after"]["value"] == pytest.approx(after[i].item(), abs=5e-3)
        assert found["elbo"] == found["after"]
        assert_shares_agree(found["share"], vae, x[i : i + 1], ends.stddev[i])
        assert found["kl"]["value"] + found["elbo"]["value"] == pytest.approx(log_evidence_of(vae, image), abs=2e-3)


def assert_shares_agree(found: float | None, vae: VAE, x: torch.Tensor, own: torch.Tensor) -> None:
    """The share of p(z|x) near the encoder's mean; ``own``: sigma [2] of the q that was looked up."""
    if vae.encoder is None:
        assert found is None
        return
    with torch.no_grad():
        q = bound.as_gaussian(vae.encode(x))
    near = MultivariateNormal(q.mean, scale_tril=torch.maximum(q.stddev, own).diag_embed())
    log_evidence = torch.tensor([log_evidence_of(vae, x[0])])
    assert found == pytest.approx(lookup.share_within(vae, x, near, log_evidence).item(), rel=0.02, abs=1e-4)


def log_evidence_of(vae: VAE, x: torch.Tensor) -> float:
    return posterior(vae, x).evidence.log_evidence.item()


def test_bounds_and_effective_sizes_are_those_of_python(javascript: Page) -> None:
    weights = 5 * torch.randn(500, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 100
    found = javascript.evaluate("w => [importanceBound(w), effectiveSampleSize(w)]", weights.tolist())
    assert found == pytest.approx([importance_bound(weights).item(), effective_sample_size(weights).item()])


def test_the_curves_of_few_draws_are_those_of_many_in_python(javascript: Page) -> None:
    """Of log-normal weights: the mean of each K is the groups' in Python, and the band that of 2,000 other groups."""
    generator = torch.Generator().manual_seed(0)
    weights = 1.5 * torch.randn(20_000, generator=generator, dtype=torch.float64) - 100
    draws = [1, 10, 1000, 10_000]
    script = "([w, draws]) => curveOf(w, draws, uniformDraws(1))"
    found = javascript.evaluate(script, [weights.tolist(), draws])
    for i, count in enumerate(draws):
        wanted = importance_bound(weights.unflatten(0, (-1, count)).T).mean().item()
        many = 1.5 * torch.randn(count, 2000, generator=generator, dtype=torch.float64) - 100
        bounds = importance_bound(many)
        assert found["bound"][i] == pytest.approx(wanted)
        width = (bounds.quantile(0.9) - bounds.quantile(0.1)).item()
        assert found["high"][i] - found["low"][i] == pytest.approx(width, rel=0.35)
        assert found["error"][i] == pytest.approx(bounds.std().item() / (20_000 / count) ** 0.5, rel=0.35)


def test_the_importance_bound_reaches_the_evidence(javascript: Page, mnist_test: Dataset) -> None:
    """After the first block of draws."""
    script = """async x => {
        const image = Float32Array.from(x);
        const joint = new Joint(model, image, async () => {});
        const drawn = await curvesInBlocks(joint, diagonal(encoder.encode(image)), 1).next();
        return drawn.value;
    }"""
    vae = loaded(javascript, gallery.REFERENCE)
    x = fixed_images(mnist_test)[0]
    curves, log_evidence = javascript.evaluate(script, x.tolist()), posterior(vae, x).evidence.log_evidence.item()
    elbo = bound.elbo(vae, x[None], vae.encode(x[None])).value.item()
    assert (curves["pool"], curves["draws"][-1]) == (5000, 2000)
    assert curves["encoder"]["bound"][-1] == pytest.approx(log_evidence, abs=0.1)
    assert curves["encoder"]["bound"][0] == pytest.approx(elbo, abs=5 * curves["encoder"]["error"][0])
    assert curves["prior"]["bound"][0] < curves["prior"]["bound"][-1]


def test_the_nodes_are_numpys(javascript: Page) -> None:
    for count in (6, 10, 16):
        for name, (nodes, weights) in {
            "hermite": np.polynomial.hermite_e.hermegauss(count),
            "legendre": np.polynomial.legendre.leggauss(count),
        }.items():
            found = javascript.evaluate(f"{name}({count})")
            expected = nodes if name == "hermite" else (nodes + 1) / 2
            np.testing.assert_allclose(found["nodes"], expected, atol=1e-12)
            np.testing.assert_allclose(found["weights"], weights / weights.sum(), rtol=1e-9)


def test_a_decoder_that_no_grid_resolves_is_refused(javascript: Page, mnist_test: Dataset) -> None:
    """Its logits jump at every step of z."""
    script = """async x => {
        const nats = (z1, z2) => -40 * Math.abs(Math.sin(1e7 * z1 + 3e7 * z2));
        const logLikelihood = ({ parameters }, point) => parameters[point];
        const rough = {
            density: { logLikelihood, highest: () => 0, magnitude: () => 0 },
            decode(z) {
                const parameters = Float32Array.from({ length: z.length / 2 }, (_, i) => nats(z[2 * i], z[2 * i + 1]));
                return { parameters, alone: new Float64Array(0) };
            },
        };
        const joint = new Joint(new KeptModel(rough, 0), Float32Array.from(x), async () => {});
        try {
            await partsOf(joint, null).next();
        } catch (error) {
            return error.message;
        }
    }"""
    assert "too fast with z" in javascript.evaluate(script, fixed_images(mnist_test)[0].tolist())
