"""KL in both directions, between Gaussians and mixtures that the reader moves."""
