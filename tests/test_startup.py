"""What the server sets once at its start, on any system."""

import ctypes
from types import SimpleNamespace

import pytest

from explorer import startup


def test_glibc_is_told_to_give_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    library = SimpleNamespace(mallopt=lambda name, value: told.append((name, value)))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    startup.start()
    assert told == [(-8, 2), (-3, 131072)]


@pytest.mark.parametrize("error", [OSError, TypeError, AttributeError])
def test_a_system_without_glibc_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def refuse(name: None) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    startup.start()
