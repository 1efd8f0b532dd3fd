"""The head of every page: its title, its h1, and the page menu for narrow windows."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from explorer.browser import TYPE_STYLES
from explorer.javascript import styles

APP = "Latent Space Explorer"
# Below 768 px Streamlit puts the pages into a sidebar, whose button has no label and which stays open after a choice.
_STYLE = (
    f"<style>{styles([TYPE_STYLES])}</style>"
    + """<style>
.stApp [data-testid="stMarkdownContainer"] :is(p, li, td, th, a),
.stApp [data-testid="stCaptionContainer"] :is(p, li, a), .stApp code,
.stApp [data-testid="stFileUploaderDropzoneInstructions"] span { font-size: var(--type-text); }
[data-testid="stLayoutWrapper"]:has(> .st-key-page-heading) { position: absolute; width: 1px; }
.st-key-page-heading { width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (width >= 768px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-page-menu) { display: none; }
}
@media (768px <= width < 840px) {
  .stAppToolbar img { max-width: 9rem; object-fit: contain; object-position: left; }
}
@media (width < 768px) {
  .stSidebar, [data-testid="stExpandSidebarButton"] { display: none; }
  .stAppToolbar > * > * { min-width: 0; }
  .stAppToolbar img { max-width: calc(100vw - 11rem); object-fit: contain; object-position: left; }
  .stStatusWidget button { display: none; }
  .st-key-page-menu { gap: 0.25rem; margin-block: 0.25rem -0.5rem; }
  .katex-display { font-size: 0.92em; }
  .st-key-page-menu a { min-height: 2.75rem; padding-inline: 0.6rem; }
}
</style>"""
)


def page_head(page: StreamlitPage, pages: Sequence[StreamlitPage]) -> None:
    """Set the title of ``page`` for the browser's tab and screen readers, and draw the menu for narrow windows."""
    st.set_page_config(page_title=f"{page.title} · {APP}")
    st.html(_STYLE)
    with st.container(key="page-heading"):
        st.html(f"<h1>{page.title}</h1>")
    with st.container(key="page-menu", horizontal=True):
        for each in pages:
            st.page_link(each)
