"""Images and masks: decoding, resizing, superpixels, drawing."""
