import numpy as np
import pytest
from awkward import DAMAGES, TEXT, is_refused, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from trees import SIZE, picture, write_image, write_palette_mask

from mcnn.artefacts.images import (
    Image,
    read_image,
    read_images,
    read_mask,
    voc_tags,
    write_images,
)
from mcnn.errors import DataError
from mcnn.label_space import VOC_CLASSES

IMAGES = [
    Image("001", "x/001.jpg", "x/001.png", ("dog", "NA")),
    Image("NA", "x/NA.jpg", None, ()),
    Image("nan", "x/nan.jpg", "x/nan.jpg", ("null",), "binary", 7),
]

any_image = st.builds(
    Image,
    TEXT,
    TEXT,
    st.none() | TEXT,
    st.lists(TEXT, max_size=3).map(tuple),
    st.sampled_from(["voc_index", "binary"]),
    st.integers(1, 255),
)


@settings(max_examples=50)
@given(st.lists(any_image, max_size=5))
def test_images_come_back_as_they_were(tmp_path_factory, images):
    path = tmp_path_factory.mktemp("images") / "images.parquet"
    write_images(images, path)
    assert read_images(path) == images


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_list_is_named(tmp_path, damage):
    path = tmp_path / "images.parquet"
    write_images(IMAGES, path)
    damage(path)
    assert is_refused(read_images, path, "a list of images")


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    assert leaves_nothing(lambda path: write_images(IMAGES, path), tmp_path, monkeypatch)


def test_tags_of_a_mask_are_the_classes_it_holds_in_the_order_of_the_run(tmp_path):
    mask = np.zeros(SIZE, np.uint8)
    for k, name in enumerate(("cat", "dog", "person")):
        mask[k] = VOC_CLASSES.index(name) + 1
    mask[5] = 255
    path = str(write_palette_mask(tmp_path / "m.png", mask))
    assert voc_tags(path, ["person", "horse", "cat", "background"]) == ("person", "cat")
    assert voc_tags(path, ["horse"]) == ()


def test_a_turned_jpeg_and_its_mask_are_upright(tmp_path):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(picture(0)).save(tmp_path / "a.jpg", exif=exif)
    upright = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    upright[:4] = VOC_CLASSES.index("dog") + 1
    mask = str(write_palette_mask(tmp_path / "a.png", upright))
    image = Image("a", str(tmp_path / "a.jpg"), mask, ("dog",))
    assert read_image(image).shape == (SIZE[1], SIZE[0], 3)
    np.testing.assert_array_equal(read_mask(image, ["dog"]), upright > 0)
    write_palette_mask(tmp_path / "a.png", upright.T)
    with pytest.raises(DataError, match=r"a\.png: the mask is 32x24, its image 24x32"):
        read_mask(image, ["dog"])


def test_a_binary_mask_of_another_size_has_the_label_of_its_tag_at_the_images_size(tmp_path):
    path = str(write_image(tmp_path / "a.jpg", picture(0)))
    small = np.zeros((SIZE[0] // 2, SIZE[1] // 2), np.uint8)
    small[:, : SIZE[1] // 4] = 255
    mask = str(write_image(tmp_path / "m.png", small))
    labels = read_mask(Image("a", path, mask, ("cat",), "binary"), ["dog", "cat"])
    expected = np.zeros(SIZE, np.uint8)
    expected[:, : SIZE[1] // 2] = 2
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, expected)
