"""Whatever an address says, the state is whole and allowed."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import link
from models import gallery

NUMBERS = st.floats(-1e5, 1e5).map(lambda number: f"{number:.4f}")
VALID = {
    "model": st.sampled_from(list(gallery.recipes())),
    "z": st.tuples(NUMBERS, NUMBERS).map(",".join),
    "image": st.integers(0, 9_999).map(str),
    "digits": st.sets(st.sampled_from(string.digits)).map(lambda digits: "".join(sorted(digits)) or "none"),
    "scale": st.sampled_from(["shared", "fit"]),
    "view": st.tuples(NUMBERS, NUMBERS, st.floats(0.001, 1000).map("{:.4f}".format)).map(",".join),
    "lattice": st.just("on"),
}
STATES = st.fixed_dictionaries({}, optional=VALID).map(lambda values: link.DEFAULTS | values)

CHARACTERS = st.characters(codec="utf-8") | st.sampled_from("0123456789٣三.,-e\n\0")
ANYTHING = st.text(CHARACTERS) | st.none() | st.integers() | st.floats() | st.lists(st.text()) | st.binary()
NAMES = st.sampled_from(list(link.TABLE)) | st.text()


@given(st.dictionaries(NAMES, ANYTHING))
def test_anything_becomes_a_whole_table_of_allowed_values(values: dict[str, object]) -> None:
    state = link.clean(values)
    assert list(state) == list(link.TABLE)
    for name, (default, allowed) in link.TABLE.items():
        assert state[name] == default or allowed(state[name])


@given(st.dictionaries(NAMES, ANYTHING))
def test_clean_leaves_alone_what_is_clean(values: dict[str, object]) -> None:
    assert link.clean(link.clean(values)) == link.clean(values)


@given(STATES)
def test_an_allowed_state_is_kept(state: dict[str, str]) -> None:
    assert link.clean(state) == state


def test_the_default_needs_no_link() -> None:
    assert link.clean({}) == link.DEFAULTS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "../../../etc/passwd"),
        ("model", "mnist-beta-1 "),
        ("z", "1"),
        ("z", "1,2,3"),
        ("z", "nan,nan"),
        ("z", "inf,0"),
        ("z", "1,2\n"),
        ("z", "1_0,2"),
        ("z", "٣,٣"),
        ("image", "10000"),
        ("image", "-1"),
        ("image", "٣"),
        ("digits", ""),
        ("digits", "31"),
        ("digits", "11"),
        ("digits", "٣"),
        ("scale", "log"),
        ("view", "0,0"),
        ("view", "0,0,0"),
        ("view", "0,0,-1"),
        ("view", "0,0,1e7"),
        ("lattice", "off"),
        ("lattice", "on" * 1000),
    ],
)
def test_a_bad_value_becomes_the_default(name: str, value: str) -> None:
    assert link.clean({name: value})[name] == link.DEFAULTS[name]


@pytest.mark.parametrize("name", ["z", "view"])
@given(text=st.from_regex(r"\A-?\d{1,7}(\.\d{1,10})?(e-?\d{1,2})?(,-?\d{1,7}(\.\d{1,10})?(e-?\d{1,2})?){1,2}\Z"))
def test_every_number_allowed_is_one_that_float32_holds(name: str, text: str) -> None:
    kept = link.clean({name: text})[name]
    assert kept.isascii()
    assert all(math.fabs(float(part)) < 3e38 for part in kept.split(",") if part)
