"""The map: every code at once, a point to drag, and the KL term to switch off."""
