"""The probability view: for one image the evidence, the posterior and every gap, because z has two dimensions."""

from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explorer import equations, palette, visitor
from explorer.mounted import note_left, start_of, while_mounted
from explorer.pages.probability.divergence.divergence import divergence
from explorer.pages.probability.inference_costs import inference_costs
from explorer.pages.probability.likelihood_note import likelihood_note
from explorer.pages.probability.probability_view import probability_view
from explorer.server import assets, comparison_models, link, posteriors
from explorer.wire import Choice

_DEFAULTS = link.defaults(link.PROBABILITY)
_KEY = "probability"


@dataclass
class _Given:
    """What the component is given, the question that it asked last, and how many parts of its answer are wanted."""

    models: list[Choice]
    start: dict[str, str]
    asked: object = None
    parts: int = 1


def show() -> None:
    """The page."""
    who = visitor.identify()
    try:
        given = while_mounted(_KEY, lambda: _prepared(who))
    except assets.AssetError as error:
        st.error(f"The page cannot be served. {error} Then reload this page.")
        return
    st.fragment(_view)(who, given)
    st.latex(equations.EVIDENCE)
    st.markdown(
        "For every q the ELBO is at most log p(x). The difference is KL(q ‖ p(z|x)), the divergence of q from the"
        " posterior. With two latent dimensions the integral over z is a sum over a grid. Each of the three is computed"
        " separately."
    )
    with st.container(key="explained"):  # the component's style leaves it undrawn while out of sight
        inference_costs()
        divergence(term_colours=palette.TERMS, key="divergence")
        likelihood_note()


def _prepared(who: str) -> _Given:
    models, start = comparison_models.choices(who), start_of(_KEY, link.PROBABILITY)
    if start["model"] not in {model["name"] for model in models}:
        start["model"] = _DEFAULTS["model"]
    return _Given(models, start)


def _view(who: str, given: _Given) -> None:
    """The component, and the answer to what it asked last, part by part: what takes longest comes last."""
    question = st.session_state.get(_KEY, {}).get("question")
    if question != given.asked:
        # Curves alone are asked for when the fits are there already.
        given.parts = 2 if _about(question) == _about(given.asked) else 1
        given.asked = question
    answer = posteriors.answer(question, who, given.parts) if question else None
    value = probability_view(
        given.models,
        given.start,
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
        given.parts += 1
        _again()


def _about(question: object) -> object:
    """What of a question says which image under which model it is about."""
    if not isinstance(question, dict):
        return question
    return {name: value for name, value in question.items() if name not in ("id", "curves")}


def _again() -> None:
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # the whole page has run, not the fragment alone
        st.rerun()
