"""What a visitor meets, in a real Chromium against a real server."""
