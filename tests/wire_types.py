"""The types of explorer/wire.py as TypeScript declares them; ``python -m tests.wire_types`` writes them."""

import inspect
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from explorer import wire
from tests.conftest import ROOT

FILE = ROOT / "explorer" / "wire.d.ts"
_PLAIN = {str: "string", bool: "boolean", int: "number", float: "number", NoneType: "null"}
_HEAD = "// Written by python -m tests.wire_types from wire.py: change that, and not this.\n"


def declarations() -> str:
    """The text of FILE."""
    found = [each for each in vars(wire).values() if is_typeddict(each)]
    return "\n".join([_HEAD, *map(_declared, found)])


def _declared(kind: Any) -> str:
    # Of a class that extends another, too, all fields are listed: Python 3.11 does not remember the other.
    fields = get_type_hints(kind).items()
    lines = [f"  {name}{'' if name in kind.__required_keys__ else '?'}: {_type(hint)};" for name, hint in fields]
    comment = "\n".join(f" * {line}".rstrip() for line in inspect.getdoc(kind).splitlines())
    return "\n".join([f"/**\n{comment}\n */", f"export interface {kind.__name__} {{", *lines, "}\n"])


def _type(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return " | ".join(map(_type, inner))
    if origin is list:
        return f"{_type(inner[0])}[]"
    if origin is dict and inner[0] is str:
        return f"Record<string, {_type(inner[1])}>"
    return _PLAIN.get(hint) or hint.__name__


if __name__ == "__main__":
    FILE.write_text(declarations(), encoding="utf-8")
