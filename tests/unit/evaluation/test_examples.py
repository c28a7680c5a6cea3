import numpy as np
import pandas as pd
import pytest
from colour_network import save_colour_network
from PIL import Image as Pillow
from trees import truncate

from mcnn.artefacts.images import Image, write_images
from mcnn.artefacts.pictures import EXAMPLES, read_pictures
from mcnn.artefacts.scores import IMAGE_IOU, write_image_iou
from mcnn.errors import DataError
from mcnn.evaluation.examples import WIDTH, draw_example, draw_examples, ranked
from mcnn.imaging.drawing import COLOURS
from mcnn.label_space import VOC_CLASSES

CLASSES = ("boat", "car", "train")
SIZE = (20, 32)


def make_image(folder, name, share):
    """A boat of which the network, which sees colours, finds a share."""
    boat = np.zeros(SIZE, bool)
    boat[5:15, 10:20] = True
    seen = boat.copy()
    seen[:, 10 + round(10 * share) :] = False
    pixels = np.zeros((*SIZE, 3), np.uint8)
    pixels[seen, 0] = 255
    Pillow.fromarray(pixels).save(folder / f"{name}.png")
    truth = np.where(boat, 1 + VOC_CLASSES.index("boat"), 0).astype(np.uint8)
    Pillow.fromarray(truth).save(folder / f"{name}_mask.png")
    return Image(name, str(folder / f"{name}.png"), str(folder / f"{name}_mask.png"), ("boat",))


@pytest.fixture
def drawn(tmp_path):
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    shares = {"half": 0.5, "all": 1.0, "some": 0.8, "none": 0.0, "little": 0.4}
    images = [make_image(tmp_path, name, share) for name, share in shares.items()]
    write_images(images, tmp_path / "images.parquet")
    # Written, not what the network would have; another set has an image of the same name.
    scores = [("val", name, "boat", share / 2) for name, share in shares.items()]
    scores.append(("other", "none", "boat", 0.7))
    write_image_iou(pd.DataFrame(scores, columns=list(IMAGE_IOU)), tmp_path / "image_iou.csv")
    draw(tmp_path, tmp_path / "out", 1)
    return tmp_path / "out"


def draw(folder, out, threads):
    files = (folder / f for f in ("model.safetensors", "images.parquet", "image_iou.csv"))
    draw_examples(*files, "val", out, "cpu", threads)


def test_files_do_not_depend_on_the_number_of_threads(tmp_path, drawn):
    draw(tmp_path, tmp_path / "again", 3)
    one, three = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (drawn, tmp_path / "again")
    )
    assert one == three


def test_a_broken_image_is_named_and_there_is_no_table(tmp_path, drawn):
    truncate(tmp_path / "some.png")
    with pytest.raises(DataError, match=r"some\.png: the image does not decode"):
        draw(tmp_path, tmp_path / "again", 2)
    assert not list((tmp_path / "again").glob("*.csv"))


def test_the_best_the_median_and_the_worst_image_of_a_class_are_drawn(drawn):
    table = read_pictures(drawn, EXAMPLES)
    assert table["class"].tolist() == ["boat"] * 5
    assert table[["rank", "image"]].to_numpy().tolist() == [
        ["best", "all"],
        ["best", "some"],
        ["median", "half"],
        ["worst", "little"],
        ["worst", "none"],
    ]
    assert table["iou"].tolist() == [0.5, 0.4, 0.25, 0.2, 0.0]
    assert {path.name for path in drawn.iterdir()} == {"pictures.csv", *table["file"]}


def test_a_picture_is_image_segmentation_and_truth():
    image = np.full((40, 60, 3), 100, np.uint8)
    labels, truth = np.zeros((2, 40, 60), np.uint8)
    labels[10:30, 10:20], truth[10:30, 40:50], truth[0] = 1, 2, 255
    views = np.hsplit(draw_example(image, labels, truth), 3)
    blend = [[int(55 + 0.45 * value) for value in colour] for colour in COLOURS]
    assert (views[0] == 100).all()
    assert views[1][20, 15].tolist() == blend[0]
    assert views[1][20, 45].tolist() == [100, 100, 100]
    assert views[2][20, 45].tolist() == blend[1]
    assert views[2][0, 30].tolist() == [100, 100, 100]


def test_large_images_are_reduced():
    image = np.zeros((300, 600, 3), np.uint8)
    labels = np.zeros((300, 600), np.uint8)
    assert draw_example(image, labels, labels).shape == (120, 3 * WIDTH, 3)


@pytest.mark.parametrize(
    ("ious", "expected"),
    [
        ([], []),
        ([0.3], [("best", 1, 0, 0.3)]),
        ([0.3, 0.6], [("best", 1, 1, 0.6), ("worst", 1, 0, 0.3)]),
        (
            [0.3, 0.6, 0.4],
            [("best", 1, 1, 0.6), ("median", 1, 2, 0.4), ("worst", 1, 0, 0.3)],
        ),
    ],
)
def test_of_few_images_each_is_shown_once(ious, expected):
    scores = pd.DataFrame({"image": range(len(ious)), "class": "boat", "iou": ious})
    assert ranked(scores, "boat") == expected
    assert ranked(scores, "car") == []


@pytest.mark.parametrize("n", [4, 5, 8, 9, 10, 31])
def test_three_are_best_three_in_the_middle_three_worst(n):
    ious = np.random.default_rng(0).permutation(n) / n
    found = ranked(pd.DataFrame({"image": range(n), "class": "boat", "iou": ious}), "boat")
    shown = [position for _, _, position, _ in found]
    assert len(shown) == len(set(shown)) == min(n, 9)
    assert [iou for *_, iou in found] == sorted(ious[shown], reverse=True)
    if n >= 9:
        assert [rank for rank, *_ in found] == ["best"] * 3 + ["median"] * 3 + ["worst"] * 3
        in_order = np.sort(ious)[::-1].tolist()
        middle = (n - 3) // 2
        expected = in_order[:3] + in_order[middle : middle + 3] + in_order[-3:]
        assert [iou for *_, iou in found] == expected
