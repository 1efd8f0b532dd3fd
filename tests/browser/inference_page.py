"""The figures of inference on a page of their own, without Streamlit and without a server that computes."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import styles
from explorer.pages.probability.probability_view import FOLDER
from explorer.server.assets import plotly_url
from tests.browser.blank_page import INFERENCE, modules, teach
from tests.browser.figures import ADDRESS, answer
from tests.browser.opened_map import READY_MS

STYLES = styles([*MAP_STYLES, KIT / "ui/pad.css", FOLDER / "figures_of_inference.css"])
MODULES = [*INFERENCE, *modules("sketch", "curves_figure", "probability/curves", "ancestral")]
SECTIONS = "".join(f'<section class="lse-{name}"></section>' for name in ("sketch", "curves", "ancestral"))
MAKE = """async plotly => {
    const { signal } = new AbortController();
    const place = name => document.querySelector(`.lse-${name}`);
    Object.assign(window, { presses: 0, landed: [], taken: [], drawn: [] });
    window.curves = new Curves(place("curves"), { draw: () => presses++ });
    window.ancestral = new Ancestral(place("ancestral"), signal, {
        land: z => { landed = z.map(each => Array.from(each)) },
        take: pixels => taken.push(Array.from(pixels)),
    });
    window.sketch = new Sketch(place("sketch"), signal, {
        drawn: (pixels, final) => drawn.push([pixels && Array.from(pixels), final]),
    });
    await curves.load(plotly);
}"""


@contextmanager
def inference_page(browser: Browser) -> Iterator[Page]:
    """A page with the pad, the curves and the samples; at the end its console must be empty."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(READY_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: line.type in ("error", "warning") and complaints.append(line.text))
    page.route(f"{ADDRESS}**", answer)
    page.goto(ADDRESS)
    page.evaluate("markup => { document.body.innerHTML = markup }", f'<div class="lse">{SECTIONS}</div>')
    page.add_style_tag(content=STYLES)
    teach(page, MODULES)
    page.evaluate(MAKE, ADDRESS + plotly_url())
    yield page
    page.close()
    assert complaints == []
