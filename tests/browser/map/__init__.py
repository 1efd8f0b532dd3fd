"""The map in a Chromium."""
