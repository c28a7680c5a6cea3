"""Trained networks and their labels for other software."""
