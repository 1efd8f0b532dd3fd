"""The headline above the map, and four steps that lead into the story."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

HEADLINE = "A variational autoencoder turns images into two numbers and back. See what each loss term is for."
STEPS = {"1": "Drag", "4": "KL off", "5": "Too strong", "2": "What was lost"}
"""The scenes of the story that the steps lead to, and the steps' names, in the order of a first visit."""

_STYLE = """<style>
.st-key-story-strip { gap: 0.75rem 0.6rem; align-items: center; margin-block: 0.4rem 0.1rem; }
.st-key-story-strip > * { flex: none; overflow: visible; }
.st-key-story-strip p { font-size: 1.1rem; font-weight: 600; margin: 0; line-height: 1.3; }
.st-key-story-strip a { min-height: 2.25rem; padding: 0 0.6rem; }
.st-key-story-strip a { border: 1px solid color-mix(in srgb, currentcolor 20%, transparent); }
.st-key-story-strip a p { font-size: 1rem; font-weight: 500; }
@media (width < 768px) {
  .st-key-story-strip { column-gap: 0.4rem; }
  .st-key-story-strip > :has(> .stHtml) { flex: 1 0 100%; }
  .st-key-story-strip a { min-height: 2.75rem; padding-inline: 0.3rem; }
}
</style>"""


def story_strip(story: StreamlitPage) -> None:
    """Draw them; ``story`` is the page that they lead to."""
    st.html(_STYLE)
    with st.container(key="story-strip", horizontal=True):
        st.html(f"<p>{HEADLINE}</p>", width="content")
        for scene, name in STEPS.items():
            st.page_link(story, label=f"{name} →", query_params={"scene": scene})
