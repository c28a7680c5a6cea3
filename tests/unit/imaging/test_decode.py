import io

import numpy as np
import pytest
from PIL import Image
from trees import picture, truncate, write_image

from mcnn.errors import DataError
from mcnn.imaging.decode import decode_image


def test_truncated_pngs_are_refused(tmp_path):
    path = truncate(write_image(tmp_path / "a.png", picture(0)))
    with pytest.raises(DataError, match=r"a\.png"):
        decode_image(path.read_bytes(), path)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_image_becomes_rgb(mode):
    grey = Image.fromarray(np.tile(np.arange(0, 256, 8, dtype=np.uint8), (24, 1)))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert("RGB").convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, format="TIFF" if mode == "CMYK" else "PNG")
    decoded = decode_image(buffer.getvalue())
    assert decoded.shape == (24, 32, 3)
    assert decoded.dtype == np.uint8
    assert decoded.flags.writeable
    if mode not in ("1", "P"):
        np.testing.assert_array_equal(decoded[:, :, 0], np.asarray(grey))
    assert decoded[0, -1].min() > decoded[0, 0].max()
