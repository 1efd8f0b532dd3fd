"""The Probability page: the evidence, the posterior and every gap for one image; computable because z has two
dimensions."""

from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explorer import equations, palette, visitor
from explorer.mounted import note_left, start_of, while_mounted
from explorer.pages.probability.divergence.divergence import divergence
from explorer.pages.probability.inference_costs import inference_costs
from explorer.pages.probability.likelihood_note import likelihood_note
from explorer.pages.probability.probability_view import probability_view
from explorer.server import assets, catalogue, comparison_models, link, posteriors
from explorer.wire import Choice, Dial

_DEFAULTS = link.defaults(link.PROBABILITY)
_KEY = "probability"


@dataclass
class _Mounted:
    """The component's data, its last question, and the number of parts of the answer that are requested."""

    models: list[Choice]
    dials: list[Dial]
    start: dict[str, str]
    last_question: object = None
    parts: int = 1


def show() -> None:
    """Draw the page."""
    visitor_id = visitor.identify()
    try:
        mounted = while_mounted(_KEY, lambda: _prepared(visitor_id))
    except assets.AssetError as error:
        st.error(f"The page cannot be served. {error} Then reload this page.")
        return
    st.fragment(_view)(visitor_id, mounted)
    st.latex(equations.EVIDENCE)
    st.markdown(
        "For every q the ELBO is at most log p(x). The difference is KL(q ‖ p(z|x)), the divergence of q from the"
        " posterior. With two latent dimensions the integral over z is a sum over a grid. Each of the three is computed"
        " separately."
    )
    with st.container(key="explained"):  # the component's CSS skips its rendering while it is off screen
        inference_costs()
        divergence(term_colours=palette.TERMS, key="divergence")
        likelihood_note()


def _prepared(visitor_id: str) -> _Mounted:
    models, start = comparison_models.choices(visitor_id), start_of(_KEY, link.PROBABILITY)
    dials = catalogue.dials_for(visitor_id)
    if not catalogue.is_offered(start["model"], models, dials):
        start["model"] = _DEFAULTS["model"]
    return _Mounted(models, dials, start)


def _view(visitor_id: str, mounted: _Mounted) -> None:
    """Draw the component with the answer to its last question, part by part; the slowest part comes last."""
    question = st.session_state.get(_KEY, {}).get("question")
    if question != mounted.last_question:
        # If only the curves are new, the fits are already computed.
        mounted.parts = 2 if _subject(question) == _subject(mounted.last_question) else 1
        mounted.last_question = question
    answer = posteriors.answer(question, visitor_id, mounted.parts) if question else None
    value = probability_view(
        mounted.models,
        mounted.dials,
        mounted.start,
        _DEFAULTS,
        answer,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key=_KEY,
    )
    note_left(_KEY, value.link)
    if answer and not answer["complete"]:
        mounted.parts += 1
        _rerun()


def _subject(question: object) -> object:
    """The part of a question that identifies the model and the image."""
    if not isinstance(question, dict):
        return question
    return {name: value for name, value in question.items() if name not in ("id", "curves")}


def _rerun() -> None:
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # not in a fragment rerun: the whole page has run
        st.rerun()
