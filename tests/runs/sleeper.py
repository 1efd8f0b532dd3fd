"""A module that does nothing for a long time: python -m tests.runs.sleeper."""

import time

if __name__ == "__main__":
    time.sleep(600)
