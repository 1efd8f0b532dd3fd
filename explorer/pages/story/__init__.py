"""The story: the theory in nine scenes, each told by the trained models and predicted before it is seen."""
