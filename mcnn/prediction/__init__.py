"""Trained networks put to use: labels of one's own photographs and videos."""
