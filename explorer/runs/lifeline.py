"""A process that ends with its server: python -m explorer.runs.lifeline MODULE ARGUMENT ..., as python -m MODULE.

Its standard input is a pipe that the server holds and never writes to; the server's end, however it comes, closes it.
"""

import os
import runpy
import sys
import threading

NICENESS = 10


def die_with_the_server() -> None:
    """From now on this process ends as soon as its standard input does."""

    def wait() -> None:
        # os.read, for a buffered reader would hold a lock at the end of the process.
        os.read(0, 1)
        os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


def give_way() -> None:
    """From now on the pages' own server comes first: on Linux, only while both are in one session."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


if __name__ == "__main__":
    die_with_the_server()
    give_way()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
