"""Training in a Chromium."""
