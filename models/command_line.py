"""Commands of ours, as somebody types them in the repository's root, and run there."""

import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def shown(path: Path) -> str:
    """``path`` as a command in the repository's root names it."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def run(command: str) -> str:
    """What a command of ours, run in the repository's root, prints on stdout. Raises OSError where it fails."""
    print(command, file=sys.stderr)
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise OSError(f"This command failed, for the reason that stands above: {command}")
    return done.stdout
