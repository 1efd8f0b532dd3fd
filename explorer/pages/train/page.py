"""Live training: watch the map form, and turn the KL weight while it trains."""

from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import palette, visitor
from explorer.pages.train.model_panels import offer_keeping, offer_models
from explorer.pages.train.recipe_form import first_recipe, recipe_form, tell_cost
from explorer.pages.train.run_view import run_view
from explorer.runs.manager import RefusedError, Snapshot, manager
from explorer.server import assets, run_presenter
from explorer.server.model_store import MAX_LABEL
from explorer.wire import Run
from models.recipe import Recipe
from models.training import settles_at
from models.vae import MIN_STDDEV

WEIGHTS = (0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_POLL_S = 1.0

_INVITATION = """Try this

1. Start, and wait until the digits form groups.
2. Set the KL weight to 0: σ collapses within a hundred steps, and the codes move apart.
3. Set it to 1: the codes come back.
4. Drag the ring at any time. The picture is decoded with the weights of that step."""


def show() -> None:
    """The page."""
    visitor_id = visitor.identify()
    asked = st.query_params.get("run", "")
    run = manager().look(asked, visitor_id)
    if asked and run is None:
        st.warning("There is no run at this address. The address has a mistake, or the run was deleted to make room.")
    if run is None:
        run = manager().look(manager().active(visitor_id), visitor_id)
    if run is None:
        _offer_start(visitor_id)
        return
    if asked != run.name:
        st.query_params["run"] = run.name
    # The browser asks once a second, and no more once the run has ended.
    st.fragment(_watch, run_every=None if run.status.ended else _POLL_S)(run.name, visitor_id, run.status.ended)


def _offer_start(visitor_id: str) -> None:
    view, rail = _columns()
    with rail:
        recipe = recipe_form()
    with view:
        _draw([run_presenter.nothing_yet(recipe or Recipe())])
    # After the map, for the server's first visitor waits here until the machine is measured.
    with rail:
        fits = recipe is not None and tell_cost(recipe)
        if obstacle := manager().obstacle():
            st.warning(obstacle)
        ready = fits and not obstacle
        if st.button("Start training", type="primary", disabled=not ready, width="stretch") and recipe:
            _submit(visitor_id, recipe)
        with st.expander("Your models"):
            offer_models(visitor_id)


def _submit(visitor_id: str, recipe: Recipe, base: str = "") -> None:
    try:
        st.query_params["run"] = manager().submit(visitor_id, recipe, base, st.context.ip_address)
    except RefusedError as error:
        st.warning(str(error))
    else:
        st.rerun()


def _watch(name: str, visitor_id: str, ended: bool) -> None:
    """The run on the left, what can be done with it on the right."""
    run = manager().look(name, visitor_id)
    if run is None or (run.status.ended and not ended):
        st.rerun()
    base = manager().look(run.base) if run.base else None
    view, rail = _columns()
    with view:
        _draw([run_presenter.seen(each, manager().record(each.name)) for each in (base, run) if each])
    with rail:
        _tell(run)
        if run.status.ended:
            _offer_end(run, visitor_id)
        elif run.mine:
            _offer_steering(run, visitor_id)
        else:
            st.caption("You are watching. Only the visitor who started this run can control it.")


def _weight(run: Snapshot) -> float:
    """The KL weight that the owner has chosen last."""
    return run.recipe.beta if run.control.weight < 0 else run.control.weight


def _columns() -> list[DeltaGenerator]:
    # On a phone the first column comes first: the map.
    return st.columns([7, 2], gap="medium")


def _draw(runs: list[Run]) -> None:
    run_view(
        runs,
        invitation=_INVITATION,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key="run_view",
    )


def _tell(run: Snapshot) -> None:
    state = run.status.state
    st.markdown(f"**{run_presenter.title(run.recipe)}**")
    if state == "failed":
        st.error(run.status.sentence)
    elif state in ("cancelled", "interrupted"):
        st.warning(run.status.sentence)
    elif state == "done":
        st.success(run.status.sentence)
    else:
        st.progress(min(1.0, max(0.0, run.status.share)), text=run_presenter.standing(run))
    if not _weight(run):
        st.caption(f"σ is kept above {MIN_STDDEV:.6f}; without that floor KL would grow without bound.")


def _offer_steering(run: Snapshot, visitor_id: str) -> None:
    options = sorted({*WEIGHTS, run.recipe.beta})
    key = f"weight_{run.name}"
    # What is lit is what is in force, whoever set it in whichever tab.
    st.session_state[key] = run.control.weight if run.control.weight in options else None
    st.segmented_control(
        "KL weight β from now on (0 switches the KL term off)",
        options,
        format_func=lambda weight: f"{weight:g}",
        key=key,
        on_change=lambda: _steer(run.name, visitor_id, weight=st.session_state[key]),
        wrap=True,
    )
    if run.status.state in ("running", "paused"):
        st.caption(f"Current weight: β = {run.status.weight:.3g}.{_schedule(run)}")
    paused = run.control.paused
    with st.container(horizontal=True):
        st.button(
            "Resume" if paused else "Pause", on_click=_steer, args=(run.name, visitor_id), kwargs={"paused": not paused}
        )
        st.button("One step", disabled=not paused, on_click=_try, args=(partial(manager().step, run.name, visitor_id),))
        st.button("Cancel", on_click=_try, args=(partial(manager().cancel, run.name, visitor_id),))
    if refusal := st.session_state.pop("refusal", ""):
        st.warning(refusal)
    st.caption("The address of this page leads back to this run. Others who open it can watch.")


def _schedule(run: Snapshot) -> str:
    last = settles_at(run.status.total, run.recipe)
    rising = run.control.weight < 0 and run.status.step < last
    return f" It rises to {run.recipe.beta:g} until step {last:,}." if rising else ""


def _steer(name: str, visitor_id: str, weight: float | None = None, paused: bool | None = None) -> None:
    _try(partial(manager().steer, name, visitor_id, weight=weight, paused=paused))


def _try(act: partial) -> None:
    try:
        act()
    except RefusedError as error:
        st.session_state["refusal"] = str(error)


def _offer_end(run: Snapshot, visitor_id: str) -> None:
    record = manager().record(run.name)
    checkpoint = manager().store.files(run.name).checkpoint
    # A run whose loss overflowed keeps the weights that it had reached.
    if run.status.state == "done" or (run.status.state == "failed" and checkpoint.exists()):
        offer_keeping(visitor_id, checkpoint, run_presenter.suggestion(run.recipe, record.changes, MAX_LABEL))
    if record.frames:
        _offer_again(run, visitor_id)
    else:
        _offer_another_try(run, visitor_id)
    if st.button("New run", width="stretch"):
        del st.query_params["run"]
        st.rerun()


def _offer_again(run: Snapshot, visitor_id: str) -> None:
    st.markdown("**Again from the same start**")
    other = 0.0 if run.recipe.beta else 1.0
    beta = st.segmented_control(
        "KL weight β of the new run",
        sorted({*WEIGHTS, run.recipe.beta}),
        default=other if run.status.state == "done" else run.recipe.beta,
        format_func=lambda weight: f"{weight:g}",
        key=f"again_{run.name}",
        wrap=True,
    )
    st.caption("Same seed, same initial weights, same batches. The two maps are shown side by side.")
    if st.button("Train again", width="stretch", disabled=beta is None):
        _submit(visitor_id, replace(run.recipe, beta=beta), run.name)


def _offer_another_try(run: Snapshot, visitor_id: str) -> None:
    if run.recipe.dataset != "digits" and st.button("Train on the 8×8 digits instead", type="primary", width="stretch"):
        same = {name: getattr(run.recipe, name) for name in ("beta", "likelihood", "pixel_stddev", "seed")}
        _submit(visitor_id, replace(first_recipe("digits"), **same))
    if st.button("Try again", width="stretch"):
        _submit(visitor_id, run.recipe)
