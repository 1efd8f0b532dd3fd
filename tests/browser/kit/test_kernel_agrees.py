"""The kernels' bytes are those of their text, and all kernels compute what numpy does."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests import kernel_bytes
from tests.browser.blank_page import blank_page, modules

KINDS = {
    "fused": "await instantiated(FUSED_KERNEL)",
    "vectors": "await instantiated(KERNEL)",
    "plain": "new PlainKernel()",
}
LOAD = """async refused => {
    const { instantiate } = WebAssembly;
    let asked = 0;
    WebAssembly.instantiate = bytes => asked++ < refused ? Promise.reject(new Error()) : instantiate(bytes);
    const kernel = await loadKernel();
    Object.assign(WebAssembly, { instantiate });
    return [asked, kernel instanceof PlainKernel];
}"""
MULTIPLY = """async ([make, a, weight, b, rows, transposed, added]) => {
    const kernel = await (0, eval)(`(async () => ${make})()`);
    const arena = new Arena(kernel);
    const [inputs, outputs] = [weight.length / b.length, padded(b.length)];
    const counts = [a.length, inputs * outputs, outputs, rows * outputs];
    const [aAt, wAt, bAt, cAt] = counts.map(count => arena.take(count));
    arena.floats(aAt, a.length).set(a);
    pack(Float32Array.from(weight), b.length, arena.floats(wAt, inputs * outputs));
    arena.floats(bAt, b.length).set(b);
    const steps = transposed ? [4, 4 * rows] : [4 * inputs, 4];
    kernel.multiply(aAt, ...steps, wAt, bAt, 0, cAt, 4 * outputs, rows, inputs, outputs);
    for (let i = 0; i < added; i++) {
        kernel.multiply(aAt, ...steps, wAt, cAt, 4 * outputs, cAt, 4 * outputs, rows, inputs, outputs);
    }
    return [kernel instanceof PlainKernel, Array.from(arena.floats(cAt, rows * outputs))];
}"""
UNITS = """async ([make, values, rows]) => {
    const kernel = await (0, eval)(`(async () => ${make})()`);
    const arena = new Arena(kernel);
    const [at, to, bytes] = [arena.take(values.length), arena.take(4 * rows), 4 * values.length];
    const after = work => {
        arena.floats(at, values.length).set(values);
        work();
        return Array.from(arena.floats(at, values.length));
    };
    const silu = after(() => kernel.silu(at, at + bytes));
    const sigmoid = after(() => kernel.sigmoid(at, at + bytes));
    after(() => kernel.softplus(at, bytes / rows, rows, to));
    return [silu, sigmoid, Array.from(new Float64Array(kernel.memory.buffer, to, 2 * rows))];
}"""


@pytest.fixture(scope="module")
def javascript(browser: Browser) -> Iterator[Page]:
    """A page that knows all kernels."""
    with blank_page(browser, modules("inference/kernel", "kernel_bytes", "plain_kernel")) as page:
        yield page


def test_the_bytes_are_those_of_the_text() -> None:
    assert kernel_bytes.FILE.read_text() == kernel_bytes.javascript(), "run python -m tests.kernel_bytes"


@pytest.mark.parametrize(("refused", "chosen"), [(0, [1, False]), (1, [2, False]), (2, [2, True])])
def test_the_first_kernel_that_the_browser_accepts_is_taken(javascript: Page, refused: int, chosen: list) -> None:
    assert javascript.evaluate(LOAD, refused) == chosen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_numpys(javascript: Page, kind: str, transposed: bool) -> None:
    numbers = np.random.default_rng(0)
    a, weight, b = numbers.normal(size=(8, 37)), numbers.normal(size=(21, 37)), numbers.normal(size=21)
    wanted = a @ weight.T
    given = [KINDS[kind], (a.T if transposed else a).ravel().tolist(), weight.ravel().tolist(), b.tolist()]
    for added in (0, 2):
        plain, found = javascript.evaluate(MULTIPLY, [*given, len(a), transposed, added])
        assert plain == (kind == "plain")
        np.testing.assert_allclose(np.array(found).reshape(8, 24)[:, :21], (added + 1) * wanted + b, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_units_are_numpys(javascript: Page, kind: str) -> None:
    values = np.concatenate([np.linspace(-80, 80, 784), np.linspace(-3, 3, 784)]).reshape(2, 784)
    silu, sigmoid, softplus = javascript.evaluate(UNITS, [KINDS[kind], values.ravel().tolist(), 2])
    x = values.astype(np.float32).astype(float)
    np.testing.assert_allclose(np.reshape(silu, x.shape), x / (1 + np.exp(-x)), rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(np.reshape(sigmoid, x.shape), 1 / (1 + np.exp(-x)), rtol=1e-6)
    large, product = np.reshape(softplus, (2, 2)).T
    np.testing.assert_allclose(large + np.log(product), np.logaddexp(0, x).sum(axis=1), rtol=1e-7)
