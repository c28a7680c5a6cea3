"""The rendered world that the demo learns from."""
