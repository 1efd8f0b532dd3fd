"""Commands of this project, as a user types them in the repository's root, and how they are run there."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).parents[1]


def relative(path: Path) -> str:
    """``path`` relative to the repository's root where it lies in it, for use in a command."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def progress_of_table() -> Callable[[int, int], None]:
    """A ``watch`` for models.dial_table.tabulate: a bar on stderr."""
    bar = tqdm(desc="table of the dial", unit=" KL weights")

    def watch(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return watch


def run(command: str) -> str:
    """Run a command of this project in the repository's root; returns its stdout. Raises OSError where it fails."""
    print(command, file=sys.stderr)
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise OSError(f"This command failed, for the reason printed above: {command}")
    return done.stdout
