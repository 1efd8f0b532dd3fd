"""The browser code that the pages share: JavaScript and style sheets.

``net`` computes, ``inference`` integrates over z, ``ui`` has widgets, ``map`` draws maps. ``inference`` imports ``net``
alone; ``ui`` and ``map`` import what is before them, but no ``inference``.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
TYPE_STYLES = FOLDER / "ui/type.css"
"""The sizes of type, for all pages."""

MAP_STYLES = (TYPE_STYLES, FOLDER / "map/map.css", FOLDER / "map/beside.css")
"""The style sheets of every component that has a map."""
