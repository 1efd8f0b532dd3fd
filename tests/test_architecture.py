"""The arrows: app -> pages -> the screen's parts -> models, and never back; no global generator, no pickle."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = sorted(path.name for path in (ROOT / "explorer" / "pages").iterdir() if (path / "page.py").is_file())

FORBIDDEN_EVERYWHERE = {
    "pickle",
    "random.seed",
    "numpy.random.seed",
    "sys.path",
    "torch.cuda.manual_seed",
    "torch.cuda.manual_seed_all",
    "torch.load",
    "torch.manual_seed",
    "torch.random.manual_seed",
    "torch.seed",
}
DRAWS = {"bernoulli", "multinomial", "normal", "rand", "randint", "randn", "randperm", "uniform_", "normal_"}
DRAWS |= {"bernoulli_", "rand_like", "randn_like", "sample", "rsample", "kaiming_uniform_", "xavier_uniform_"}

LOADS = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    for screen in {"streamlit", "plotly.graph_objs", "plotly.basedatatypes"} & sys.modules.keys():
        sys.exit(print(f"Importing {name} loads {screen}: import what needs it inside a page, or not at all."))
"""


def sources(*places: str) -> Iterator[Path]:
    """The Python files of the given files and folders, as far as they exist."""
    for place in places:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def names(source: str) -> set[str]:
    """Every module imported and every dotted name used, with "import ... as" undone."""
    tree, alias, found = ast.parse(source), {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
            alias |= {each.asname: each.name for each in node.names if each.asname}
        if isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{each.name}" for each in node.names)}
            alias |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            found.add(f"{alias.get(first, first)}.{rest}")
    return found


def uses(path: Path, forbidden: set[str]) -> set[str]:
    """Those names in a file that are, or lie under, a forbidden one."""
    prefixes = tuple(f"{name}." for name in forbidden)
    return {name for name in names(path.read_text()) if name in forbidden or name.startswith(prefixes)}


def offences(paths: Iterator[Path], forbidden: set[str]) -> dict[str, set[str]]:
    """For each file that breaks the rule, the forbidden names it uses."""
    return {str(path.relative_to(ROOT)): used for path in paths if (used := uses(path, forbidden))}


def test_names_sees_through_aliases() -> None:
    source = "import torch as t, numpy as np\nfrom torch import load\nt.manual_seed(0)\nnp.random.seed(0)"
    assert {"torch.manual_seed", "numpy.random.seed", "torch.load"} <= names(source)


def test_imports_are_absolute() -> None:
    """The tests below read a name as it stands."""
    for path in sources("app.py", "explorer", "models"):
        nodes = ast.walk(ast.parse(path.read_text()))
        assert not any(node.level for node in nodes if isinstance(node, ast.ImportFrom)), path


def test_models_know_no_screen() -> None:
    assert offences(sources("models"), {"streamlit", "plotly", "explorer", "app"}) == {}


def test_models_runs_and_what_answers_load_no_screen() -> None:
    """Nor does anything that they import: one new interpreter imports each in turn, and names the first that does."""
    modules = _modules(list(sources("models", "explorer/runs", "explorer/server", "explorer/wire.py")))
    done = subprocess.run(
        [sys.executable, "-c", LOADS, *modules], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def _modules(paths: list[Path]) -> list[str]:
    """The names of the modules in files; a package goes by its own name, and what is run is not imported."""
    parts = (path.relative_to(ROOT).with_suffix("").parts for path in paths if path.stem != "__main__")
    return [".".join(each).removesuffix(".__init__") for each in parts]


def test_the_types_of_the_wire_know_nothing_of_ours() -> None:
    assert offences(sources("explorer/wire.py"), {"streamlit", "torch", "explorer", "models"}) == {}


def test_pages_know_no_other_page() -> None:
    for page in PAGES:
        others = {f"explorer.pages.{each}" for each in PAGES if each != page}
        assert offences(sources(f"explorer/pages/{page}"), others) == {}, page


def test_nothing_below_the_pages_knows_them() -> None:
    below = (path for path in sources("explorer") if "pages" not in path.relative_to(ROOT).parts)
    assert offences(below, {"explorer.pages"}) == {}


def test_the_server_and_the_runs_know_neither_the_pages_nor_the_browser() -> None:
    assert offences(sources("explorer/server"), {"explorer.pages", "explorer.browser"}) == {}
    assert offences(sources("explorer/runs"), {"explorer.pages", "explorer.browser", "explorer.server"}) == {}


JAVASCRIPT = {
    "explorer/browser/net": ["explorer/browser/net"],
    "explorer/browser/inference": ["explorer/browser/net", "explorer/browser/inference"],
    "explorer/browser/ui": ["explorer/browser/net", "explorer/browser/ui"],
    "explorer/browser/map": [f"explorer/browser/{room}" for room in ("net", "ui", "map")],
    **{f"explorer/pages/{page}": [f"explorer/pages/{page}", "explorer/browser"] for page in PAGES},
}
"""What the JavaScript in a folder may import: types come from wire.d.ts besides, which is no code."""


@pytest.mark.parametrize("folder", JAVASCRIPT)
def test_the_javascript_of_a_folder_imports_what_lies_below_it(folder: str) -> None:
    allowed = [ROOT / each for each in JAVASCRIPT[folder]]
    for path in (ROOT / folder).rglob("*.js"):
        for address in re.findall(r'^import [^;]* from "([^"]+)";', path.read_text(), re.MULTILINE):
            imported = (path.parent / address).resolve()
            assert any(imported.is_relative_to(each) for each in allowed), f"{path.relative_to(ROOT)}: {address}"


def test_nothing_knows_the_app() -> None:
    assert offences(sources("explorer", "models"), {"app"}) == {}


def test_the_app_knows_neither_torch_nor_numpy() -> None:
    assert offences(sources("app.py"), {"torch", "numpy"}) == {}


def test_nothing_edits_the_path_unpickles_or_seeds_the_process() -> None:
    assert offences(sources("app.py", "explorer", "models"), FORBIDDEN_EVERYWHERE) == {}


def test_every_draw_in_models_names_its_generator() -> None:
    unnamed = []
    for path in sources("models"):
        for node in ast.walk(ast.parse(path.read_text())):
            draws = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in DRAWS
            if draws and "generator" not in {keyword.arg for keyword in node.keywords}:
                unnamed.append(f"{path.name}:{node.lineno}")
    assert unnamed == []
