"""The command line as tests run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.__main__ import main
from tests.conftest import PATIENCE_S, ROOT


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    """python -m models, with warnings as errors as in the tests."""
    command = [sys.executable, "-W", "error", "-m", "models", *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence with which main refuses."""
    try:
        code = main(arguments)
    except SystemExit as stop:  # argparse's own way to refuse
        code = stop.code
    printed = capsys.readouterr()
    assert code not in (0, None)
    assert printed.out == ""
    return printed.err.splitlines()[-1]
