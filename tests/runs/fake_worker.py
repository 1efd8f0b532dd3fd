"""A worker that trains nothing: python tests/runs/fake_worker.py MANNERS FOLDER FRAMES.

"obedient" gives signs of life until it is cancelled, "deaf" until it is killed, "mute" gives none; "lingering" says
that it is done and stays. Each of them ends with its server, as the real one does.
"""

import json
import select
import sys
import time
from pathlib import Path


def main(manners: str, folder: Path) -> None:
    """Go on until told otherwise."""
    state = "done" if manners == "lingering" else "running"
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        if manners != "mute":
            give_sign_of_life(folder / "status.json", state)
        if manners == "obedient" and json.loads((folder / "control.json").read_text())["cancelled"]:
            return


def give_sign_of_life(path: Path, state: str) -> None:
    status = json.loads(path.read_text()) | {"state": state, "updated": time.time()}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(status))
    new.replace(path)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
