"""The browser code that the pages share: JavaScript and style sheets.

``net`` computes, ``ui`` has widgets, ``map`` draws one or more maps. Each may import only those before it.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
MAP_STYLES = (FOLDER / "map/map.css", FOLDER / "map/beside.css")
"""The style sheets of every component that has a map."""
