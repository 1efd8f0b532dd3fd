"""The probability view: for one image the evidence, the posterior and every gap, because z has two dimensions."""

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explorer import assets, choices, equations, link, palette, posteriors, visitor
from explorer.divergence import divergence
from explorer.inference_costs import inference_costs
from explorer.likelihood_note import likelihood_note
from explorer.probability_view import probability_view

_DEFAULTS = link.defaults(link.PROBABILITY)
_KEY = "probability"


def show() -> None:
    """The page."""
    who = visitor.identify()
    # Streamlit forgets a component's state when its page is left.
    if _KEY not in st.session_state:
        try:
            _remember(who)
        except assets.AssetError as error:
            st.error(f"The page cannot be served. {error} Then reload this page.")
            return
    st.fragment(_view)(who)
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


def _remember(who: str) -> None:
    """Settle what the component is given, for all but the answer stays as it is while it is mounted."""
    models = choices.choices(who)
    start = link.clean(st.query_params.to_dict() or st.session_state.get("probability_left", {}), link.PROBABILITY)
    if start["model"] not in {model["name"] for model in models}:
        start["model"] = _DEFAULTS["model"]
    st.session_state["probability_models"] = models
    st.session_state["probability_start"] = start
    st.session_state["probability_asked"] = None


def _view(who: str) -> None:
    """The component, and the answer to what it asked last, part by part: what takes longest comes last."""
    question = st.session_state.get(_KEY, {}).get("question")
    asked = st.session_state["probability_asked"]
    if question != asked:
        st.session_state["probability_asked"] = question
        # Curves alone are asked for when the fits are there already.
        st.session_state["probability_parts"] = 2 if _about(question) == _about(asked) else 1
    parts = st.session_state.get("probability_parts", 1)
    answer = posteriors.answer(question, who, parts) if question else None
    left = probability_view(
        st.session_state["probability_models"],
        st.session_state["probability_start"],
        _DEFAULTS,
        answer,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key=_KEY,
    )
    if isinstance(left.link, dict):
        st.session_state["probability_left"] = left.link
    if answer and not answer["complete"]:
        st.session_state["probability_parts"] = parts + 1
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
