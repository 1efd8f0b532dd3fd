"""The files of a component become one module, in which each keeps its names to itself."""

import re
from pathlib import Path

import pytest

from explorer.javascript import BundleError, bundle
from tests.conftest import ROOT

ENTRY = 'import { b } from "./other.js";\nexport default b;\n'
ENTRIES = [path for path in sorted((ROOT / "explorer").rglob("*.js")) if "\nexport default " in path.read_text()]


def written(folder: Path, entry: str, **modules: str) -> Path:
    """The file ``entry`` of a folder that has the other modules too."""
    for name, text in {"entry": entry, **modules}.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "entry.js"


def test_every_component_is_found() -> None:
    python = (path.read_text() for path in (ROOT / "explorer").rglob("*.py"))
    assert len(ENTRIES) == sum(text.count("js=bundle(") for text in python) > 0


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda path: path.stem)
def test_one_export_of_a_component_is_left_and_no_import(entry: Path) -> None:
    """Every import of every file in it has been resolved, for a name or file that does not exist is an error."""
    left = re.findall(r"^(?:export|import)\b.*", bundle(entry), re.MULTILINE)
    assert len(left) == 1
    assert left[0].startswith("export default ")


def test_every_file_is_a_component_or_imported_by_another() -> None:
    files = {path.resolve(): path.read_text() for path in (ROOT / "explorer").rglob("*.js")}
    addresses = ((path, address) for path, text in files.items() for address in re.findall(r' from "(.+)";', text))
    imported = {(path.parent / address).resolve() for path, address in addresses}
    worker = ROOT / "explorer" / "browser" / "inference" / "worker.js"  # a script of its own, see probability_view.py
    assert imported | set(ENTRIES) | {worker} == files.keys()


def test_imported_modules_keep_their_names_to_themselves(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        'import { b } from "./other.js";\nimport * as more from "./more.js";\nconst own = b + more.b;\n',
        other="const own = 1;\nexport const b = own;\n",
        more='import { b as one } from "./other.js";\nconst own = 2;\nexport const b = own + one;\n',
    )
    assert bundle(entry) == (
        "const $0 = (() => {\nconst own = 1;\nconst b = own;\nreturn { b };\n})();\n"
        "const $1 = (() => {\nconst { b: one } = $0;\nconst own = 2;\nconst b = own + one;\nreturn { b };\n})();\n"
        "const { b } = $0;\nconst more = $1;\nconst own = b + more.b;\n"
    )


@pytest.mark.parametrize(
    "export", ["const b = 1;", "class b {}", "function b() {}", "async function b() {}", "function* b() {}"]
)
def test_a_name_is_exported_however_it_is_declared(tmp_path: Path, export: str) -> None:
    text = bundle(written(tmp_path, ENTRY, other=f"export {export}\n"))
    assert f"\n{export}\nreturn {{ b }};\n" in text


def test_an_import_of_several_lines_is_one(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        'import {\n  a,\n  b as c,\n} from "./other.js";\nexport const d = a + c;\n',
        other="export const a = 1;\nexport const b = 2;\n",
    )
    assert bundle(entry).endswith("const { a, b: c } = $0;\nexport const d = a + c;\n")


def test_comments_on_their_own_lines_go_and_code_stays(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        '// why\n/** what\n * it is */\nconst a = "http://b"; // here\n'
        "  /** @type {any} */\nconst c = /** @type {any} */ (a);\n",
    )
    assert bundle(entry) == 'const a = "http://b"; // here\nconst c = /** @type {any} */ (a);\n'


@pytest.mark.parametrize(
    ("entry", "other", "complaint"),
    [
        ('import { b } from "./missing.js";\n', "", "entry.js imports missing.js, and there is no such file"),
        ('import { c } from "./other.js";\n', "export const b = 1;\n", "entry.js imports c from ./other.js, which"),
        (ENTRY, 'import { c } from "./entry.js";\n', "entry.js imports other.js imports entry.js, which is a circle"),
        (ENTRY, "export let b = 1;\n", "other.js has 'export let b = 1;'"),  # importers would see 1 for ever
        (ENTRY, "const b = 1;\nexport { b };\n", "other.js has 'export { b };'"),
        (ENTRY, "export const b = 1;\nexport default b;\n", "other.js has 'export default b;'"),
        (ENTRY, 'export * from "./more.js";\n', "other.js has 'export "),
        ('import b from "./other.js";\n', "export const b = 1;\n", "entry.js has 'import b "),
        ('import "./other.js";\n', "", "entry.js has 'import "),
    ],
)
def test_what_cannot_be_bundled_is_named(tmp_path: Path, entry: str, other: str, complaint: str) -> None:
    with pytest.raises(BundleError, match=re.escape(complaint)):
        bundle(written(tmp_path, entry, other=other))
