"""The files of a component become one module: in the order of their imports, and with one meaning for each name."""

import re
from collections import Counter
from pathlib import Path

import pytest

from explorer import divergence, latent_map, run_view
from explorer.javascript import bundle

COMPONENTS = (divergence, latent_map, run_view)
components = pytest.mark.parametrize("modules", [each.MODULES for each in COMPONENTS])


@components
def test_every_file_comes_after_those_it_imports(modules: tuple[Path, ...]) -> None:
    for number, path in enumerate(modules):
        wanted = {(path.parent / name).resolve() for name in re.findall(r' from "(.+)";', path.read_text())}
        assert wanted <= set(modules[:number]), path.name


@components
def test_no_name_is_declared_by_two_files(modules: tuple[Path, ...]) -> None:
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", bundle(modules), re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []


@components
def test_one_export_is_left_and_no_import(modules: tuple[Path, ...]) -> None:
    left = re.findall(r"^(?:export|import)\b.*", bundle(modules), re.MULTILINE)
    assert left == ["export default function (component) {"]


def test_an_import_of_several_lines_goes_too(tmp_path: Path) -> None:
    path = tmp_path / "module.js"
    path.write_text('import {\n  a,\n  b,\n} from "./other.js";\nexport const c = a + b;\n')
    assert bundle([path]) == "const c = a + b;\n"


def test_comments_on_their_own_lines_go_and_code_stays(tmp_path: Path) -> None:
    path = tmp_path / "module.js"
    path.write_text(
        '// why\n/** what\n * it is */\nconst a = "http://b"; // here\n'
        "  /** @type {any} */\nconst c = /** @type {any} */ (a);\n"
    )
    assert bundle([path]) == 'const a = "http://b"; // here\nconst c = /** @type {any} */ (a);\n'
