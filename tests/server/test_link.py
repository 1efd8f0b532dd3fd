"""Whatever an address says, the state is whole and allowed."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.server import link
from models import gallery
from models.dial import named_weight

NUMBERS = st.floats(-1e5, 1e5).map(lambda number: f"{number:.4f}")
MODELS = st.sampled_from(list(gallery.recipes()))
SIDES = MODELS | st.from_regex(r"\Akept-[0-9a-f]{12}\Z|\Arun-[0-9a-f]{16}@[0-9]{1,7}\Z")
SEEN = {
    "z": st.tuples(NUMBERS, NUMBERS).map(",".join),
    "image": st.integers(0, 9_999).map(str),
    "digits": st.sets(st.sampled_from(string.digits)).map(lambda digits: "".join(sorted(digits)) or "none"),
    "view": st.tuples(NUMBERS, NUMBERS, st.floats(0.001, 1000).map("{:.4f}".format)).map(",".join),
}
DRAWINGS = st.from_regex(r"\A([A-Za-z0-9_-]{3})+(\.([A-Za-z0-9_-]{3})+)?\Z")
ON_DIAL = st.floats(0.01, 30).map(lambda beta: f"mnist-dial@{beta:.4f}")
MAP = SEEN | {"model": MODELS | ON_DIAL, "scale": st.sampled_from(["shared", "fit"])}
MAP |= dict.fromkeys(("lattice", "pin"), st.just("on"))
COMPARE = SEEN | {
    "a": SIDES,
    "b": SIDES,
    "zb": SEEN["z"] | st.just("code"),
    "drawing": DRAWINGS,
    "scale": st.sampled_from(["shared", "fit", "own"]),
    "lines": st.just("on"),
    "draw": st.integers(0, 999_999).map(str),
}
PROBABILITY = SEEN | {
    "model": MODELS,
    "scale": st.sampled_from(["shared", "fit"]),
    "drawing": DRAWINGS,
    "full": st.just("on"),
    "lookup": st.just("on"),
}
STATES = {
    "map": st.fixed_dictionaries({}, optional=MAP).map(lambda values: link.DEFAULTS | values),
    "compare": st.fixed_dictionaries({}, optional=COMPARE).map(lambda values: link.defaults(link.COMPARE) | values),
    "probability": st.fixed_dictionaries({}, optional=PROBABILITY).map(
        lambda values: link.defaults(link.PROBABILITY) | values
    ),
}
TABLES = {"map": link.MAP, "compare": link.COMPARE, "probability": link.PROBABILITY}

CHARACTERS = st.characters(codec="utf-8") | st.sampled_from("0123456789٣三.,-e\n\0")
ANYTHING = st.text(CHARACTERS) | st.none() | st.integers() | st.floats() | st.lists(st.text()) | st.binary()
NAMES = st.sampled_from([*link.MAP, *link.COMPARE, *link.PROBABILITY]) | st.text()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@given(st.dictionaries(NAMES, ANYTHING))
def test_anything_becomes_a_whole_table_of_allowed_values(table: link.Table, values: dict[str, object]) -> None:
    state = link.clean(values, table)
    assert list(state) == list(table)
    for name, (default, allowed) in table.items():
        assert state[name] == default or allowed(state[name])


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@given(st.dictionaries(NAMES, ANYTHING))
def test_clean_leaves_alone_what_is_clean(table: link.Table, values: dict[str, object]) -> None:
    assert link.clean(link.clean(values, table), table) == link.clean(values, table)


@pytest.mark.parametrize("page", TABLES)
@given(st.data())
def test_an_allowed_state_is_kept(page: str, data: st.DataObject) -> None:
    state = data.draw(STATES[page])
    assert link.clean(state, TABLES[page]) == state


def test_the_default_needs_no_link() -> None:
    assert link.clean({}) == link.DEFAULTS
    assert link.clean({}, link.COMPARE) == link.defaults(link.COMPARE)
    assert link.clean({}, link.PROBABILITY) == link.defaults(link.PROBABILITY)


def test_the_comparison_starts_with_one_dial_at_two_weights() -> None:
    start = link.defaults(link.COMPARE)
    first, second = (named_weight(start[side])[1] for side in "ab")
    assert first is not None
    assert second is not None
    assert first < 1 < second


@pytest.mark.parametrize(
    ("table", "alone"),
    [
        (link.COMPARE, {"a", "b", "zb", "drawing", "lead", "lines", "draw"}),
        (link.PROBABILITY, {"drawing", "full", "lookup"}),
    ],
)
def test_what_pages_share_they_call_the_same(table: link.Table, alone: set[str]) -> None:
    shared = link.MAP.keys() & table.keys()
    assert table.keys() - shared == alone
    shared -= {"model"}  # each page starts with the one that shows its subject best
    assert {name: link.DEFAULTS[name] for name in shared} == {name: link.defaults(table)[name] for name in shared}


def test_a_moment_names_its_run() -> None:
    assert link.run_of("run-0123456789abcdef@0000400") == "0123456789abcdef"


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", "run-0123456789abcdef"),
        ("a", "run-0123456789abcdef@"),
        ("a", "run-0123456789abcdef@12345678"),
        ("a", "run-0123456789abcde@1"),
        ("a", "run-../../../etc/pass@1"),
        ("b", "run-0123456789ABCDEF@1"),
        ("b", "run-0123456789abcdef@1\n"),
        ("b", "run-0123456789abcdef@٣"),
        ("b", "mnist-beta-2"),
        ("scale", "log"),
        ("zb", "0,nan"),
        ("zb", "codes"),
        ("drawing", "ABCD"),
        ("drawing", "ABC..ABC"),
        ("drawing", "A+C"),
        ("drawing", "ABC\n"),
        ("drawing", "ABC" * 667),
        ("lines", "off"),
        ("draw", "-1"),
        ("draw", "1000000"),
        ("draw", "1.5"),
        ("draw", "٣"),
    ],
)
def test_a_bad_value_of_the_comparison_becomes_the_default(name: str, value: str) -> None:
    assert link.clean({name: value}, link.COMPARE)[name] == link.defaults(link.COMPARE)[name]
    assert link.run_of(value) == ""


@pytest.mark.parametrize("state", [None, 5, "x", [1], [["model", "mnist-beta-0"]], True])
def test_what_is_no_object_is_the_default(state: object) -> None:
    assert link.clean(state) == link.DEFAULTS


@pytest.mark.parametrize("name", ["z", "view"])
@given(text=st.from_regex(r"\A-?\d{1,7}(\.\d{1,10})?(e-?\d{1,2})?(,-?\d{1,7}(\.\d{1,10})?(e-?\d{1,2})?){1,2}\Z"))
def test_every_number_allowed_is_one_that_float32_holds(name: str, text: str) -> None:
    kept = link.clean({name: text})[name]
    assert kept.isascii()
    assert all(math.fabs(float(part)) < 3e38 for part in kept.split(",") if part)


@pytest.mark.parametrize("beta", ["", "0", "0.009", "31", "nan", "inf", "1e-9", "-1", "1@1", "one"])
def test_a_weight_that_the_dial_does_not_have_is_the_default(beta: str) -> None:
    assert link.clean({"model": f"mnist-dial@{beta}"}, link.PROBABILITY)["model"] == gallery.REFERENCE
    assert link.clean({"model": "mnist-dial"}, link.PROBABILITY)["model"] == gallery.REFERENCE


def test_the_dial_can_be_a_side_and_can_be_asked_about() -> None:
    name = "mnist-dial@0.37"
    assert link.clean({"a": name, "b": name}, link.COMPARE)["b"] == name
    assert link.clean({"model": name}, link.PROBABILITY)["model"] == name
