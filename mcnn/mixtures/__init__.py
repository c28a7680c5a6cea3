"""Gaussian mixtures over colours."""
