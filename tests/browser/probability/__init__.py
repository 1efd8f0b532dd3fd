"""The probability view in a Chromium."""
