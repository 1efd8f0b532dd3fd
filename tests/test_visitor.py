"""Who a visitor is: the number in the cookie, or one that lasts as long as the session."""

import pytest
from streamlit.testing.v1 import AppTest

from explorer.visitor import is_visitor_id
from tests.runs.running import ANN


def told() -> str:
    """What the page takes the visitor for, in two runs of one session."""

    def page() -> None:
        import streamlit as st

        from explorer import visitor

        st.text(visitor.identify())

    app = AppTest.from_function(page).run()
    first = app.text[0].value
    assert app.run().text[0].value == first
    return first


def test_a_session_without_a_cookie_has_a_number_of_its_own() -> None:
    numbers = {told(), told()}
    assert len(numbers) == 2
    assert all(map(is_visitor_id, numbers))


@pytest.mark.parametrize("text", [None, "", ANN[:-1], ANN + "0", ANN.upper(), ANN[:-1] + "\n", ANN[:-1] + "٣", 5])
def test_nothing_else_is_a_number(text: object) -> None:
    assert is_visitor_id(ANN)
    assert not is_visitor_id(text)
