import io

import numpy as np
import pytest
from PIL import Image
from trees import encode, picture, truncate, write_image

from mcnn.errors import DataError
from mcnn.imaging.decode import decode_image, image_size

FLAG = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 8, 7], [0, 0, 0], [255] * 3]])
"""A row of red, green and blue over a row of other colours."""


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp"])
def test_truncated_files_are_refused(tmp_path, kind):
    path = truncate(write_image(tmp_path / f"a.{kind}", picture(0)))
    with pytest.raises(DataError, match=rf"a\.{kind}"):
        decode_image(path.read_bytes(), path)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_pixels_are_red_green_blue(kind):
    np.testing.assert_array_equal(decode_image(encode(FLAG.astype(np.uint8), kind)), FLAG)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_image_becomes_rgb(mode):
    grey = Image.fromarray(np.tile(np.arange(0, 256, 8, dtype=np.uint8), (24, 1)))
    if mode == "I;16":
        # The upper byte is the grey level.
        image = Image.fromarray((np.asarray(grey).astype(np.uint16) << 8) + 77)
    else:
        image = grey.convert("RGB").convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, format="TIFF" if mode == "CMYK" else "PNG")
    decoded = decode_image(buffer.getvalue())
    assert decoded.shape == (24, 32, 3)
    assert decoded.dtype == np.uint8
    assert decoded.flags.writeable
    if mode not in ("1", "P"):
        np.testing.assert_array_equal(decoded, np.asarray(grey)[:, :, None].repeat(3, axis=2))
    assert decoded[0, -1].min() > decoded[0, 0].max()


UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}
"""What the orientations of EXIF ask for."""


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_jpeg_is_turned_as_its_orientation_asks_and_no_other_file_is(tmp_path, orientation):
    pixels = picture(0)
    exif = Image.Exif()
    exif[0x0112] = orientation
    plain, turned, other = (tmp_path / name for name in ("plain.jpg", "turned.jpg", "other.png"))
    Image.fromarray(pixels).save(plain, quality=95)
    Image.fromarray(pixels).save(turned, quality=95, exif=exif)
    Image.fromarray(pixels).save(other, exif=exif)
    expected = UPRIGHT[orientation](decode_image(plain.read_bytes()))
    np.testing.assert_array_equal(decode_image(turned.read_bytes()), expected)
    np.testing.assert_array_equal(decode_image(other.read_bytes()), pixels)
    assert image_size(turned) == expected.shape[:2]
    assert image_size(other) == pixels.shape[:2] == (24, 32)


def test_files_without_a_size_are_named(tmp_path):
    with pytest.raises(DataError, match=r"a\.png: the file is missing"):
        image_size(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"text")
    with pytest.raises(DataError, match=r"a\.png: the image does not decode \(unknown format\)"):
        image_size(tmp_path / "a.png")
