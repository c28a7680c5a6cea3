"""Video co-localization with a trained network (paper, section 4.5)."""
