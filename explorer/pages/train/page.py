"""The Train page: watch the map during training, and change the KL weight of the run."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import palette, visitor
from explorer.pages.train.model_panels import models_panel, save_panel
from explorer.pages.train.recipe_form import first_recipe, recipe_form, show_cost
from explorer.pages.train.run_view import run_view
from explorer.pages.train.weight_dial import weight_dial
from explorer.runs.manager import RefusedError, Snapshot, manager
from explorer.server import assets, run_presenter
from explorer.server.model_store import MAX_LABEL
from explorer.wire import Run
from models.dial import BETAS
from models.recipe import Recipe, RecipeError
from models.vae import MIN_STDDEV

WEIGHTS = (0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""The KL weights that have a name. While a run trains, its dial has those between them too."""

_STOPS = sorted({*WEIGHTS, *(float(f"{10 ** (step / 16):.2g}") for step in range(-32, 24))})
_POLL_S = 1.0

_DIAL_NOTE = (
    f"One network for every β from {BETAS[0]:g} to {BETAS[1]:g}, so no KL weight is set here. Shown at β = 1. Pale"
    " curves: training images, each at its own β, and β · KL in place of KL."
)

_INVITATION = """Try this

1. Start, and wait until the digits form groups.
2. Set the KL weight to 0: σ collapses within a hundred steps, and the codes move apart.
3. Set it to 1: the codes come back.
4. Drag the ring at any time. The picture is decoded with the weights of that step."""

_INVITATION_OF_DIAL = """Try this

1. Start, and wait until the digits form groups. The map shows the network at β = 1.
2. Save the model when it is done.
3. Open it on the map, and turn its β: the codes spread towards 0.01 and shrink towards 30."""


def show() -> None:
    """Draw the page."""
    visitor_id = visitor.identify()
    requested = st.query_params.get("run", "")
    run = manager().snapshot(requested, visitor_id)
    if requested and run is None:
        st.warning("There is no run at this address. The address has a mistake, or the run was deleted to make room.")
    if run is None:
        run = manager().snapshot(manager().active(visitor_id), visitor_id)
    if run is None:
        _start_panel(visitor_id)
        return
    if requested != run.name:
        st.query_params["run"] = run.name
    # The browser polls once a second until the run has ended.
    st.fragment(_watch, run_every=None if run.status.ended else _POLL_S)(run.name, visitor_id, run.status.ended)


def _start_panel(visitor_id: str) -> None:
    view, rail = _columns()
    with rail:
        recipe = recipe_form()
    with view:
        invitation = _INVITATION_OF_DIAL if recipe and recipe.is_dial else _INVITATION
        _draw([run_presenter.empty_view(recipe or Recipe())], invitation)
    # After the map, because the server's first visitor waits here until the machine's speed is measured.
    with rail:
        fits = recipe is not None and show_cost(recipe)
        if obstacle := manager().obstacle():
            st.warning(obstacle)
        ready = fits and not obstacle
        if st.button("Start training", type="primary", disabled=not ready, width="stretch") and recipe:
            _submit(visitor_id, recipe)
        with st.expander("Your models"):
            models_panel(visitor_id)


def _submit(visitor_id: str, recipe: Recipe, base: str = "") -> None:
    try:
        st.query_params["run"] = manager().submit(visitor_id, recipe, base, st.context.ip_address)
    except RefusedError as error:
        st.warning(str(error))
    else:
        st.rerun()


def _watch(name: str, visitor_id: str, ended: bool) -> None:
    """Draw the run on the left and its controls on the right."""
    run = manager().snapshot(name, visitor_id)
    if run is None or (run.status.ended and not ended):
        st.rerun()
    base = manager().snapshot(run.base) if run.base else None
    view, rail = _columns()
    with view:
        invitation = _INVITATION_OF_DIAL if run.recipe.is_dial else _INVITATION
        _draw([run_presenter.to_view(each, manager().record(each.name)) for each in (base, run) if each], invitation)
    with rail:
        _show_status(run)
        if run.status.ended:
            _end_panel(run, visitor_id)
        elif run.mine:
            _control_panel(run, visitor_id)
        else:
            st.caption("You are watching. Only the visitor who started this run can control it.")


def _weight(run: Snapshot) -> float:
    """The KL weight that the owner chose last."""
    return run.recipe.beta if run.control.weight < 0 else run.control.weight


def _columns() -> list[DeltaGenerator]:
    # On a phone the first column, the map, is on top.
    return st.columns([7, 2], gap="medium")


def _draw(runs: list[Run], invitation: str) -> None:
    run_view(
        runs,
        invitation=invitation,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key="run_view",
    )


def _show_status(run: Snapshot) -> None:
    state = run.status.state
    st.markdown(f"**{run_presenter.title(run.recipe)}**")
    if state == "failed":
        st.error(run.status.sentence)
    elif state in ("cancelled", "interrupted"):
        st.warning(run.status.sentence)
    elif state == "done":
        st.success(run.status.sentence)
    else:
        st.progress(min(1.0, max(0.0, run.status.share)), text=run_presenter.status_line(run))
    if not _weight(run):
        st.caption(f"σ is kept above {MIN_STDDEV:.6f}; without that floor KL would grow without bound.")


def _control_panel(run: Snapshot, visitor_id: str) -> None:
    if run.status.state == "evaluating":
        return  # the last step is taken, so nothing is left to control
    if run.recipe.is_dial:
        st.caption(_DIAL_NOTE)
    else:
        _weight_panel(run, visitor_id)
    paused = run.control.paused
    with st.container(horizontal=True):
        st.button(
            "Resume" if paused else "Pause", on_click=_steer, args=(run.name, visitor_id), kwargs={"paused": not paused}
        )
        step = partial(manager().step, run.name, visitor_id)
        st.button("One step", disabled=not paused, on_click=_attempt, args=(step,))
        st.button("Cancel", on_click=_attempt, args=(partial(manager().cancel, run.name, visitor_id),))
    if refusal := st.session_state.pop("refusal", ""):
        st.warning(refusal)
    st.caption("The address of this page leads back to this run. Others who open it can watch.")


def _weight_panel(run: Snapshot, visitor_id: str) -> None:
    st.markdown("KL weight from now on")
    _dial(_weight(run), f"weight_{run.name}", partial(_turn, run.name, visitor_id))
    if sentence := run_presenter.weight_line(run, manager().record(run.name).changes):
        st.markdown(sentence)


def _dial(weight: float, key: str, turn: Callable[[float], None]) -> None:
    """A dial at ``weight``; ``turn`` is called with the weight that a hand has chosen."""

    def turned() -> None:
        report = st.session_state[key].get("turned")
        chosen = report.get("weight") if isinstance(report, dict) else None  # it comes from a browser
        if isinstance(chosen, int | float) and not isinstance(chosen, bool):
            turn(chosen)

    stops = sorted({*_STOPS, weight})
    weight_dial(weight, stops, list(WEIGHTS[1:]), term_colours=palette.TERMS, key=key, on_change=turned)


def _turn(name: str, visitor_id: str, weight: float) -> None:
    _steer(name, visitor_id, weight=weight)


def _steer(name: str, visitor_id: str, weight: float | None = None, paused: bool | None = None) -> None:
    _attempt(partial(manager().steer, name, visitor_id, weight=weight, paused=paused))


def _attempt(act: partial) -> None:
    try:
        act()
    except RefusedError as error:
        st.session_state["refusal"] = str(error)


def _end_panel(run: Snapshot, visitor_id: str) -> None:
    record = manager().record(run.name)
    checkpoint = manager().store.files(run.name).checkpoint
    # A run whose loss overflowed still has the weights that it reached.
    if run.status.state == "done" or (run.status.state == "failed" and checkpoint.exists()):
        save_panel(visitor_id, checkpoint, run_presenter.suggested_name(run.recipe, record.changes, MAX_LABEL))
    if record.frames and run.recipe.is_dial:
        st.caption(f"{_DIAL_NOTE} Saved, it can be turned on the other pages.")
    elif record.frames:
        _repeat_panel(run, visitor_id)
    else:
        _retry_panel(run, visitor_id)
    if st.button("New run", width="stretch"):
        del st.query_params["run"]
        st.rerun()


def _repeat_panel(run: Snapshot, visitor_id: str) -> None:
    st.markdown("**Again from the same start, with the KL weight**")
    other = 0.0 if run.recipe.beta else 1.0
    key = f"again_{run.name}"
    beta = st.session_state.setdefault(f"{key}_weight", other if run.status.state == "done" else run.recipe.beta)
    _dial(beta, key, partial(_choose, f"{key}_weight"))
    if st.button("Train again", width="stretch"):
        _submit(visitor_id, replace(run.recipe, beta=beta), run.name)
    st.caption("Same seed, same initial weights, same batches. The two maps are shown side by side.")


def _choose(key: str, weight: float) -> None:
    with suppress(RecipeError):  # a forged weight
        st.session_state[key] = Recipe(beta=weight).beta


def _retry_panel(run: Snapshot, visitor_id: str) -> None:
    if run.recipe.dataset != "digits" and st.button("Train on the 8×8 digits instead", type="primary", width="stretch"):
        kept = ("beta", "likelihood", "pixel_stddev", "seed", "objective")
        same = {name: getattr(run.recipe, name) for name in kept}
        _submit(visitor_id, replace(first_recipe("digits"), **same))
    if st.button("Try again", width="stretch"):
        _submit(visitor_id, run.recipe)
