"""Training on latent labels."""
