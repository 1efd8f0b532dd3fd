"""A training run: its form, its view, and what can be done with it."""
