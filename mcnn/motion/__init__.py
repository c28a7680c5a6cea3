"""Motion segmentation: per-video artefacts of masks."""
