"""The screen: what is seen of the models."""
