"""The comparison in a Chromium."""
