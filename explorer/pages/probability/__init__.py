"""Inference for one image: the evidence, the posterior and every gap."""
