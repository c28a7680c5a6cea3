import io
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image
from trees import encode, picture, truncate, write_image

from mcnn.errors import DataError
from mcnn.imaging.decode import MOST_PIXELS, decode_image, image_size

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


def header_of_a_png(width, height):
    """A whole PNG whose one row of pixels is declared to be so many."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    chunks += [(b"IDAT", zlib.compress(bytes(width + 1))), (b"IEND", b"")]
    coded = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(coded)


@pytest.mark.parametrize(("width", "height"), [(8192, 8193), (13300, 13300), (2**26 + 1, 1)])
def test_more_pixels_than_the_limit_are_refused_by_the_header(tmp_path, width, height):
    path = tmp_path / "a.png"
    path.write_bytes(header_of_a_png(width, height))
    before = tracemalloc.start() or tracemalloc.get_traced_memory()[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for read in (lambda: decode_image(path.read_bytes(), path), lambda: image_size(path)):
            with pytest.raises(DataError, match=rf"a\.png: .*({width}x{height}|exceeds limit)"):
                read()
    assert tracemalloc.get_traced_memory()[1] - before < 2**20
    tracemalloc.stop()


def test_as_many_pixels_as_the_limit_are_an_image(tmp_path):
    assert MOST_PIXELS == 8192 * 8192
    path = tmp_path / "a.png"
    path.write_bytes(header_of_a_png(8192, 8192))
    assert image_size(path) == (8192, 8192)


def test_formats_that_run_other_programs_are_none(tmp_path):
    """Pillow has Ghostscript, where it is installed, run what an EPS file says."""
    path = tmp_path / "a.jpg"
    Image.fromarray(picture(0)).save(path, "EPS")
    for read in (lambda: decode_image(path.read_bytes(), path), lambda: image_size(path)):
        with pytest.raises(DataError, match=r"a\.jpg: the image does not decode \(unknown format"):
            read()
