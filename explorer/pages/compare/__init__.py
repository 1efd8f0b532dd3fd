"""Two models side by side, on linked maps, in pictures and in numbers."""
