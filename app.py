"""Latent Space Explorer: see what a variational autoencoder learns, and what each term of its loss is for."""

from pathlib import Path

import streamlit as st

from explorer import middleware, palette, startup
from explorer.page_head import APP, page_head
from explorer.pages.compare import page as compare_page
from explorer.pages.map import page as map_page
from explorer.pages.probability import page as probability_page
from explorer.pages.story import page as story_page
from explorer.pages.train import page as train_page
from explorer.story_strip import story_strip

_STATIC = Path(__file__).parent / "static"


def show() -> None:
    """Draw the current page for one visitor."""
    # By its address: a file that Streamlit publishes itself may be gone when the tab asks for it.
    st.set_page_config(page_title=APP, page_icon="/app/static/icon.png", layout="wide")
    st.logo(_STATIC / "logo.svg", size="large")
    # Less padding, so that the map is on the first screen: Streamlit leaves six lines empty above it.
    st.html("<style>.stMainBlockContainer { padding: 3.75rem clamp(0.75rem, 2vw, 2rem) 2rem; }</style>")
    # Glyphs overhang an equation's box by two pixels; without padding it would scroll and become a tab stop.
    st.html(f"<style>{palette.style()} .stApp .katex-display {{ padding-inline: 4px; }}</style>")

    if problem := startup.prepare():
        st.error(problem)
        st.stop()

    pages = [
        st.Page(map_page.show, title="Map", url_path="map", default=True),
        st.Page(story_page.show, title="Story", url_path="story"),
        st.Page(compare_page.show, title="Compare", url_path="compare"),
        st.Page(probability_page.show, title="Probability", url_path="probability"),
        st.Page(train_page.show, title="Train", url_path="train"),
    ]
    page = st.navigation(pages, position="top")
    page_head(page, pages)
    if page is pages[0]:
        story_strip(pages[1])
    page.run()


# `streamlit run` imports this file once to find the st.App below, and then runs it for each visitor.
if __name__ == "__main__":
    show()
else:
    startup.start()
    server = st.App(__file__, middleware=middleware.stack())
