"""The form for a recipe, and the estimated time of its run."""

from dataclasses import replace

import streamlit as st

from explorer.runs import cost
from explorer.runs.manager import WALL_S
from explorer.server import run_presenter
from models import data
from models.data import DATASETS
from models.dial import BETAS
from models.likelihood import LIKELIHOODS, PIXEL_STDDEV, PIXEL_STDDEVS
from models.recipe import Recipe, RecipeError

_MAX_EPOCHS = 200
_KINDS = {"elbo": "one β", "dial": "every β (dial)"}
"""What a run trains for, as the form says it, by the recipe's objective."""

_NO_WEIGHT = f"A dial has no KL weight to choose: each image of a batch gets another β, {BETAS[0]:g} to {BETAS[1]:g}."


def first_recipe(dataset: str) -> Recipe:
    """The form's initial recipe for a data set."""
    return Recipe(dataset, **DATASETS[dataset].first_run)


def recipe_form() -> Recipe | None:
    """Draw the form; returns its recipe, or None after a sentence that says why it is invalid."""
    dataset = st.selectbox("Images", list(DATASETS), format_func=lambda name: DATASETS[name].label, key="form_dataset")
    default = first_recipe(dataset)
    objective = st.segmented_control(
        "One network for", list(_KINDS), default="elbo", format_func=_KINDS.__getitem__, required=True,
        key="form_objective", help=f"A dial is one network for every β from {BETAS[0]:g} to {BETAS[1]:g}, trained at"
        " once. When it is saved, its β can be turned on the other pages.",
    )  # fmt: skip
    is_dial = objective == "dial"
    with st.container(horizontal=True):
        beta = st.number_input(
            "KL weight β", 0.0, 1000.0, 1.0, 0.1, format="%g", key="form_beta", width=120, disabled=is_dial
        )
        epochs = st.number_input("Epochs", 1, _MAX_EPOCHS, default.epochs, key=f"form_epochs_{dataset}", width=120)
    with st.expander("Likelihood, network, optimiser"):
        likelihood = st.selectbox(
            "p(x|z)", list(LIKELIHOODS), format_func=lambda name: LIKELIHOODS[name].label, key="form_likelihood"
        )
        stddev = _pixel_stddev() if LIKELIHOODS[likelihood].has_stddev else PIXEL_STDDEV
        widths = st.text_input(
            "Hidden layers of the encoder", ", ".join(map(str, default.hidden)), help="One to four widths up to 1,024,"
            " such as 512, 256. The decoder has the same layers in reverse order.", key="form_hidden",
        )  # fmt: skip
        batch = st.number_input("Batch size", 16, 1024, default.batch_size, 16, key=f"form_batch_{dataset}")
        rate = st.number_input(
            "Peak learning rate", 1e-5, 0.1, default.learning_rate, 1e-3, format="%g", key="form_rate",
            help="Adam. The rate rises to this peak during the first half of the run, and then falls to zero.",
        )  # fmt: skip
        warm_up = st.slider(
            "KL warm-up (share of the run)", 0.0, 1.0, default.kl_warm_up, 0.05, key="form_warm_up", disabled=is_dial,
            help="The KL weight rises from 0 to β during this share of the run. In two dimensions codes can hardly pass"
            " each other; a weak KL term at the start lets them move.",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31, 0, key="form_seed", help="Sets initial weights, batches and noise.")
    if is_dial:
        st.caption(_NO_WEIGHT)
    try:
        # Rounded, because the field's steps of 0.1 add up to 0.30000000000000004.
        recipe = Recipe(
            dataset, round(beta, 9), epochs, _widths(widths), batch, rate, warm_up,
            likelihood=likelihood, seed=seed, pixel_stddev=stddev,
        )  # fmt: skip
        return replace(recipe, beta=Recipe.beta, kl_warm_up=Recipe.kl_warm_up, objective="dial") if is_dial else recipe
    except RecipeError as error:
        st.warning(f"{str(error)[:1].upper()}{str(error)[1:]}")
        return None


def _pixel_stddev() -> float | None:
    learnt = st.checkbox(
        "Learn σ", key="form_sigma_learnt", help="One σ for all pixels and images, trained like the weights; it"
        " starts at 0.2. Its best value is the root mean squared error of a pixel.",
    )  # fmt: skip
    if learnt:
        return None
    return st.number_input(
        "σ of a pixel", *PIXEL_STDDEVS, PIXEL_STDDEV, 0.01, format="%g", key="form_sigma",
        help="Grey levels go from 0 to 1. A larger fixed σ has the effect of a larger β.",
    )  # fmt: skip


def show_cost(recipe: Recipe) -> bool:
    """Show the estimated time of a run of ``recipe``; returns whether it is within the limit."""
    seconds = cost.seconds(recipe)
    # Half, because other runs and pauses may double it.
    if seconds > WALL_S / 2:
        wanted = run_presenter.duration(seconds)
        st.warning(f"This would take {wanted}; a run may take {WALL_S // 120} min. Train fewer epochs.")
        return False
    st.caption(f"Takes {run_presenter.duration(seconds)} on this machine.{_fetch_note(recipe.dataset)}")
    return True


def _fetch_note(dataset: str) -> str:
    if data.is_local(dataset):
        return ""
    return f" {DATASETS[dataset].megabytes} MB of images are downloaded first. The 8×8 digits need no network."


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise RecipeError("the hidden layers are whole numbers with commas between them, such as 512, 256.") from None
