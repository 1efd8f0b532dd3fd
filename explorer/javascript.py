"""JavaScript modules of several files as the one text that a Streamlit component takes."""

import re
from collections.abc import Iterable
from pathlib import Path


def bundle(paths: Iterable[Path]) -> str:
    """The modules as one, in the order of their imports: without a package to install, Streamlit takes no paths."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    text = re.sub(r"^import [^;]*;\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", text, flags=re.MULTILINE)
