"""The kit that the pages share: JavaScript and style sheets, with no server in mind.

``net`` computes, ``ui`` draws widgets, ``map`` draws one or more maps; each may import those before it.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
MAP_STYLES = (FOLDER / "map/map.css", FOLDER / "map/beside.css")
"""The style sheets of every component that has a map."""
