"""The shared JavaScript in a Chromium."""
