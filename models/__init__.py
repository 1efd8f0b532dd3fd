"""The mathematics of a variational autoencoder with a two-dimensional latent space, and its training."""
