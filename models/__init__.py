"""The probability: what is true of a variational autoencoder with a two-dimensional latent space."""
