"""Bundles JavaScript modules, and style sheets, into one text each, as a Streamlit component requires."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_COMMENTS = re.compile(r"^[ \t]*/\*\*(?:(?!\*/)[\s\S])*\*/[ \t]*\n|^[ \t]*//.*\n", re.MULTILINE)
_STATEMENT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_IMPORT = re.compile(r'^import (?:\{([^}]*)\}|\* as (\w+)) from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function\*?|class|const) (\w+))", re.MULTILINE)


def styles(paths: Iterable[Path]) -> str:
    """The style sheets concatenated in this order. Raises OSError."""
    return "".join(path.read_text(encoding="utf-8") for path in paths)


class BundleError(ValueError):
    """The JavaScript modules cannot be bundled; the message names the file and says what to change."""


def bundle(entry: Path) -> str:
    """The module in the file ``entry`` and all its imports as one text, because Streamlit accepts paths only in a
    package.

    Each imported module becomes a function that is called once, in the order of the imports, and returns its exports;
    the entry comes last, unchanged. Only imports and exports by name, and ``import * as``, are supported. Comments on
    lines of their own are removed: they are a third of the text, and every opening of a page would send them.

    Raises BundleError, OSError.
    """
    found = _Bundle()
    code = found.link(entry.resolve(), ())
    return "".join([*found.scopes, code])


@dataclass
class _Bundle:
    """The bundle so far. ``modules``: the variable and the exports of each file; ``scopes``: the code of each."""

    modules: dict[Path, tuple[str, list[str]]] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)

    def link(self, path: Path, importers: tuple[Path, ...]) -> str:
        """The code of a file with its imports as constants; adds the imported modules first."""

        def constant(found: re.Match) -> str:
            names, every, address = found.groups()
            variable, exports = self._add((path.parent / address).resolve(), (*importers, path))
            if every:
                return f"const {every} = {variable};\n"
            return f"const {{ {_destructured(names, exports, path, address)} }} = {variable};\n"

        return _IMPORT.sub(constant, _read(path, importers))

    def _add(self, path: Path, importers: tuple[Path, ...]) -> tuple[str, list[str]]:
        if path in importers:
            circle = " imports ".join(each.name for each in (*importers[importers.index(path) :], path))
            raise BundleError(f"{circle}, which is a circle. Move what both need into a file of its own.")
        if path not in self.modules:
            code = self.link(path, importers)
            exports = _EXPORT.findall(code)
            variable = f"${len(self.modules)}"  # no name in the source starts with $
            self.scopes.append(
                f"const {variable} = (() => {{\n{_EXPORT.sub('', code)}return {{ {', '.join(exports)} }};\n}})();\n"
            )
            self.modules[path] = variable, exports
        return self.modules[path]


def _read(path: Path, importers: tuple[Path, ...]) -> str:
    """The code of a file without comments. Raises BundleError if it has unsupported imports or exports."""
    if importers and not path.is_file():
        raise BundleError(f"{importers[-1].name} imports {path.name}, and there is no such file: correct the import.")
    code = _COMMENTS.sub("", path.read_text(encoding="utf-8"))
    for statement in _STATEMENT.finditer(code):
        known = any(each.match(code, statement.start()) for each in (_IMPORT, _EXPORT))
        # Streamlit calls the default export of the entry; no module imports it.
        if not known and (importers or not statement[0].startswith("export default ")):
            raise BundleError(f"{path.name} has {statement[0]!r}: import by name, and export by name where declared.")
    return code


def _destructured(names: str, exports: list[str], path: Path, address: str) -> str:
    """The names between the braces of an import in the syntax of destructuring."""
    parts = [tuple(each.split(" as ")) for name in names.split(",") if (each := name.strip())]
    for name, *_ in parts:
        if name not in exports:
            raise BundleError(f"{path.name} imports {name} from {address}, which exports no such name.")
    return ", ".join(": ".join(part) for part in parts)
