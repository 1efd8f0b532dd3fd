"""The two densities open in a browser, on a page of their own without Streamlit."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from playwright.sync_api import Page, Route, expect
from torch.distributions import Categorical, Distribution, MixtureSameFamily, Normal

from explorer.browser import MAP_STYLES
from explorer.javascript import bundle, styles
from explorer.pages.probability.divergence.divergence import FOLDER
from explorer.palette import TERMS
from tests.browser.waiting import wait_until

Hump = dict[str, float]
ADDRESS = "http://divergence.invalid/"
MARKUP = f"""<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>
:root {{ --st-background-color: #fff; --st-text-color: #111; --st-primary-color: #2563c9; --st-font: sans-serif; }}
{styles([*MAP_STYLES, FOLDER / "divergence.css"])}</style>
<body><div class="lse lse-divergence" data-testid="divergence" data-ready="false"></div>
<script type="module">
import mount from "/divergence.js";
window.unmount = mount({{ parentElement: document.body, data: {{ term_colours: {json.dumps(TERMS)} }} }});
</script>"""


class OpenedDivergence:
    """The component on a page of its own, without Streamlit."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_test_id("divergence")

    def density(self, name: str) -> list[Hump]:
        """The density ``name``, q or p, as it is drawn."""
        return json.loads(self.root.get_attribute(f"data-{name}"))

    def nats(self, direction: str) -> float:
        return float(self.root.get_attribute(f"data-kl-{direction}"))

    def cells(self, direction: str, row: str) -> list[float]:
        """Nats, bits and code length of a row."""
        texts = self.page.locator(f"[data-direction={direction}] [data-row={row}] td").all_inner_texts()
        return [float(text.replace("−", "-")) for text in texts]

    def wait_for(self, name: str, part: str, value: float, within: float = 0.03, hump: int = 0) -> None:
        """Until a hump of a density has that mean or stddev; moves reach the page a frame later."""
        script = """([name, part, value, within, hump]) => {
            const humps = JSON.parse(document.querySelector("[data-testid=divergence]").dataset[name]);
            return hump < humps.length && Math.abs(humps[hump][part] - value) <= within;
        }"""
        wait_until(self.page, script, [name, part, value, within, hump])

    def drag(self, grip: str, way: float) -> None:
        """Take hold of a grip and move it along x by ``way``, in units of x."""
        x, y, far = self.grasp(grip, way)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + far / 2, y + 30)
        self.page.mouse.move(x + far, y + 30)
        self.page.mouse.up()

    def grasp(self, grip: str, way: float) -> tuple[float, float, float]:
        """Where a grip is, and how many pixels ``way`` is."""
        box = self.page.get_by_test_id(grip).bounding_box()
        width = self.page.get_by_test_id("densities").locator(".lse-grips").bounding_box()["width"]
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, way * width / 14

    def fit(self, direction: str) -> None:
        self.page.get_by_test_id(f"fit-{direction}").click()
        expect(self.root).to_have_attribute("data-fitting", "")
        expect(self.page.get_by_test_id("outcome")).not_to_be_empty()


@contextmanager
def opened_on(page: Page) -> Iterator[OpenedDivergence]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: line.type in ("error", "warning") and complaints.append(line.text))
    page.route(f"{ADDRESS}**", answer)
    page.goto(ADDRESS)
    opened = OpenedDivergence(page)
    expect(opened.root).to_have_attribute("data-ready", "true")
    yield opened
    assert complaints == []


def answer(route: Route) -> None:
    script = route.request.url.endswith(".js")
    route.fulfill(
        body=bundle(FOLDER / "divergence.js") if script else MARKUP,
        content_type="text/javascript" if script else "text/html",
    )


def made(humps: list[Hump]) -> Distribution:
    """The density as torch knows it."""
    columns = {name: torch.tensor([hump[name] for hump in humps], dtype=torch.float64) for name in humps[0]}
    if len(humps) == 1:
        return Normal(columns["mean"][0], columns["stddev"][0])
    return MixtureSameFamily(Categorical(columns["weight"]), Normal(columns["mean"], columns["stddev"]))
