"""Benchmarks that a person runs; nothing here is part of the test suite."""
