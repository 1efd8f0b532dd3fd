"""python -m models train | evaluate | pretrain | measure | sweep | evidence | few-values | dimensions | dials.

Progress goes to stderr, results go to stdout.
"""

import argparse
import sys

from models import data
from models.checkpoint import CheckpointError
from models.commands import evaluating, measuring, shipping, training
from models.dial import DialError
from models.evidence import EvidenceError
from models.idx import IdxError
from models.recipe import RecipeError
from models.train_command import StoppedError
from models.training import TrainingError

_STOPPED = 130  # the shells' convention: 128 plus the number of the signal


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand. Returns 0; 1 after one sentence on stderr; 130 if Ctrl-C stopped it."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (RecipeError, CheckpointError, IdxError, data.DataError, TrainingError, EvidenceError, DialError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}." if error.filename else error, file=sys.stderr)
        return 1
    except StoppedError as stop:
        print(stop, file=sys.stderr)
        return _STOPPED
    except KeyboardInterrupt:
        print("Stopped before the end; what was finished until then is kept.", file=sys.stderr)
        return _STOPPED
    return 0


def parser() -> argparse.ArgumentParser:
    """The subcommands and their options. The options of ``train`` have the names of Recipe's fields."""
    line = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    verbs = line.add_subparsers(required=True)
    for module in (training, evaluating, shipping, measuring):
        module.add_to(verbs)
    return line


if __name__ == "__main__":
    sys.exit(main())
