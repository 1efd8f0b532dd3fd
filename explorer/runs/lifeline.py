"""Run a module in a process that ends with its server: python -m explorer.runs.lifeline MODULE ARGUMENT ...

Its standard input is a pipe that the server holds open and never writes to. When the server ends, for whatever reason,
the operating system closes the pipe.
"""

import os
import runpy
import sys
import threading

NICENESS = 10


def exit_with_server() -> None:
    """Make this process end as soon as its standard input is closed."""

    def wait() -> None:
        # os.read, because a buffered reader would hold a lock at the end of the process.
        os.read(0, 1)
        os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


def lower_priority() -> None:
    """Lower this process's priority below the web server's. On Linux this works only if both are in one session."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


if __name__ == "__main__":
    exit_with_server()
    lower_priority()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
