"""Each page of the app says which one it is, and offers the others by name."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

PAGES = ["Map", "Story", "Compare", "Probability", "Train"]


@pytest.fixture(scope="module")
def app() -> AppTest:
    return AppTest.from_file(ROOT / "app.py", default_timeout=120).run()


def test_the_page_has_one_heading_of_the_first_level(app: AppTest) -> None:
    found = [each.proto.body for each in app.get("html") if "<h1" in each.proto.body]
    assert found == ["<h1>Map</h1>"]
    assert not app.title


def test_every_page_is_in_the_menu_of_a_narrow_window(app: AppTest) -> None:
    assert [each.proto.label for each in app.get("page_link")] == PAGES
