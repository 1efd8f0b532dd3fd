"""The story in a browser."""
