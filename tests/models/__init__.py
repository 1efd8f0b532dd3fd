"""The probability."""
