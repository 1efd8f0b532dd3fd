"""Latent Space Explorer: see what a variational autoencoder learns, and what each term of its loss is for."""

from pathlib import Path

import streamlit as st

from explorer import startup
from explorer.page_head import APP, page_head
from explorer.pages import compare as compare_page
from explorer.pages import map as map_page
from explorer.pages import probability as probability_page
from explorer.pages import train as train_page

static = Path(__file__).parent / "static"
st.set_page_config(page_title=APP, page_icon=static / "icon.png", layout="wide")
st.logo(static / "logo.svg", size="large")
# The map is to take the first screen, where Streamlit leaves six lines empty.
st.html("<style>.stMainBlockContainer { padding: 3.75rem clamp(0.75rem, 2vw, 2rem) 2rem; }</style>")

if problem := startup.prepare():
    st.error(problem)
    st.stop()

pages = [
    st.Page(map_page.show, title="Map", url_path="map", default=True),
    st.Page(compare_page.show, title="Compare", url_path="compare"),
    st.Page(probability_page.show, title="Probability", url_path="probability"),
    st.Page(train_page.show, title="Train", url_path="train"),
]
page = st.navigation(pages, position="top")
page_head(page, pages)
page.run()
