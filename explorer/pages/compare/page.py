"""Two models side by side: what each loss term does, in pictures and in numbers."""

import logging
from dataclasses import dataclass

import streamlit as st

from explorer import palette, visitor
from explorer.mounted import note_left, start_of, while_mounted
from explorer.pages.compare.definitions import definitions
from explorer.pages.compare.side_by_side import side_by_side
from explorer.pages.compare.units_calculator import units_calculator
from explorer.server import assets, comparison_models, link
from explorer.wire import Choice, RunChoice
from models import classifier
from models.measures import read_shipped
from models.shipped import ShippedError

_KEY = "compare"
_POLL_S = 2.0
_DEFAULTS = link.defaults(link.COMPARE)
_NOT_SHIPPED = {"seeds": [], "classifier": {"test_accuracy": None, "sure": classifier.SURE, "draws": classifier.DRAWS}}


@dataclass
class _Given:
    """What the component is given; all but the measures in ``models`` stays as it is while it is mounted.

    ``missing``: a model in the address is not here, and ``start`` names the default instead.
    """

    models: list[Choice]
    runs: list[RunChoice]
    shipped: dict
    start: dict[str, str]
    missing: bool


def show() -> None:
    """The page."""
    who = visitor.identify()
    try:
        given = while_mounted(_KEY, lambda: _prepared(who))
    except assets.AssetError as error:
        st.error(f"The page cannot be served. {error} Then reload this page.")
        return
    if given.missing:
        st.warning("A model in this address is not here: another visitor saved it, or it was deleted to make room.")
    if given.shipped is _NOT_SHIPPED:
        st.warning("The shipped measures cannot be shown: measures.json is damaged. Restore it and reload this page.")
    left = side_by_side(
        given.models,
        given.runs,
        given.shipped["seeds"],
        given.shipped["classifier"],
        given.start,
        _DEFAULTS,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key=_KEY,
    )
    note_left(_KEY, left)
    if any(model["measuring"] for model in given.models):
        st.fragment(_wait_for_measures, run_every=_POLL_S)(who, given)
    with st.container(key="explained"):  # the component's style leaves it undrawn while out of sight
        definitions()
        units_calculator()


def _prepared(who: str) -> _Given:
    start = start_of(_KEY, link.COMPARE)
    models = comparison_models.choices(who)
    runs = comparison_models.runs(who, filter(None, (link.run_of(start[side]) for side in "ab")))
    replaced = _replaced(start, models, runs)
    return _Given(models, runs, _shipped(), start | replaced, missing=bool(replaced))


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


def _wait_for_measures(who: str, given: _Given) -> None:
    """Look now and then; the component gets measures as soon as they are there."""
    fresh = comparison_models.refreshed(who, given.models)
    if fresh != given.models:
        given.models = fresh
        st.rerun()
