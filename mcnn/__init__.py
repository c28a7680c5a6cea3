"""M-CNN: weakly-supervised semantic segmentation learned from tagged videos."""
