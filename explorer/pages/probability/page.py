"""The Probability page: the evidence, the posterior and every gap for one image; computable because z has two
dimensions."""

from dataclasses import dataclass

import streamlit as st

from explorer import equations, palette, visitor
from explorer.mounted import note_left, start_of, while_mounted
from explorer.pages.probability.divergence.divergence import divergence
from explorer.pages.probability.inference_costs import inference_costs
from explorer.pages.probability.likelihood_note import likelihood_note
from explorer.pages.probability.probability_view import WORKER, probability_view
from explorer.server import assets, catalogue, comparison_models, evidence, link
from explorer.wire import Choice, Dial

_DEFAULTS = link.defaults(link.PROBABILITY)
_KEY = "probability"


@dataclass
class _Mounted:
    """The component's data."""

    models: list[Choice]
    dials: list[Dial]
    evidence: dict[str, dict[str, float]]
    start: dict[str, str]


def show() -> None:
    """Draw the page."""
    visitor_id = visitor.identify()
    try:
        mounted = while_mounted(_KEY, lambda: _prepared(visitor_id))
    except assets.AssetError as error:
        st.error(f"The page cannot be served. {error} Then reload this page.")
        return
    st.fragment(_view)(mounted)
    with st.container(key="explained"):  # the component's CSS skips its rendering while it is off screen
        with st.expander("Why the ELBO is never above log p(x)"):
            _explain_bound()
        with st.expander("What one encoder for all images costs, over test and training images"):
            inference_costs()
        with st.expander("Why KL(q‖p) and KL(p‖q) lead to different fits"):
            divergence(term_colours=palette.TERMS, key="divergence")
        with st.expander("Why a larger σ of the pixels has the same effect as a larger β"):
            likelihood_note()


def _explain_bound() -> None:
    st.latex(equations.EVIDENCE)
    st.markdown(
        "For every q the ELBO is at most log p(x). The difference is KL(q ‖ p(z|x)), the divergence of q from the"
        " posterior. With two latent dimensions the integral over z is a sum over a grid. Each of the three is computed"
        " separately."
    )


def _prepared(visitor_id: str) -> _Mounted:
    models, start = comparison_models.choices(visitor_id), start_of(_KEY, link.PROBABILITY)
    dials = catalogue.dials_for(visitor_id)
    if not catalogue.is_offered(start["model"], models, dials):
        start["model"] = _DEFAULTS["model"]
    return _Mounted(models, dials, evidence.averages(), start)


def _view(mounted: _Mounted) -> None:
    """Draw the component, which answers every question in the browser."""
    value = probability_view(
        mounted.models,
        mounted.dials,
        mounted.start,
        _DEFAULTS,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        worker_url=assets.script_url("inference", WORKER),
        evidence=mounted.evidence,
        key=_KEY,
    )
    note_left(_KEY, value.link)
