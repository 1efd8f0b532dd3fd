"""An empty page that knows some of our JavaScript and nothing of Streamlit."""

import base64
import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from explorer.browser import FOLDER as KIT
from explorer.javascript import bundle
from tests.browser.opened_map import READY_MS
from tests.conftest import ROOT


def modules(*names: str) -> list[Path]:
    """The files of our JavaScript with these names, with as much of the folder as makes a name unique."""
    files = sorted((ROOT / "explorer").rglob("*.js"))
    found = [[file for file in files if file.as_posix().endswith(f"/{name}.js")] for name in names]
    assert [len(each) for each in found] == [1] * len(names), names
    return [file for (file,) in found]


INFERENCE = sorted(path for path in KIT.rglob("*.js") if path.parent.name != "inference")
DRAWING = modules("dom", "pictures", "noise", "centring", "strokes", "pad")
RECEIPT = [*INFERENCE, *modules("costs", "loss_terms", "receipt_table", "receipt")]


@contextmanager
def blank_page(browser: Browser, known: list[Path]) -> Iterator[Page]:
    """A page with the names that the modules ``known`` export."""
    page = browser.new_page()
    page.set_default_timeout(READY_MS)
    teach(page, known)
    yield page
    page.close()


def teach(page: Page, known: list[Path]) -> None:
    """Give a page the names that the modules ``known`` export."""
    imports = "".join(f'import * as m{number} from "{path}";\n' for number, path in enumerate(known))
    with tempfile.TemporaryDirectory() as folder:
        entry = Path(folder) / "entry.js"
        entry.write_text(f"{imports}Object.assign(window, {', '.join(f'm{n}' for n in range(len(known)))});\n")
        page.add_script_tag(content=f"(() => {{\n{bundle(entry)}}})();")


def address_of(raw: bytes) -> str:
    """Where a page finds ``raw``, gzipped as everything it fetches."""
    return f"data:application/gzip;base64,{base64.b64encode(gzip.compress(raw, 1)).decode()}"
