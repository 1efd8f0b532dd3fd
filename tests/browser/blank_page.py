"""An empty page that knows some of our JavaScript and nothing of Streamlit."""

import base64
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from explorer import side_by_side
from explorer.javascript import bundle
from explorer.latent_map import FOLDER, SHARED_MODULES
from tests.browser.opened_map import READY_MS

INFERENCE = [*SHARED_MODULES, *(side_by_side.FOLDER / f"{name}.js" for name in ("encoder", "quadrature"))]
DRAWING = [FOLDER / "dom.js", FOLDER / "pictures.js"]
DRAWING += [side_by_side.FOLDER / f"{name}.js" for name in ("noise", "centring", "pad")]
RECEIPT = [
    *INFERENCE,
    *(side_by_side.FOLDER / f"{name}.js" for name in ("costs", "charges", "receipt_table", "receipt")),
]


@contextmanager
def blank_page(browser: Browser, modules: list[Path]) -> Iterator[Page]:
    """A page with the names of ``modules``."""
    page = browser.new_page()
    page.set_default_timeout(READY_MS)
    teach(page, modules)
    yield page
    page.close()


def teach(page: Page, modules: list[Path]) -> None:
    """Give an empty page the names of ``modules``."""
    page.add_script_tag(content=bundle(modules))


def address_of(raw: bytes) -> str:
    """Where a page finds ``raw``, gzipped as everything it fetches."""
    return f"data:application/gzip;base64,{base64.b64encode(gzip.compress(raw, 1)).decode()}"
