from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from trees import SIZE, block_mask, pascal_voc, picture, truncate, write_image, write_palette_mask

from mcnn.artefacts.images import Image, read_image, read_images, read_mask, write_images
from mcnn.config.images import ImageFolder, PascalVoc
from mcnn.datasets.images import read_image_set
from mcnn.errors import DataError
from mcnn.label_space import VOC_CLASSES

CLASSES = ["train", "dog", "cat"]
DOG, PERSON, TRAIN = (VOC_CLASSES.index(name) + 1 for name in ("dog", "person", "train"))
SPLITS = {
    "train": {"a1": ["dog", "dog", "person"], "a2": ["person"], "a3": ["cat", "train"]},
    "val": {"b1": ["dog"], "b2": ["bus"]},
    "test": {"c1": [], "c2": []},
}


def voc(root, split):
    return PascalVoc(format="pascal_voc", root=str(root), split=split)


def indices():
    mask = np.zeros(SIZE, dtype=np.uint8)
    mask[:5, :7] = DOG
    mask[5:9] = 255
    mask[9:12] = PERSON
    mask[12:, 20:] = TRAIN
    return mask


def test_images_tagged_with_a_class_are_kept(tmp_path):
    pascal_voc(tmp_path / "VOCdevkit" / "VOC2012", SPLITS)
    for root in (tmp_path, tmp_path / "VOCdevkit" / "VOC2012"):
        images, skipped = read_image_set(voc(root, "train"), CLASSES, "stop")
        assert [(image.name, image.tags) for image in images] == [
            ("a1", ("dog",)),
            ("a3", ("train", "cat")),
        ]
        assert skipped == []
        assert all(image.mask is None for image in images)
    assert read_image(images[0]).shape == (*SIZE, 3)


def test_all_test_images_are_kept_without_tags_and_masks(tmp_path):
    pascal_voc(tmp_path, SPLITS, masks={"c1": indices()})
    images, _ = read_image_set(voc(tmp_path, "test"), CLASSES, "stop")
    assert [(i.name, i.tags, i.mask) for i in images] == [("c1", (), None), ("c2", (), None)]


def test_tags_come_from_the_mask_where_the_annotation_is_missing(tmp_path):
    pascal_voc(tmp_path, SPLITS, masks={"b1": indices()})
    (tmp_path / "Annotations" / "b1.xml").unlink()
    images, _ = read_image_set(voc(tmp_path, "val"), CLASSES, "stop")
    assert [(image.name, image.tags) for image in images] == [("b1", ("train", "dog"))]


def test_tags_come_from_a_table_where_there_is_no_folder_of_annotations(tmp_path):
    pascal_voc(tmp_path, SPLITS)
    (tmp_path / "image_tags.csv").write_text("image,tags\na1,cat person\na2,bus\na3,train\n")
    images, _ = read_image_set(voc(tmp_path, "train"), CLASSES, "stop")
    assert images[0].tags == ("dog",)
    (tmp_path / "Annotations").rename(tmp_path / "moved")
    images, _ = read_image_set(voc(tmp_path, "train"), CLASSES, "stop")
    assert [(image.name, image.tags) for image in images] == [("a1", ("cat",)), ("a3", ("train",))]


def test_masks_of_the_augmented_folder_fill_gaps(tmp_path):
    pascal_voc(tmp_path, SPLITS, masks={"a1": indices()})
    for name in ("a1", "a3"):
        path = tmp_path / "SegmentationClassAug" / f"{name}.png"
        write_image(path, np.zeros(SIZE, dtype=np.uint8))
    images, _ = read_image_set(voc(tmp_path, "train"), CLASSES, "stop")
    folders = [image.mask.split("/")[-2] for image in images]
    assert folders == ["SegmentationClass", "SegmentationClassAug"]


def stops_and_skips(image_set, match, kept, items):
    with pytest.raises(DataError, match=match) as caught:
        read_image_set(image_set, CLASSES, "stop")
    assert "Remedy" in str(caught.value)
    images, skipped = read_image_set(image_set, CLASSES, "skip")
    assert [image.name for image in images] == kept
    assert [entry.item for entry in skipped] == items


def test_missing_images(tmp_path):
    pascal_voc(tmp_path, SPLITS)
    (tmp_path / "JPEGImages" / "a1.jpg").unlink()
    (tmp_path / "JPEGImages" / "a2.jpg").unlink()
    stops_and_skips(voc(tmp_path, "train"), r"a1\.jpg: the image is missing", ["a3"], ["a1"])


def test_missing_masks(tmp_path):
    pascal_voc(tmp_path, SPLITS, masks={"a3": indices()})
    stops_and_skips(voc(tmp_path, "train"), r"a1\.png: the mask is missing", ["a3"], ["a1"])


def test_missing_and_broken_annotations(tmp_path):
    pascal_voc(tmp_path, SPLITS)
    (tmp_path / "Annotations" / "a1.xml").unlink()
    stops_and_skips(voc(tmp_path, "train"), r"a1\.xml: nothing gives the tags", ["a3"], ["a1"])
    (tmp_path / "Annotations" / "a1.xml").write_text("<annotation>")
    stops_and_skips(voc(tmp_path, "train"), r"a1\.xml: this is no annotation", ["a3"], ["a1"])


def test_a_missing_list_stops_in_any_case(tmp_path):
    pascal_voc(tmp_path, SPLITS)
    with pytest.raises(DataError, match=r"train_aug\.txt"):
        read_image_set(voc(tmp_path, "train_aug"), CLASSES, "skip")


def expected_labels():
    labels = np.zeros(SIZE, dtype=np.uint8)
    labels[:5, :7] = 2
    labels[5:9] = 255
    labels[12:, 20:] = 1
    return labels


def test_palette_and_grey_masks_give_the_runs_labels(tmp_path):
    path = str(write_image(tmp_path / "a.jpg", picture(0)))
    palette = write_palette_mask(tmp_path / "p.png", indices())
    grey = write_image(tmp_path / "g.png", indices())
    assert Pillow.open(palette).mode == "P"
    for mask in (palette, grey):
        labels = read_mask(Image("a", path, str(mask), ("dog",)), CLASSES)
        assert labels.dtype == np.uint8
        np.testing.assert_array_equal(labels, expected_labels())


def test_with_all_classes_the_labels_are_vocs_own(tmp_path):
    path = str(write_image(tmp_path / "a.jpg", picture(0)))
    mask = str(write_palette_mask(tmp_path / "p.png", indices()))
    labels = read_mask(Image("a", path, mask, ("dog",)), VOC_CLASSES)
    np.testing.assert_array_equal(labels, indices())


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.zeros((SIZE[0], SIZE[1] - 1), dtype=np.uint8), r"the mask is 31x24, its image 32x24"),
        (np.zeros((SIZE[1], SIZE[0]), dtype=np.uint8), r"the mask is 24x32, its image 32x24"),
        (np.full(SIZE, 21, dtype=np.uint8), r"holds 21, which is no index"),
        (np.zeros((*SIZE, 3), dtype=np.uint8), r"the mask is RGB, not grey or palette"),
    ],
)
def test_masks_that_do_not_fit_are_refused(tmp_path, values, match):
    path = str(write_image(tmp_path / "a.jpg", picture(0)))
    mask = str(write_image(tmp_path / "m.png", values))
    with pytest.raises(DataError, match=r"m\.png.*" + match + ".*Remedy"):
        read_mask(Image("a", path, mask, ("dog",)), CLASSES)


def test_broken_and_absent_masks_and_images_are_refused(tmp_path):
    path = write_image(tmp_path / "a.jpg", picture(0))
    mask = truncate(write_image(tmp_path / "m.png", indices()))
    with pytest.raises(DataError, match=r"m\.png.*does not decode"):
        read_mask(Image("a", str(path), str(mask), ("dog",)), CLASSES)
    with pytest.raises(DataError, match=r"a\.jpg.*no mask"):
        read_mask(Image("a", str(path), None, ("dog",)), CLASSES)
    with pytest.raises(DataError, match=r"a\.jpg.*does not decode"):
        read_image(Image("a", str(truncate(path)), None, ("dog",)))


@pytest.fixture
def folder(tmp_path):
    for i, name in enumerate(("dog2", "dog10")):
        write_image(tmp_path / "rgb" / f"{name}.jpg", picture(i))
        half = np.kron(block_mask(), np.ones((2, 2)))[::4, ::4]
        values = np.where(half > 0, 250, 3).astype(np.uint8)
        write_image(tmp_path / "masks" / f"{name}.png", values)
    return ImageFolder(
        format="image_folder",
        images=str(tmp_path / "rgb"),
        masks=str(tmp_path / "masks"),
        tag="dog",
        threshold=100,
    )


def test_a_folder_of_images_of_one_class(folder, tmp_path):
    images, skipped = read_image_set(folder, CLASSES, "stop")
    assert [(image.name, image.tags, image.threshold) for image in images] == [
        ("dog2", ("dog",), 100),
        ("dog10", ("dog",), 100),
    ]
    assert skipped == []
    labels = read_mask(images[0], CLASSES)
    assert labels.shape == SIZE
    assert set(np.unique(labels)) == {0, 2}
    assert ((labels == 2) == block_mask()).mean() > 0.9
    darker = Image(images[0].name, images[0].path, images[0].mask, ("dog",), "binary", 255)
    assert read_mask(darker, CLASSES).max() == 0


def test_a_mask_at_the_threshold_is_foreground(tmp_path):
    path = str(write_image(tmp_path / "a.png", picture(0)))
    mask = str(write_image(tmp_path / "m.png", np.full(SIZE, 100, dtype=np.uint8)))
    assert (read_mask(Image("a", path, mask, ("cat",), "binary", 100), CLASSES) == 3).all()
    assert (read_mask(Image("a", path, mask, ("cat",), "binary", 101), CLASSES) == 0).all()


def test_a_folder_with_a_missing_mask(folder, tmp_path):
    (tmp_path / "masks" / "dog2.png").unlink()
    stops_and_skips(folder, r"dog2\.jpg: the mask is missing", ["dog10"], ["dog2"])


def test_a_folder_whose_tag_is_no_class(folder):
    foreign = folder.model_copy(update={"tag": "zebra"})
    stops_and_skips(foreign, r"rgb: its tag 'zebra' is not among", [], [folder.images])


def test_an_empty_or_absent_folder_stops_in_any_case(folder, tmp_path):
    (tmp_path / "none").mkdir()
    for name in ("none", "absent"):
        with pytest.raises(DataError, match=name):
            read_image_set(
                folder.model_copy(update={"images": str(tmp_path / name)}), CLASSES, "skip"
            )
    with pytest.raises(DataError, match="absent"):
        read_image_set(
            folder.model_copy(update={"masks": str(tmp_path / "absent")}), CLASSES, "skip"
        )


@pytest.fixture
def tagged(tmp_path):
    """Three images and a table of their tags, by file or stem, and of an image elsewhere."""
    for i, name in enumerate(("a.jpg", "b.png", "c.jpg")):
        write_image(tmp_path / "rgb" / name, picture(i))
    rows = "image,tags\na.jpg,dog person train\nb,cat\nc,person\nelsewhere,dog\n"
    (tmp_path / "tags.csv").write_text(rows)
    rgb, tags = str(tmp_path / "rgb"), str(tmp_path / "tags.csv")
    return ImageFolder(format="image_folder", images=rgb, tags=tags)


def test_a_table_gives_each_image_its_tags(tagged):
    images, skipped = read_image_set(tagged, CLASSES, "stop")
    assert [(Path(i.path).name, i.tags, i.mask) for i in images] == [
        ("a.jpg", ("train", "dog"), None),
        ("b.png", ("cat",), None),
    ]
    assert skipped == []


def test_an_image_that_is_not_in_the_table(tagged, tmp_path):
    write_image(tmp_path / "rgb" / "d.jpg", picture(9))
    stops_and_skips(tagged, r"d\.jpg: .*tags\.csv has no row of it", ["a", "b"], ["d"])


def test_a_table_without_any_of_the_classes(tagged):
    with pytest.raises(DataError, match=r"tags\.csv: none of its images has a tag.*horse"):
        read_image_set(tagged, ["horse"], "skip")


def test_masks_of_images_with_several_tags_have_the_labels_of_voc_or_of_a_table(tagged, tmp_path):
    for name in ("a", "b"):
        write_palette_mask(tmp_path / "masks" / f"{name}.png", indices())
    with_masks = tagged.model_copy(update={"masks": str(tmp_path / "masks")})
    (image, _), _ = read_image_set(with_masks, CLASSES, "stop")
    expected = np.zeros(SIZE, np.uint8)
    expected[:5, :7], expected[5:9], expected[12:, 20:] = 2, 255, 1
    np.testing.assert_array_equal(read_mask(image, CLASSES), expected)

    names = f"label,name\n0,background\n{DOG},train\n{PERSON},gnu\n{TRAIN},yak\n"
    (tmp_path / "masks" / "names.csv").write_text(names)
    (image, _), _ = read_image_set(with_masks, CLASSES, "stop")
    expected[:5, :7], expected[12:, 20:] = 1, 0
    np.testing.assert_array_equal(read_mask(image, CLASSES), expected)
    expected[12:, 20:] = 3
    np.testing.assert_array_equal(read_mask(image, ["train", "dog", "yak"]), expected)

    (tmp_path / "masks" / "names.csv").write_text(names.replace("gnu", "gnu\n7,x")[:-7])
    with pytest.raises(DataError, match=rf"a\.png: the mask holds {TRAIN}, a label without a name"):
        read_mask(image, CLASSES)

    (tmp_path / "masks" / "b.png").unlink()
    stops_and_skips(with_masks, r"b\.png: the mask is missing", ["a"], ["b"])


def test_labels_that_were_predicted_have_their_names(tagged, tmp_path):
    for name in ("a", "b"):
        write_palette_mask(tmp_path / "masks" / f"{name}.png", np.full(SIZE, 1, np.uint8))
    (tmp_path / "masks" / "labels.csv").write_text("label,name\n0,background\n1,cat\n")
    with_masks = tagged.model_copy(update={"masks": str(tmp_path / "masks")})
    (image, _), _ = read_image_set(with_masks, CLASSES, "stop")
    assert (read_mask(image, CLASSES) == 3).all()


@pytest.mark.parametrize("given", [{}, {"tag": "dog", "tags": "tags.csv"}])
def test_a_folder_has_one_source_of_tags(given):
    with pytest.raises(ValueError, match=r"either `tag`.*or `tags`"):
        ImageFolder(format="image_folder", images="rgb", **given)


def test_images_round_trip(tmp_path):
    images = [
        Image("a", "x/a.jpg", "x/a.png", ("dog", "cat")),
        Image("b", "x/b.jpg", None, ()),
        Image("c", "x/c.jpg", "x/c.jpg", ("cat",), "binary", 7),
    ]
    path = tmp_path / "new" / "images.parquet"
    write_images(images, path)
    assert read_images(path) == images
    assert [p.name for p in path.parent.iterdir()] == ["images.parquet"]
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"images\.parquet"):
        read_images(path)


UNSAFE = ["../../outside/b1", "/b1", "sub/b1", "..", "x" * 5000, "b1"]


@pytest.mark.parametrize("name", UNSAFE)
@pytest.mark.parametrize("split", ["val", "test"])
def test_names_that_leave_the_root_or_come_again(tmp_path, name, split):
    root = pascal_voc(tmp_path / "VOC2012", {"val": {"b1": ["dog"]}, "test": {"b1": []}})
    write_image(tmp_path.parent / "outside" / "b1.jpg", picture(0))
    (root / "ImageSets" / "Segmentation" / f"{split}.txt").write_text(f"b1\n{name}\n")
    problem = rf"{split}\.txt: .*(is no name of a file|names 'b1' twice).*Remedy"
    with pytest.raises(DataError, match=problem):
        read_image_set(voc(root, split), CLASSES, "stop")
    images, skipped = read_image_set(voc(root, split), CLASSES, "skip")
    assert [image.name for image in images] == ["b1"]
    assert len(skipped) == 1
    assert len(skipped[0].item) <= 200
