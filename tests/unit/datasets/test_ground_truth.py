from pathlib import Path

import numpy as np
import pytest
from trees import (
    imagenet_vid,
    picture,
    save_mat,
    save_named,
    write_annotation,
    write_image,
    write_video,
    youtube_objects,
)

from mcnn.config.datasets import GroundTruth, VideoDataset
from mcnn.datasets.ground_truth import read_ground_truth
from mcnn.datasets.manifest import build_manifest
from mcnn.errors import DataError

RANGES = {"horse": [(1, 5, 1), (5, 9, 2)], "cat": [(1, 4, 7)]}
COW, DOG = "n02402425", "n02084071"


def read(root, layout, truth, on_error="stop", classes=("cat", "horse"), **more):
    dataset = VideoDataset(format=layout, root=str(root), ground_truth=GroundTruth(**truth), **more)
    shots, _ = build_manifest(dataset, classes, "stop")
    return read_ground_truth(dataset.ground_truth, Path(dataset.root), shots, on_error)


def rows(boxes):
    return [(b.video, b.frame, (b.x0, b.y0, b.x1, b.y1), b.flaw) for b in boxes]


def write_mats(root, v73, below=""):
    folder = root / "GroundTruth" / below
    horse = [("horse00000002", [[1, 1, 10, 8]]), ("horse00000005", [[-3, 2, 4, 5], [9, 6, 3, 2]])]
    save_named(folder / "horse/bb_gtTraining_horse.mat", "bb_gtTraining", horse[:1], v73)
    save_named(folder / "horse/bb_gtTest_horse.mat", "bb_gtTest", horse[1:], v73)
    for split in ("Training", "Test"):
        cats = [("cat00000004", [[2, 2, 2, 2]])] if split == "Test" else [("cat00000001", [])]
        save_named(folder / f"cat/bb_gt{split}_cat.mat", f"bb_gt{split}", cats, v73)


@pytest.mark.parametrize("v73", [False, True])
@pytest.mark.parametrize("below", ["", "GroundTruth"])
def test_v22(tmp_path, v73, below):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    write_mats(root, v73, below)
    truth = {"format": "youtube_objects_mat", "root": str(root)}
    boxes, skipped = read(root, "youtube_objects", truth)
    assert skipped == []
    assert rows(boxes) == [
        ("cat-0007", 4, (1, 1, 2, 2), ""),
        ("horse-0001", 2, (0, 0, 10, 8), ""),
        # A frame of two shots belongs to the first.
        ("horse-0001", 5, (0, 1, 4, 5), "repaired"),
        ("horse-0001", 5, (2, 1, 9, 6), "repaired"),
    ]
    tests, _ = read(root, "youtube_objects", {**truth, "splits": ["Test"]})
    assert [b.frame for b in tests] == [4, 5, 5]


def test_v22_frames_outside_all_shots_and_missing_files(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    write_mats(root, v73=False)
    frames = [("horse00000044", [[1, 1, 2, 2]]), ("cow00000001", [[1, 1, 2, 2]])]
    path = root / "GroundTruth/horse/bb_gtTest_horse.mat"
    save_named(path, "bb_gtTest", frames, v73=False)
    (root / "GroundTruth/cat/bb_gtTest_cat.mat").unlink()
    truth = {"format": "youtube_objects_mat", "root": str(root / "GroundTruth")}
    with pytest.raises(DataError, match=r"bb_gtTest_cat\.mat: the file is missing"):
        read(root, "youtube_objects", truth)
    boxes, skipped = read(root, "youtube_objects", truth, "skip")
    assert [b.frame for b in boxes] == [2]
    assert [entry.item for entry in skipped] == ["bb_gtTest_cat", "horse00000044", "cow00000001"]
    assert "frame 44 lies in no shot" in skipped[1].reason


def test_v23(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    folder = root / "YTOdevkit/YTO"
    write_annotation(folder / "Annotations/horse_00000002.xml", ["horse", "person"])
    write_annotation(folder / "Annotations/cat_00000003.xml", ["cat"], size=(8, 8))
    write_annotation(folder / "Annotations/cow_00000003.xml", ["cow"])
    truth = {"format": "youtube_objects_voc", "root": str(root)}
    boxes, _ = read(root, "youtube_objects", truth)
    assert rows(boxes) == [
        ("cat-0007", 3, (0, 0, 8, 8), "repaired"),
        ("horse-0001", 2, (0, 0, 9, 9), ""),
    ]
    (folder / "ImageSets/Main").mkdir(parents=True)
    (folder / "ImageSets/Main/test.txt").write_text("horse_00000002\n")
    boxes, _ = read(root, "youtube_objects", {**truth, "splits": ["Main/test"]})
    assert [b.video for b in boxes] == ["horse-0001"]
    # A frame that is listed twice, in one list or in two, has its boxes once.
    (folder / "ImageSets/Main/trainval.txt").write_text(2 * "cat_00000003\n" + "horse_00000002\n")
    boxes, _ = read(root, "youtube_objects", {**truth, "splits": ["Main/test", "Main/trainval"]})
    assert sorted(b.video for b in boxes) == ["cat-0007", "horse-0001"]


@pytest.mark.parametrize("v73", [False, True])
def test_v1_sticks(tmp_path, v73):
    for shot in ("001", "002"):
        folder = tmp_path / "horse/data/0003/shots" / shot
        for k in (1, 2, 3):
            write_image(folder / f"frame{k:04d}.jpg", picture(k))
    coor = [np.array([[9.0, 2, 4, 5]]), np.array([[1.0, 1, 3, 3]])]
    save_mat(folder / "frame0002.jpg_sticks.mat", "coor", coor, v73)
    truth = {"format": "sticks", "root": str(tmp_path)}
    boxes, _ = read(tmp_path, "youtube_objects_v1", truth)
    assert rows(boxes) == [
        ("horse-0003", 2, (3, 1, 9, 5), "repaired"),
        ("horse-0003", 2, (0, 0, 3, 3), ""),
    ]
    assert {b.shot for b in boxes} == {1}


def test_v1_lacks_a_frame(tmp_path):
    for k in (1, 3):
        write_image(tmp_path / f"horse/data/0003/shots/001/frame{k:04d}.jpg", picture(k))
    with pytest.raises(DataError, match=r"frame0002\.jpg: a frame of the shot is missing"):
        read(tmp_path, "youtube_objects_v1", {"format": "sticks", "root": str(tmp_path)})


def test_imagenet_vid(tmp_path):
    batch = "ILSVRC2015_VID_train_0000/ILSVRC2015_train_00001000"
    root = imagenet_vid(tmp_path, {batch: [[COW], [], [DOG, COW]]})
    truth = {"format": "imagenet_vid", "root": str(root)}
    boxes, _ = read(root, "imagenet_vid", truth, classes=("cow", "dog"))
    assert [(b.frame, b.tag) for b in boxes] == [(0, "cow"), (2, "cow"), (2, "dog")]
    assert rows(boxes)[0][2] == (1, 1, 10, 10)
    (root / "Annotations/VID/train" / batch / "000002.xml").write_text("<annotation>")
    with pytest.raises(DataError, match=r"000002\.xml: this is no annotation"):
        read(root, "imagenet_vid", truth, classes=("cow",))


def test_boxes_around_masks(tmp_path):
    root, masks = tmp_path / "videos", tmp_path / "masks"
    for k in range(3):
        write_image(root / "cat/tom" / f"{k:05d}.jpg", picture(k))
    mask = np.zeros((24, 32), np.uint8)
    write_image(masks / "cat/tom/00000.png", mask)
    mask[3:5, 7:9] = 255
    write_image(masks / "cat/tom/00002.png", mask)
    truth = {"format": "png", "root": str(masks)}
    boxes, _ = read(root, "video_folder", truth, shots="whole")
    assert rows(boxes) == [("cat-tom", 2, (7, 3, 9, 5), "")]


def test_boxes_enclose_all_that_is_not_zero(tmp_path):
    """Annotations have no unknown pixels: labels of 1 and 255, in doubt as motion, are not here."""
    write_image(tmp_path / "videos/cat/tom/0.jpg", picture(0))
    mask = np.zeros((24, 32), np.uint8)
    mask[3:5, 7:9] = [[1, 255], [255, 1]]
    write_image(tmp_path / "masks/cat/tom/0.png", mask)
    truth = {"format": "png", "root": str(tmp_path / "masks")}
    boxes, _ = read(tmp_path / "videos", "video_folder", truth, shots="whole")
    assert rows(boxes) == [("cat-tom", 0, (7, 3, 9, 5), "")]


def test_boxes_around_masks_of_a_video_file(tmp_path):
    write_video(tmp_path / "videos/cat/a.avi", [picture(0, (48, 64))] * 3, "MJPG")
    mask = np.ones((48, 64), np.uint8)
    write_image(tmp_path / "masks/cat/a/00000001.png", mask)
    truth = {"format": "png", "root": str(tmp_path / "masks")}
    boxes, _ = read(tmp_path / "videos", "video_folder", truth, shots="whole")
    assert rows(boxes) == [("cat-a", 1, (0, 0, 64, 48), "")]


def test_nothing_annotated_and_no_folder(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    for path in ("none", "."):
        truth = {"format": "sticks" if path == "." else "youtube_objects_mat"}
        with pytest.raises(DataError, match=r"missing|no frame .* annotated"):
            read(root, "youtube_objects", {**truth, "root": str(tmp_path / path)})
