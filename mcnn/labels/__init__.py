"""Latent label estimation (paper, section 3.3)."""
