"""The browser is told the types of what the server sends: those that Python checks."""

from tests.wire_types import FILE, declarations


def test_the_javascript_is_told_the_types_of_python() -> None:
    assert FILE.read_text(encoding="utf-8") == declarations(), "Run python -m tests.wire_types."
