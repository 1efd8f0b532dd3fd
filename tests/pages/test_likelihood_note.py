"""The note on the Gaussian decoder: one optimum at every sigma, and nats of a density by torch's own account."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from torch.distributions import Normal

from explorer.pages.probability.likelihood_note import table
from models import data, gallery
from models.checkpoint import Checkpoint, evaluated_again, from_trained
from models.data import Dataset
from models.recipe import Recipe
from models.reduction import Optimum
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, seeded

SECONDS = 120
STDDEV = st.floats(0.02, 1.0)
OPTIMUM = st.builds(Optimum, st.floats(0.1, 100), st.floats(0, 40), STDDEV, st.floats(0.01, 30), st.integers(1, 3000))


@pytest.fixture(scope="module")
def note() -> AppTest:
    """The note, drawn once."""

    def page() -> None:
        from explorer.pages.probability.likelihood_note import likelihood_note

        likelihood_note()

    app = AppTest.from_function(page, default_timeout=SECONDS).run()
    assert not app.exception
    return app


def rows(app: AppTest) -> dict[str, tuple[float, float]]:
    """What the table says under the two headings, by the first words of each row."""
    text = next(each.value for each in app.markdown if "as trained" in each.value)
    cells = [re.sub(r"\*|:color\[(.*?)\]\{.*?\}", r"\1", line).split("|")[1:4] for line in text.splitlines()[2:]]
    return {name.strip(): (number(left), number(right)) for name, left, right in cells}


def number(cell: str) -> float:
    return float(cell.replace("−", "-").replace(",", ""))


def test_the_loss_is_what_torch_says() -> None:
    x, mean = torch.rand(2, 5, 784, generator=seeded(), dtype=torch.float64)
    expected = -Normal(mean, 0.17).log_prob(x).sum(dim=1).mean().item()
    squared = (x - mean).square().sum(dim=1).mean().item()
    found = Optimum(squared, kl=7.0, stddev=0.17, beta=3.0)
    assert found.error_nats + found.constant == pytest.approx(expected, rel=1e-12)
    assert found.loss == pytest.approx(expected + 21, rel=1e-12)


@given(OPTIMUM, STDDEV)
def test_at_another_sigma_the_loss_is_the_same_but_for_a_factor_and_a_constant(optimum: Optimum, stddev: float) -> None:
    moved = optimum.at(stddev)
    assert moved.common == pytest.approx(optimum.common, rel=1e-9)
    assert moved.loss == pytest.approx(moved.common / stddev**2 + moved.constant, rel=1e-9, abs=1e-6)
    assert moved.at(optimum.stddev).beta == pytest.approx(optimum.beta)


@given(OPTIMUM, OPTIMUM, STDDEV)
def test_the_better_of_two_stays_the_better_along_the_line(one: Optimum, other: Optimum, stddev: float) -> None:
    """Whatever two networks cost, sigma and its beta change the difference by a factor alone."""
    other = replace(one, squared_error=other.squared_error, kl=other.kl)
    before, after = one.loss - other.loss, one.at(stddev).loss - other.at(stddev).loss
    assert after == pytest.approx(before * one.stddev**2 / stddev**2, rel=1e-6, abs=1e-5)


@given(OPTIMUM)
def test_another_unit_of_a_pixel_shifts_the_density_and_nothing_else(optimum: Optimum) -> None:
    counted = optimum.in_unit(255)
    shift = optimum.pixels * torch.tensor(255.0, dtype=torch.float64).log().item()
    assert counted.loss == pytest.approx(optimum.loss + shift, rel=1e-9, abs=1e-6)
    assert counted.error_nats == pytest.approx(optimum.error_nats, rel=1e-9)
    assert (counted.beta, counted.kl) == (optimum.beta, optimum.kl)


@given(OPTIMUM, st.floats(0.5, 2).filter(lambda factor: abs(factor - 1) > 0.01))
def test_no_sigma_gives_the_error_more_density_than_the_best(optimum: Optimum, factor: float) -> None:
    def nats(stddev: float) -> float:
        trial = replace(optimum, stddev=stddev)
        return trial.error_nats + trial.constant

    assert nats(optimum.best_stddev) < nats(optimum.best_stddev * factor)


@pytest.mark.parametrize("pixel_stddev", [0.1, None])
def test_a_checkpoint_gives_back_its_own_loss(tiny_dataset: Dataset, pixel_stddev: float | None) -> None:
    recipe = Recipe("digits", likelihood="gaussian", beta=2.0, epochs=1, hidden=TINY_HIDDEN, pixel_stddev=pixel_stddev)
    model: Checkpoint = from_trained(VAE.of(recipe, seeded()), recipe, tiny_dataset, tiny_dataset)
    optimum = Optimum.of(model)
    assert optimum.loss == pytest.approx(model.metrics["reconstruction"] + 2 * model.metrics["kl"], rel=1e-6)
    assert optimum.stddev == pytest.approx(pixel_stddev or model.weights["log_pixel_stddev"].float().exp().item())


def test_what_is_bold_is_the_same_in_both_columns() -> None:
    trained = Optimum(27.0, 11.0, 0.187)
    lines = [line for line in table(trained, trained.at(0.4)).splitlines() if "**" in line]
    values = [re.findall(r"\| \*\*([0-9.,]+)\*\*", line) for line in lines]
    assert [len(set(each)) for each in values] == [1, 1, 1, 1]


def test_the_note_tells_of_the_shipped_model_and_the_slider_moves_beta(note: AppTest) -> None:
    model = gallery.read(gallery.GAUSSIAN)
    assert rows(note)["σ, pixel"][0] == pytest.approx(model.pixel_stddev, rel=0.01)
    assert rows(note)["KL, nats"] == (pytest.approx(model.metrics["kl"], abs=0.01),) * 2
    elbo = model.metrics["reconstruction"] + model.metrics["kl"]
    assert rows(note)["Loss, nats of a density"][0] == pytest.approx(elbo, abs=0.1)
    note.slider(key="note_stddev").set_value(0.5).run()
    assert rows(note)["σ, pixel"][1] == 0.5
    assert rows(note)["β"][1] == pytest.approx((model.pixel_stddev / 0.5) ** 2, rel=0.01)
    assert rows(note)["½‖x − f‖² + βσ² KL, pixel²"][0] == rows(note)["½‖x − f‖² + βσ² KL, pixel²"][1]


def test_counting_grey_levels_shifts_the_density(note: AppTest) -> None:
    before = rows(note)["Loss, nats of a density"]
    note.segmented_control(key="note_unit").set_value("0 … 255").run()
    after = rows(note)["Loss, nats of a density"]
    assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([4344.3] * 2, abs=0.2)
    note.segmented_control(key="note_unit").set_value("0 … 1").run()


@pytest.mark.slow
def test_the_sigma_that_was_learnt_is_the_closed_form_of_the_training_images(mnist_folder: Path) -> None:
    model, train = gallery.read(gallery.GAUSSIAN), data.load("mnist", "train")
    some = Dataset(train.name, train.pixels[:5000], train.labels[:5000])
    optimum = Optimum.of(evaluated_again(model, some))
    assert optimum.best_stddev == pytest.approx(model.pixel_stddev, rel=0.02)
    assert optimum.best_stddev < Optimum.of(model).best_stddev  # held-out images err more
