"""Datasets: layouts on disk, read into one manifest; frames and images."""
