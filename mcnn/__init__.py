"""M-CNN: semantic segmentation learned from tagged videos.

The names below are what most users of the library need; they are loaded when they are first used.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
