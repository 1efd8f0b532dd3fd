"""Two models side by side: what each loss term does, in pictures and in numbers."""

import logging

import streamlit as st

from explorer import assets, choices, link, palette, visitor
from explorer.definitions import definitions
from explorer.side_by_side import Choice, RunChoice, side_by_side
from explorer.units_calculator import units_calculator
from models import classifier
from models.measures import read_shipped
from models.shipped import ShippedError

_POLL_S = 2.0
_DEFAULTS = link.defaults(link.COMPARE)
_NOT_SHIPPED = {"seeds": [], "classifier": {"test_accuracy": None, "sure": classifier.SURE, "draws": classifier.DRAWS}}


def show() -> None:
    """The page."""
    who = visitor.identify()
    # Streamlit forgets a component's state when its page is left.
    if "compare" not in st.session_state:
        try:
            _remember(who)
        except assets.AssetError as error:
            st.error(f"The page cannot be served. {error} Then reload this page.")
            return
    if st.session_state["compare_missing"]:
        st.warning("A model in this address is not here: another visitor saved it, or it was deleted to make room.")
    shipped = st.session_state["compare_shipped"]
    if shipped is _NOT_SHIPPED:
        st.warning("The shipped measures cannot be shown: measures.json is damaged. Restore it and reload this page.")
    left = side_by_side(
        st.session_state["compare_models"],
        st.session_state["compare_runs"],
        shipped["seeds"],
        shipped["classifier"],
        st.session_state["compare_start"],
        _DEFAULTS,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key="compare",
    )
    if left:
        st.session_state["compare_left"] = left
    if any(model["measuring"] for model in st.session_state["compare_models"]):
        st.fragment(_wait_for_measures, run_every=_POLL_S)(who)
    with st.container(key="explained"):  # the component's style leaves it undrawn while out of sight
        definitions()
        units_calculator()


def _remember(who: str) -> None:
    """Settle what the component is given, for all but the measures stays as it is while it is mounted."""
    start = link.clean(st.query_params.to_dict() or st.session_state.get("compare_left", {}), link.COMPARE)
    models = choices.choices(who)
    runs = choices.runs(who, filter(None, (link.run_of(start[side]) for side in "ab")))
    st.session_state["compare_shipped"] = _shipped()
    st.session_state["compare_models"] = models
    st.session_state["compare_runs"] = runs
    replaced = _replaced(start, models, runs)
    st.session_state["compare_start"] = start | replaced
    st.session_state["compare_missing"] = bool(replaced)


def _shipped() -> dict:
    """The other seeds and the classifier's figures; the page goes on without them."""
    try:
        return read_shipped()
    except ShippedError as error:
        logging.getLogger(__name__).warning("%s", error)
        return _NOT_SHIPPED


def _replaced(start: dict[str, str], models: list[Choice], runs: list[RunChoice]) -> dict[str, str]:
    """The default for each side that is not to be had: another visitor's kept model, or a run that is gone."""
    offered = {each["name"] for each in (*models, *runs)}
    return {side: _DEFAULTS[side] for side in "ab" if start[side].partition("@")[0] not in offered}


def _wait_for_measures(who: str) -> None:
    """Look now and then; the component gets measures as soon as they are there."""
    known = st.session_state["compare_models"]
    fresh = choices.refreshed(who, known)
    if fresh != known:
        st.session_state["compare_models"] = fresh
        st.rerun()
