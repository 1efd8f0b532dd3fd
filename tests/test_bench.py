"""The benches are run by people, so that nothing else would notice when what they import has moved."""

import importlib

import pytest


@pytest.mark.parametrize("name", ["bench_map", "bench_training", "bench_compare", "bench_inference", "agreement"])
def test_a_bench_finds_what_it_imports(name: str) -> None:
    assert callable(importlib.import_module(f"tests.bench.{name}").main)
