"""The map with 70,000 points."""

import streamlit as st

from explorer import middleware, palette
from explorer.pages.map.latent_map import latent_map
from explorer.server import assets, catalogue, link
from tests.bench.enlarged import enlarged, published


@st.cache_resource
def models() -> list[dict]:
    """The two models of the KL switch, enlarged."""
    return [enlarged(model) for model in catalogue.shipped() if model["name"] in ("mnist-beta-0", "mnist-beta-1")]


def show() -> None:
    latent_map(
        models(),
        [],
        link.DEFAULTS,
        link.DEFAULTS,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=published(assets.plotly_url()),
        classifier_url=published(assets.classifier_url()),
        key="map",
    )


# As in app.py: without its middleware no browser takes plotly.js from a .js.gz.
if __name__ == "__main__":
    show()
else:
    server = st.App(__file__, middleware=middleware.stack())
