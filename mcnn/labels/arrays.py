"""Arrays that go into and come out of label estimation."""

import numpy as np
from numpy.typing import NDArray

IGNORE = 255
"""Label of pixels that take no part in the loss."""

Images = NDArray[np.uint8]
Bools = NDArray[np.bool_]
LabelMaps = NDArray[np.uint8]
Floats = NDArray[np.floating]
