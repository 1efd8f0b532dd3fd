"""Waiting for what no locator says. Playwright's wait_for_function evaluates a text, which the app's policy forbids."""

import time

from playwright.sync_api import Page

from tests.conftest import PATIENCE_S

_PAUSE_MS = 100


def wait_until(page: Page, script: str, arg: object = None) -> None:
    """Until the JavaScript expression or function ``script`` gives what counts as true."""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(script, arg):
        assert time.monotonic() < end, f"it did not come about: {script} for {arg}"
        page.wait_for_timeout(_PAUSE_MS)
