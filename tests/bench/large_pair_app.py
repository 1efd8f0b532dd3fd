"""Two maps of 70,000 points each."""

import streamlit as st

from explorer import middleware, palette
from explorer.pages.compare.side_by_side import side_by_side
from explorer.server import assets, comparison_models, link
from models import measures
from tests.bench.enlarged import enlarged, published


@st.cache_resource
def pair() -> list[dict]:
    """The two models that the page opens with, enlarged."""
    found = [
        choice for choice in comparison_models.choices("nobody") if choice["name"] in ("mnist-beta-0.3", "mnist-beta-1")
    ]
    return [enlarged(choice) | {"encoder_url": published(choice["encoder_url"])} for choice in found]


def show() -> None:
    st.set_page_config(layout="wide")
    start = link.defaults(link.COMPARE) | {"a": "mnist-beta-0.3"}
    side_by_side(
        pair(),
        [],
        [],
        measures.read_shipped()["seeds"],
        measures.read_shipped()["classifier"],
        start,
        link.defaults(link.COMPARE),
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=published(assets.plotly_url()),
        classifier_url=published(assets.classifier_url()),
        key="pair",
    )


# As in app.py: without its middleware no browser takes plotly.js from a .js.gz.
if __name__ == "__main__":
    show()
else:
    server = st.App(__file__, middleware=middleware.stack())
