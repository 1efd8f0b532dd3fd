"""The figures of two models on a page of their own, without Streamlit: the shipped models, and measures made up."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from playwright.sync_api import Browser, Page, Route

from explorer.browser import FOLDER as KIT
from explorer.browser import MAP_STYLES
from explorer.javascript import styles
from explorer.palette import TERMS
from explorer.server.catalogue import shipped
from tests.browser.blank_page import INFERENCE, modules, teach
from tests.browser.opened_map import READY_MS
from tests.conftest import ROOT

ADDRESS = "http://figures.invalid/"
FIGURES = (
    "measures",
    "sparkline",
    "table_words",
    "table",
    "samples",
    "plane_spots",
    "plane_names",
    "plane_figure",
    "plane",
)
MODULES = [*INFERENCE, *modules(*FIGURES)]
MARKUP = f"""<!doctype html><meta charset="utf-8"><style>{styles([*MAP_STYLES, KIT / "ui/figures.css"])}</style>
<body><section class="lse lse-panel" id="figure"></section>"""
CLASSIFIER = {"test_accuracy": 0.981, "sure": 0.9, "draws": 1000}
COUNTS = ("active_units",)
MADE_UP = ("overlap", "aggregate_kl", "mutual_information", "holes", "sure_share", "sure_share_sd")
MADE_UP += ("drawn_classes", "neighbour_accuracy")
INK = {"text": "#111111", "paper": "#ffffff", "muted": "#666666", "line": "#cccccc", "font": "sans-serif", **TERMS}


@contextmanager
def figure_page(browser: Browser, width: int = 1400) -> Iterator[Page]:
    """A page with one empty section and every figure's class; at the end its console must be empty."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(READY_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: line.type in ("error", "warning") and complaints.append(line.text))
    page.route(f"{ADDRESS}**", answer)
    page.goto(ADDRESS)
    teach(page, MODULES)
    page.evaluate("window.picks = []")
    yield page
    page.close()
    assert complaints == []


def answer(route: Route) -> None:
    path = route.request.url.removeprefix(ADDRESS)
    file = ROOT / path.removeprefix("app/")
    if path.endswith(".js.gz"):
        route.fulfill(body=gzip.decompress(file.read_bytes()), content_type="text/javascript")
    elif path.startswith("app/static/"):
        route.fulfill(body=file.read_bytes(), content_type="application/gzip")
    else:
        route.fulfill(body=MARKUP, content_type="text/html")


def choices() -> list[dict]:
    """The shipped models with an encoder and binary pixels, as the page gives them, with made-up measures."""
    numbers = np.random.default_rng(0)
    return [
        model | {"encoder_url": "", "measuring": False, "measures": measures(model, numbers)}
        for model in shipped()
        if model["has_encoder"] and model["likelihood"]["name"] == "bernoulli"
    ]


def measures(model: dict, numbers: np.random.Generator) -> dict[str, float]:
    made_up = dict(zip(MADE_UP, numbers.uniform(0.001, 0.999, len(MADE_UP)).tolist(), strict=True))
    return {**model["metrics"], **made_up}


def seeds(models: list[dict], count: int = 4) -> list[dict]:
    """``count`` more seeds of every model trained from scratch, a few per cent from it."""
    numbers = np.random.default_rng(1)
    return [
        {"beta": model["beta"], "seed": seed, "measures": near(model["measures"], numbers)}
        for model in models
        if model["from_scratch"]
        for seed in range(1, count + 1)
    ]


def near(measured: dict[str, float], numbers: np.random.Generator) -> dict[str, float]:
    return {key: value if key in COUNTS else value * numbers.uniform(0.97, 1.03) for key, value in measured.items()}


def kept(model: dict, **changes: object) -> dict:
    """A model of the visitor's own that nobody has measured."""
    own = {"name": "kept-0123456789ab", "label": "mine", "from_scratch": False, "kept": True, "measures": None}
    return json.loads(json.dumps({**model, **own, **changes}))
