"""SECURITY.md promises only what a test holds, so each test that it names has to exist."""

import re

from tests.conftest import ROOT


def test_every_test_that_security_md_names_exists() -> None:
    """A name without a file belongs to the file named before it, or to test_middleware.py."""
    rows = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if "`test" in line]
    assert len(rows) > 15
    for row in rows:
        file = "tests/test_middleware.py"
        for named in re.findall(r"`(test[^`]*)`", row):
            place, _, test = named.rpartition("::") if "::" in named or "/" not in named else (named, "", "")
            file = place or file
            assert (ROOT / file).exists(), named
            assert not test or f"def {test}(" in (ROOT / file).read_text(), named
