"""The calculator says which beta a loss uses: of known code, of what is typed in, and nothing of what cannot be."""

import re
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from explorer.pages.compare.units_calculator import KNOWN, formula, number, parse_size
from models.reduction import ERRORS, REDUCTIONS, Loss, ReductionError, effective_beta

SECONDS = 120


def opened(**form: object) -> AppTest:
    """The calculator, with ``form`` filled in beforehand."""

    def page() -> None:
        from explorer.pages.compare.units_calculator import units_calculator

        units_calculator()

    app = AppTest.from_function(page, default_timeout=SECONDS)
    for name, value in form.items():
        app.session_state[f"units_{name}"] = value
    return app.run()


def result(app: AppTest) -> str:
    """The line that names beta."""
    return next(each.value for each in app.markdown if "This loss is" in each.value).replace("\u00a0", " ")


def texts(app: AppTest) -> str:
    return " ".join(each.value for each in (*app.markdown, *app.caption)).replace("\u00a0", " ")


def test_it_opens_on_the_question_that_is_asked_most() -> None:
    app = opened()
    assert not app.exception
    assert not app.warning
    assert "[β = 3.07]" in result(app)
    assert "**σ = 1.24**" in texts(app)
    assert app.pills[0].value == "PyTorch-VAE"


@pytest.mark.parametrize(
    ("name", "beta"),
    [("PyTorch-VAE", 3.072), ("PyTorch examples", 1), ("Keras", 1), ("1Konny/Beta-VAE", 10), ("podgorskiy/VAE", 9.6)],
)
def test_known_code_fills_the_form(name: str, beta: float) -> None:
    assert effective_beta(KNOWN[name].loss) == pytest.approx(beta)
    app = opened()
    app.pills[0].set_value(name).run()
    assert not app.exception
    assert f"[β = {number(beta)}]" in result(app)
    assert app.pills[0].value == name
    assert app.number_input(key="units_weight").value == KNOWN[name].loss.weight
    assert KNOWN[name].story in texts(app)


def test_every_source_is_one_version_of_one_file() -> None:
    for known in KNOWN.values():
        assert re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+/blob/[0-9a-f]{40}/[\w./-]+\.py", known.source)
        assert known.story.endswith(".")


def test_a_change_is_answered_and_is_nobodys_code() -> None:
    app = opened()
    app.segmented_control(key="units_over_pixels").set_value("sum").run()
    assert "[β = 0.00025]" in result(app)
    assert app.pills[0].value is None
    app.segmented_control(key="units_over_pixels").set_value("mean").run()
    assert app.pills[0].value == "PyTorch-VAE"


@pytest.mark.parametrize("name", ["PyTorch-VAE", "1Konny/Beta-VAE", "podgorskiy/VAE"])
@pytest.mark.parametrize("error", ["squared", "half squared"])
def test_both_readings_of_a_squared_error_have_the_product_that_the_sentence_names(name: str, error: str) -> None:
    said = texts(opened(**asdict(KNOWN[name].loss) | {"pixels": "784", "error": error}))
    numbers = r"fixes only the product β σ²: β = ([\d.,]+) with σ² = (½|1) .* β = (1) with \*\*σ = ([\d.,]+)\*\*"
    found = re.search(numbers, said)
    beta, variance, other, sigma = (float(text.replace("½", "0.5").replace(",", "")) for text in found.groups())
    assert beta * variance == pytest.approx(other * sigma**2, rel=0.01)  # each is shown to three digits


def test_a_bernoulli_loss_has_no_second_reading() -> None:
    app = opened()
    app.selectbox(key="units_error").select("bernoulli").run()
    assert "[β = 3.07]" in result(app)
    assert "σ" not in texts(app)


def test_without_a_kl_term_there_is_no_sigma() -> None:
    app = opened()
    app.number_input(key="units_weight").set_value(0.0).run()
    assert not app.exception
    assert "[β = 0]" in result(app)
    assert "**σ" not in texts(app)


@pytest.mark.parametrize(
    ("key", "value"), [("weight", -1.0), ("weight", 1e300), ("latents", 0), ("batch", -5), ("latents", 10**12)]
)
def test_what_cannot_be_is_told_in_a_sentence(key: str, value: float) -> None:
    app = opened()
    app.number_input(key=f"units_{key}").set_value(value).run()
    assert not app.exception
    assert re.fullmatch(r"The .*\.", app.warning[0].value)
    assert "This loss is" not in texts(app)


def test_a_size_that_cannot_be_is_told_in_a_sentence() -> None:
    # AppTest cannot type an option of its own into a field.
    app = opened(**asdict(Loss()) | {"pixels": "64 by 64"})
    assert not app.exception
    assert app.warning[0].value.endswith("3 × 64 × 64.")


def test_a_size_of_ones_own_counts() -> None:
    app = opened(**asdict(Loss("squared", "mean", weight=0.001)) | {"pixels": "3 x 100 x 100"})
    assert "[β = 30]" in result(app)


@pytest.mark.parametrize(
    ("text", "values"),
    [("784", 784), ("28 × 28", 784), ("3x64x64", 12_288), ("3*64*64", 12_288), ("12,288", 12_288), ("0", 0)],
)
def test_a_size_is_a_number_or_a_product(text: str, values: int) -> None:
    assert parse_size(text) == values


@given(st.text() | st.text("0123456789x× -.e٣"))
def test_a_size_is_a_number_or_refused(text: str) -> None:
    try:
        assert parse_size(text) >= 0
    except ReductionError as error:
        assert str(error).endswith(".")


@given(st.floats(1e-30, 1e30))
def test_a_number_has_three_digits_and_no_exponent(value: float) -> None:
    text = number(value)
    assert re.fullmatch(r"[0-9,]+(\.[0-9]+)?", text)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.005)


REDUCED = [st.sampled_from(REDUCTIONS)] * 4
COUNT = st.integers(1, 10**6)


@given(st.builds(Loss, st.sampled_from(ERRORS), *REDUCED, st.sampled_from([0.00025, 0.5, 3]), COUNT, COUNT, COUNT))
def test_the_formula_comes_to_beta(loss: Loss) -> None:
    text = formula(loss).replace("{,}", "")
    steps = re.findall(r"(\\times|\\div|=) \\underbrace\{([0-9.]+)\}", text)
    value = 1.0
    for sign, count in steps:
        value = value / float(count) if sign == r"\div" else value * float(count)
    assert value == pytest.approx(effective_beta(loss), rel=1e-5)
