"""Real boxes of YouTube-Objects, and localization in real frames with the network's part played."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from trees import save_named
from trees import youtube_objects as build_youtube_objects

from mcnn.artefacts.annotations import annotation_table
from mcnn.colocalization.shot import localize_shot
from mcnn.config.colocalization import Colocalization
from mcnn.config.datasets import GroundTruth, VideoDataset
from mcnn.datasets.ground_truth import read_ground_truth
from mcnn.datasets.manifest import build_manifest
from mcnn.evaluation.corloc import corloc, matches
from mcnn.imaging.boxes import box_of
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES

DATA = Path(__file__).parents[2].parent / "shared" / "data"
BOXES = DATA / "youtube_objects" / "v2.2_boxes"
DAVIS = DATA / "davis2016"
pytestmark = pytest.mark.skipif(not BOXES.is_dir(), reason=f"no real data at {DATA}")


def listed(name):
    """Class, video, shot and frame of each frame of the test set."""
    for line in (BOXES / "test" / name).read_text().split():
        path, *numbers = line.split(",")
        tag, video, shot, frame = path.split("/")
        place = int(video[-4:]), int(shot[-6:]), int(frame[:8])
        yield tag, *place, [int(number) for number in numbers]


@pytest.fixture(scope="module")
def test_set(tmp_path_factory):
    """The official layout of the test boxes, and their frames in shots of the same extent."""
    spans, boxes = {}, {}
    for tag, video, shot, frame, box in listed("localization.txt"):
        spans.setdefault(tag, {}).setdefault((shot, video), []).append(frame)
        boxes.setdefault(tag, {}).setdefault(f"{tag}{frame:08d}", []).append(box)
    ranges = {
        tag: [(min(frames), max(frames), video) for (_, video), frames in sorted(shots.items())]
        for tag, shots in spans.items()
    }
    root = build_youtube_objects(tmp_path_factory.mktemp("yto"), ranges, empty=True)
    for tag, frames in boxes.items():
        path = root / f"GroundTruth/{tag}/bb_gtTest_{tag}.mat"
        save_named(path, "bb_gtTest", list(frames.items()), v73=False)
    truth = GroundTruth(format="youtube_objects_mat", splits=("Test",))
    dataset = VideoDataset(format="youtube_objects", root=str(root), ground_truth=truth)
    shots, _ = build_manifest(dataset, YOUTUBE_OBJECTS_CLASSES, "stop")
    return read_ground_truth(dataset.ground_truth, Path(dataset.root), shots, "stop")


def test_2667_test_boxes_in_the_frames_listed(test_set):
    boxes, skipped = test_set
    assert len(boxes) == 2667
    assert skipped == []
    found = Counter((box.tag, box.video, box.frame) for box in boxes)
    expected = Counter(
        (tag, f"{tag}-{video:04d}", frame) for tag, video, _, frame, _ in listed("localization.txt")
    )
    assert found == expected
    frames = {
        (tag, f"{tag}-{video:04d}", frame) for tag, video, _, frame, _ in listed("image_ids.txt")
    }
    assert set(found) == frames
    assert len(frames) == 1781


def test_the_truth_itself_scores_100_and_shifted_by_its_size_0(test_set):
    truth = annotation_table(test_set[0])
    first = truth.drop_duplicates(["video", "shot", "frame", "class"])
    assert corloc(first, truth, YOUTUBE_OBJECTS_CLASSES, "any_box")["corloc"].eq(100).all()
    single = corloc(first, truth, YOUTUBE_OBJECTS_CLASSES, "one_box").iloc[-1]
    assert single["corloc"] == 100
    assert single["frames"] == single["boxes"] < 1781
    beyond = first.assign(x0=first["x1"], x1=2 * first["x1"] - first["x0"])
    alone = corloc(beyond, truth, YOUTUBE_OBJECTS_CLASSES, "one_box")
    assert alone["corloc"].eq(0).all()


def read(folder, name, size=(480, 270)):
    paths = sorted((DAVIS / folder / "480p" / name).iterdir())[:5]
    images = (np.asarray(Image.open(path)) for path in paths)
    return np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])


def iou(first, second):
    return ((first & second).sum((1, 2)) / (first | second).sum((1, 2))).mean()


@pytest.mark.parametrize("name", ["blackswan", "cows", "dog"])
def test_the_outline_is_better_than_that_of_a_coarse_network(name):
    images, masks = read("JPEGImages", name), read("Annotations", name) > 127
    # As if a score stood for 32 x 32 pixels.
    coarse = [
        cv2.resize(
            cv2.resize(mask.astype(np.float32), (15, 8), interpolation=cv2.INTER_AREA), (480, 270)
        )
        for mask in masks
    ]
    foreground = 0.05 + 0.8 * np.stack(coarse)
    frames = iter(np.stack([1 - foreground, foreground], axis=1))

    def network(images):
        return np.stack([next(frames) for _ in images])

    found = list(localize_shot(iter(images), range(5), {name: 1}, network, Colocalization()))
    truth = np.array([box_of(mask) for mask in masks])
    assert matches(np.array([item.box for item in found]), truth).all()
    ours = np.stack([item.mask for item in found])
    assert iou(ours, masks) > iou(foreground > 0.5, masks) + 0.05
