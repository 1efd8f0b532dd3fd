"""JavaScript modules and style sheets of several files, each as the one text that a Streamlit component takes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_COMMENTS = re.compile(r"^[ \t]*/\*\*(?:(?!\*/)[\s\S])*\*/[ \t]*\n|^[ \t]*//.*\n", re.MULTILINE)
_STATEMENT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_IMPORT = re.compile(r'^import (?:\{([^}]*)\}|\* as (\w+)) from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function\*?|class|const) (\w+))", re.MULTILINE)


def styles(paths: Iterable[Path]) -> str:
    """The style sheets as one, in this order. Raises OSError."""
    return "".join(path.read_text(encoding="utf-8") for path in paths)


class BundleError(ValueError):
    """JavaScript modules that cannot become one; the message names the file and says what to change."""


def bundle(entry: Path) -> str:
    """The module in the file ``entry`` with all that it imports, as one: Streamlit takes no paths without a package.

    Each imported module becomes a function that is called once, in the order of the imports, and returns its exports;
    the entry stands last, as it is. Only imports and exports by name are understood, ``import * as`` among them.
    Comments on lines of their own stay behind: with every opening they would cross the wire, a third of the text.

    Raises BundleError, OSError.
    """
    found = _Bundle()
    code = found.link(entry.resolve(), ())
    return "".join([*found.scopes, code])


@dataclass
class _Bundle:
    """What has been bundled so far. ``modules``: its variable and its exports of each file; ``scopes``: their code."""

    modules: dict[Path, tuple[str, list[str]]] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)

    def link(self, path: Path, importers: tuple[Path, ...]) -> str:
        """The code of a file, its imports turned into constants; what it imports is added first."""

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
            variable = f"${len(self.modules)}"  # no name of ours begins so
            self.scopes.append(
                f"const {variable} = (() => {{\n{_EXPORT.sub('', code)}return {{ {', '.join(exports)} }};\n}})();\n"
            )
            self.modules[path] = variable, exports
        return self.modules[path]


def _read(path: Path, importers: tuple[Path, ...]) -> str:
    """The code in a file without its comments. Raises BundleError where it has other imports or exports than ours."""
    if importers and not path.is_file():
        raise BundleError(f"{importers[-1].name} imports {path.name}, and there is no such file: correct the import.")
    code = _COMMENTS.sub("", path.read_text(encoding="utf-8"))
    for statement in _STATEMENT.finditer(code):
        known = any(each.match(code, statement.start()) for each in (_IMPORT, _EXPORT))
        # Streamlit calls the default export of the entry, which nothing imports.
        if not known and (importers or not statement[0].startswith("export default ")):
            raise BundleError(f"{path.name} has {statement[0]!r}: import by name, and export by name where declared.")
    return code


def _destructured(names: str, exports: list[str], path: Path, address: str) -> str:
    """The names between the braces of an import as those of a destructuring."""
    parts = [tuple(each.split(" as ")) for name in names.split(",") if (each := name.strip())]
    for name, *_ in parts:
        if name not in exports:
            raise BundleError(f"{path.name} imports {name} from {address}, which exports no such name.")
    return ", ".join(": ".join(part) for part in parts)
