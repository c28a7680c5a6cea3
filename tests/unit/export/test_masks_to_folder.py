"""What is exported is read back by the tools' own readers, or by readers of these formats."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import yaml
from cvat_sdk.masks import decode_mask
from PIL import Image as Pillow
from PIL import ImageDraw
from pycocotools.coco import COCO
from trees import SIZE, picture, write_image, write_jpeg, write_palette_mask, write_video

from mcnn.artefacts.label_maps import write_names
from mcnn.errors import DataError
from mcnn.export.masks_to_folder import export_masks

NAMES = {0: "background", 1: "cat", 4: "dog"}
IMAGES = ("a.jpg", "more/b.png")


def label_map(seed):
    """A cat with a hole, a dog in two parts."""
    labels = np.zeros(SIZE, np.uint8)
    labels[2:14, 3 + seed : 20] = 1
    labels[5:9, 8:15] = 0
    labels[16:22, 2:9] = 4
    labels[18, 20:31] = 4
    return labels


@pytest.fixture
def folders(tmp_path):
    """Labels and images of a photograph and one in a folder below."""
    for seed, name in enumerate(IMAGES):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (write_jpeg if name.endswith("jpg") else write_image)(path, picture(seed))
        write_palette_mask((tmp_path / "labels" / name).with_suffix(".png"), label_map(seed))
    write_names(NAMES, tmp_path / "labels")
    return tmp_path / "labels", tmp_path / "images"


def drawn(polygons, label_of, size=SIZE):
    """Labels of polygons, drawn by Pillow on a finer grid."""
    finer = Pillow.new("L", (16 * size[1], 16 * size[0]))
    for polygon, label in zip(polygons, label_of, strict=True):
        ImageDraw.Draw(finer).polygon([tuple(16 * p) for p in np.asarray(polygon)], fill=label)
    return np.asarray(finer)[8::16, 8::16]


def from_coco(folder):
    coco = COCO(folder / "annotations.json")
    for image in coco.imgs.values():
        labels = np.zeros((image["height"], image["width"]), np.uint8)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            mask = coco.annToMask(annotation).astype(bool)
            labels[mask] = annotation["category_id"]
            ys, xs = mask.nonzero()
            box = [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1]
            assert annotation["bbox"] == box
            assert annotation["area"] == mask.sum()
        yield image["file_name"], labels
    assert {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())} == {1: "cat", 4: "dog"}


def from_yolo(folder):
    content = yaml.safe_load((folder / "data.yaml").read_text())
    value = {name: label for label, name in NAMES.items()}
    assert (folder / content["train"]).is_dir()
    for name in IMAGES:
        lines = (folder / "labels" / name).with_suffix(".txt").read_text().splitlines()
        labels = [value[content["names"][int(line.split()[0])]] for line in lines]
        points = [np.array(line.split()[1:], float).reshape(-1, 2) for line in lines]
        yield name, drawn([p * SIZE[::-1] for p in points], labels)


def from_cvat(folder):
    root = ET.parse(folder / "annotations.xml").getroot()
    assert root.findtext("version") == "1.1"
    assert [node.text for node in root.iter("name")] == ["cat", "dog"]
    value = {name: label for label, name in NAMES.items()}
    for image in root.iter("image"):
        width, height = int(image.get("width")), int(image.get("height"))
        labels = np.zeros((height, width), np.uint8)
        for node in image.iter("mask"):
            runs = [int(run) for run in node.get("rle").split(",")]
            x, y, w, h = (int(node.get(key)) for key in ("left", "top", "width", "height"))
            box = [x, y, x + w - 1, y + h - 1]
            mask = decode_mask([*runs, *box], image_width=width, image_height=height)
            labels[mask] = value[node.get("label")]
        polygons = [
            ([[float(v) for v in p.split(",")] for p in node.get("points").split(";")], node)
            for node in image.iter("polygon")
        ]
        if polygons:
            values = [value[node.get("label")] for _, node in polygons]
            labels = drawn([points for points, _ in polygons], values)
        yield image.get("name"), labels


def brush(rle):
    """A reader of brush strokes, from the description of the code (thi.ng, rle-pack)."""
    bits, at = "".join(f"{byte:08b}" for byte in rle), 0

    def read(n):
        nonlocal at
        at += n
        return int(bits[at - n : at], 2)

    count, word = read(32), read(5) + 1
    sizes = [read(4) + 1 for _ in range(4)]
    values = []
    while len(values) < count:
        repeated, length = read(1), 0
        length = 1 + read(sizes[read(2)])
        values += [read(word)] * length if repeated else [read(word) for _ in range(length)]
    return np.array(values)


def from_label_studio(folder):
    config = ET.parse(folder / "config.xml").getroot()
    value = {name: label for label, name in NAMES.items()}
    for task in json.loads((folder / "tasks.json").read_text()):
        labels, polygons = np.zeros(SIZE, np.uint8), []
        for result in task["predictions"][0]["result"]:
            assert (result["original_height"], result["original_width"]) == SIZE
            tool = config.find(f"*[@name='{result['from_name']}']")
            (name,) = result["value"][result["type"]]
            assert name in {node.get("value") for node in tool}
            if result["type"] == "brushlabels":
                mask = brush(result["value"]["rle"]).reshape(*SIZE, 4)[..., 3]
                labels[mask == 255] = value[name]
                assert set(mask.ravel()) == {0, 255}
            else:
                points = np.array(result["value"]["points"]) / 100 * SIZE[::-1]
                polygons.append((points, value[name]))
        if polygons:
            labels = drawn(*zip(*polygons, strict=True))
        yield task["data"]["image"].partition("?d=images/")[2], labels


READERS = {
    "coco": from_coco,
    "yolo": from_yolo,
    "cvat": from_cvat,
    "label-studio": from_label_studio,
}


@pytest.mark.parametrize("shape", ["mask", "polygon"])
@pytest.mark.parametrize("format_", READERS)
def test_the_labels_are_read_back(folders, tmp_path, format_, shape):
    out = tmp_path / "out"
    count = export_masks(*folders, out, format_, shape=shape, tolerance=0)
    assert count == 6
    found = dict(READERS[format_](out))
    assert list(found) == list(IMAGES)
    for seed, name in enumerate(IMAGES):
        np.testing.assert_array_equal(found[name], label_map(seed))
        copy = (out / "images" / name).read_bytes()
        assert copy == (folders[1] / name).read_bytes()


def test_small_objects_are_left_out_on_request(folders, tmp_path):
    assert export_masks(*folders, tmp_path / "out", "coco", min_pixels=12) == 4


def test_labels_of_a_videos_frames_come_with_the_frames(tmp_path):
    video = write_video(
        tmp_path / "v.mp4", [np.full((*SIZE, 3), 60 * k, np.uint8) for k in range(4)]
    )
    for k in (3, 1):
        write_image(tmp_path / "labels" / f"{k:08d}.png", label_map(0) > 0)
    out = tmp_path / "out"
    export_masks(tmp_path / "labels", video, out, "yolo", tags=["yak"])
    images = sorted((out / "images").iterdir())
    assert [path.name for path in images] == ["00000001.jpg", "00000003.jpg"]
    assert [round(np.asarray(Pillow.open(path)).mean(), -1) for path in images] == [60, 180]
    assert yaml.safe_load((out / "data.yaml").read_text())["names"] == {0: "yak"}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda labels, images: (images / "a.jpg").unlink(), r"a\.png: no image of .* called a"),
        (
            lambda labels, images: write_jpeg(images / "a.jpg", picture(0, (30, 20))),
            r"a\.jpg: the image is 20x30, its labels 32x24",
        ),
        (
            lambda labels, images: write_image(labels / "a.png", np.full(SIZE, 2, np.uint8)),
            r"a\.png: it holds 2, a label without a name",
        ),
    ],
)
def test_labels_that_do_not_fit_leave_nothing(folders, tmp_path, fault, message):
    fault(*folders)
    with pytest.raises(DataError, match=message):
        export_masks(*folders, tmp_path / "out", "cvat")
    assert not (tmp_path / "out").exists()


def test_what_is_missing_is_named(folders, tmp_path):
    with pytest.raises(DataError, match="no such video or folder"):
        export_masks(folders[0], tmp_path / "no.mp4", tmp_path / "out", "coco")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no PNG of labels"):
        export_masks(tmp_path / "empty", folders[1], tmp_path / "out", "coco")
    video = write_video(tmp_path / "v.mp4", [picture(0)] * 2)
    with pytest.raises(DataError, match=r"a\.png: it is not called by the number"):
        export_masks(folders[0], video, tmp_path / "out", "coco")
