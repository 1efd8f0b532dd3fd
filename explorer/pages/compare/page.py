"""Two models side by side: what each loss term does, in pictures and in numbers."""

import logging
from dataclasses import dataclass

import streamlit as st

from explorer import palette, visitor
from explorer.mounted import note_left, start_of, while_mounted
from explorer.pages.compare.definitions import definitions
from explorer.pages.compare.side_by_side import side_by_side
from explorer.pages.compare.units_calculator import units_calculator
from explorer.server import assets, catalogue, comparison_models, link
from explorer.wire import Choice, Dial, RunChoice
from models import classifier
from models.measures import read_shipped
from models.shipped import ShippedError

_KEY = "compare"
_POLL_S = 2.0
_DEFAULTS = link.defaults(link.COMPARE)
_NOT_SHIPPED = {
    "seeds": [],
    "classifier": {"test_accuracy": None, "sure": classifier.CONFIDENT, "draws": classifier.DRAWS},
}


@dataclass
class _Mounted:
    """The component's data; while it is mounted only the measures in ``models`` change.

    ``missing``: a model in the address is not available, so ``start`` has the default instead.
    """

    models: list[Choice]
    dials: list[Dial]
    runs: list[RunChoice]
    shipped: dict
    start: dict[str, str]
    missing: bool


def show() -> None:
    """Draw the page."""
    visitor_id = visitor.identify()
    try:
        mounted = while_mounted(_KEY, lambda: _prepared(visitor_id))
    except assets.AssetError as error:
        st.error(f"The page cannot be served. {error} Then reload this page.")
        return
    if mounted.missing:
        st.warning("A model in this address is not here: another visitor saved it, or it was deleted to make room.")
    if mounted.shipped is _NOT_SHIPPED:
        st.warning("The shipped measures cannot be shown: measures.json is damaged. Restore it and reload this page.")
    left = side_by_side(
        mounted.models,
        mounted.dials,
        mounted.runs,
        mounted.shipped["seeds"],
        mounted.shipped["classifier"],
        mounted.start,
        _DEFAULTS,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key=_KEY,
    )
    note_left(_KEY, left)
    if any(model["measuring"] for model in mounted.models):
        st.fragment(_wait_for_measures, run_every=_POLL_S)(visitor_id, mounted)
    with st.container(key="explained"):  # the component's CSS skips its rendering while it is off screen
        definitions()
        units_calculator()


def _prepared(visitor_id: str) -> _Mounted:
    start = start_of(_KEY, link.COMPARE)
    models, dials = comparison_models.choices(visitor_id), catalogue.dials_for(visitor_id)
    runs = comparison_models.runs(visitor_id, filter(None, (link.run_of(start[side]) for side in "ab")))
    replaced = _replacements(start, models, dials, runs)
    return _Mounted(models, dials, runs, _shipped(), start | replaced, missing=bool(replaced))


def _shipped() -> dict:
    """The measures of other seeds and the classifier's figures; the page also works without them."""
    try:
        return read_shipped()
    except ShippedError as error:
        logging.getLogger(__name__).warning("%s", error)
        return _NOT_SHIPPED


def _replacements(
    start: dict[str, str], models: list[Choice], dials: list[Dial], runs: list[RunChoice]
) -> dict[str, str]:
    """The default for each unavailable side: another visitor's kept model, or a deleted run."""
    named = {run["name"] for run in runs}
    missing = [
        side
        for side in "ab"
        if start[side] != _DEFAULTS[side]
        and start[side].partition("@")[0] not in named
        and not catalogue.is_offered(start[side], models, dials)
    ]
    return {side: _DEFAULTS[side] for side in missing}


def _wait_for_measures(visitor_id: str, mounted: _Mounted) -> None:
    """Poll for measures; the component gets them as soon as they are available."""
    fresh = comparison_models.with_new_measures(visitor_id, mounted.models)
    if fresh != mounted.models:
        mounted.models = fresh
        st.rerun()
