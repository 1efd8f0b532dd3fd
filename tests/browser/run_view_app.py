"""The run view over a run made up of shipped models: each press of "Next frame" records another one.

The query string says how it begins: ``frames`` and ``runs`` how many, ``dataset``, ``likelihood``, ``ended``.
"""

import math
import shutil
from pathlib import Path

import streamlit as st

from explorer import middleware, palette
from explorer.pages.train.run_view import run_view
from explorer.server import assets
from explorer.wire import Frame, Run
from models import data, gallery
from models.likelihood import LIKELIHOODS
from tests.browser.opened_run import FRAMES, GAP

STEPS, EPOCH = 2000, 400
STATIC = Path(__file__).parent / "static"


def published(address: str) -> str:
    """A file that the app serves, served by this script too."""
    source = assets.FOLDER / Path(address).name
    STATIC.mkdir(exist_ok=True)
    if not (STATIC / source.name).exists():
        shutil.copy(source, STATIC)
    return f"app/static/{source.name}"


def frame(number: int, name: str) -> Frame:
    """The model ``name`` as the frame ``number``."""
    model = gallery.read(name)
    numbers = {key: model.metrics[key] for key in ("reconstruction", "kl", "spread", "mean_sigma")}
    url = published(assets.model_url(name, model))
    return Frame(step=GAP * number, url=url, weight=model.recipe.beta, **numbers)


def run(name: str, models: tuple[str, ...], count: int) -> Run:
    """The first ``count`` of ``models`` as a run."""
    dataset, steps = st.query_params.get("dataset", "mnist"), list(range(1, GAP * max(0, count - 1), 5))
    return Run(
        name=name,
        label=f"run {name}",
        dataset=dataset.upper(),
        likelihood=LIKELIHOODS[st.query_params.get("likelihood", "bernoulli")].facts(),
        class_names=list(data.DATASETS[dataset].class_names),
        images=10_000,
        steps=STEPS,
        epoch=EPOCH,
        beta=30.0,
        settles_at=int(st.query_params.get("settles_at", "0")),
        ended="ended" in st.query_params,
        waiting="The worker is starting.",
        frames=[frame(number, model) for number, model in enumerate(models[:count])],
        training={
            "step": steps,
            "reconstruction": [130 + 410 * math.exp(-step / 20) + 60 * math.exp(-step / 400) for step in steps],
            "kl": [7 * (1 - math.exp(-step / 100)) + math.sin(step) for step in steps],
        },
        changes=[{"step": 700, "weight": 0.0}] if count > 4 else [],
    )


def show() -> None:
    """Draw the page."""
    st.set_page_config(layout="wide")
    st.html("<style>.stMainBlockContainer { padding: 3.75rem clamp(0.75rem, 2vw, 2rem) 2rem; }</style>")
    view, rail = st.columns([3, 1], gap="medium")
    st.session_state.setdefault("frames", int(st.query_params.get("frames", "0")))
    if rail.button("Next frame"):
        st.session_state["frames"] += 1
    count = st.session_state["frames"]
    both = [run("A", FRAMES, count), run("B", FRAMES[::-1], count)]
    with view:
        run_view(
            both[: int(st.query_params.get("runs", "1"))],
            invitation="Press the button for the next frame.",
            class_colours=palette.CLASSES,
            term_colours=palette.TERMS,
            plotly_url=published(assets.plotly_url()),
            classifier_url=published(assets.classifier_url()),
            key="run",
        )


if __name__ == "__main__":
    show()
else:
    server = st.App(__file__, middleware=middleware.stack())
