"""An empty page that knows some of our JavaScript and nothing of Streamlit."""

import base64
import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from explorer import side_by_side
from explorer.javascript import bundle
from explorer.latent_map import FOLDER
from tests.browser.opened_map import READY_MS

_SHARED = [path for path in sorted(FOLDER.glob("*.js")) if path.stem != "latent_map"]
INFERENCE = [*_SHARED, *(side_by_side.FOLDER / f"{name}.js" for name in ("encoder", "quadrature"))]
DRAWING = [FOLDER / "dom.js", FOLDER / "pictures.js"]
DRAWING += [side_by_side.FOLDER / f"{name}.js" for name in ("noise", "centring", "pad")]
RECEIPT = [
    *INFERENCE,
    *(side_by_side.FOLDER / f"{name}.js" for name in ("costs", "charges", "receipt_table", "receipt")),
]


@contextmanager
def blank_page(browser: Browser, modules: list[Path]) -> Iterator[Page]:
    """A page with the names that ``modules`` export."""
    page = browser.new_page()
    page.set_default_timeout(READY_MS)
    teach(page, modules)
    yield page
    page.close()


def teach(page: Page, modules: list[Path]) -> None:
    """Give a page the names that ``modules`` export."""
    imports = "".join(f'import * as m{number} from "{path}";\n' for number, path in enumerate(modules))
    with tempfile.TemporaryDirectory() as folder:
        entry = Path(folder) / "entry.js"
        entry.write_text(f"{imports}Object.assign(window, {', '.join(f'm{n}' for n in range(len(modules)))});\n")
        page.add_script_tag(content=f"(() => {{\n{bundle(entry)}}})();")


def address_of(raw: bytes) -> str:
    """Where a page finds ``raw``, gzipped as everything it fetches."""
    return f"data:application/gzip;base64,{base64.b64encode(gzip.compress(raw, 1)).decode()}"
