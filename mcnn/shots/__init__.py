"""Shots: pruning, sampling, selection."""
