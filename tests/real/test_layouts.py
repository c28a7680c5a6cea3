"""Official layouts built from the real metadata, and the real frames and masks."""

import csv
import os
from collections import defaultdict
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from trees import pascal_voc, save_mat
from trees import youtube_objects as build_youtube_objects

from mcnn.artefacts.images import read_image, read_mask
from mcnn.artefacts.motion import read_areas, read_masks
from mcnn.config.datasets import MotionMasks, VideoDataset
from mcnn.config.images import ImageFolder, PascalVoc
from mcnn.datasets import imagenet_vid, youtube_objects
from mcnn.datasets.frames import frame_size, read_frames
from mcnn.datasets.images import read_image_set
from mcnn.datasets.manifest import build_manifest
from mcnn.errors import DataError
from mcnn.label_space import VOC_CLASSES, YOUTUBE_OBJECTS_CLASSES
from mcnn.motion.ingest import ingest_motion

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}")


def shot_videos():
    """Video of each shot of each class, by the annotated frames of YouTube-Objects v2.2."""
    known = defaultdict(dict)
    for split in ("train", "val", "test"):
        path = DATA / "youtube_objects" / "v2.2_boxes" / split / "image_ids.txt"
        for line in path.read_text().split():
            name, video, shot = line.split("/")[:3]
            known[name][int(shot.removeprefix("shot-"))] = int(video.removeprefix("video-"))
    videos = {}
    for name, shots in known.items():
        current = shots[min(shots)]
        videos[name] = []
        for shot in range(max(shots) + 1):
            # A shot without annotated frame lies in the video of the one before.
            current = shots.get(shot, current)
            videos[name].append(current)
    return videos


@pytest.mark.parametrize("v73", [False, True])
def test_youtube_objects_has_155_videos_and_2511_shots(tmp_path, v73):
    ranges = {
        name: [(2 * k + 1, 2 * k + 2, video) for k, video in enumerate(videos)]
        for name, videos in shot_videos().items()
    }
    root = build_youtube_objects(tmp_path, ranges, v73=v73, empty=True)
    dataset = VideoDataset(
        format="youtube_objects",
        root=str(root),
        motion=MotionMasks(format="png", root=str(root)),
    )
    shots, skipped = build_manifest(dataset, YOUTUBE_OBJECTS_CLASSES, "stop")
    assert len(shots) == 2511
    assert len({shot.video for shot in shots}) == 155
    assert skipped == []
    dogs = [shot for shot in shots if shot.tags == ("dog",)]
    assert [shot.class_shot for shot in dogs] == list(range(1, 218))
    assert len({shot.video for shot in dogs}) == 24


def test_horse_frame_38465_lies_in_two_shots(tmp_path):
    ranges = {"horse": [(38460, 38465, 8), (38465, 38470, 9)]}
    root = build_youtube_objects(tmp_path, ranges, empty=True)
    shots, skipped = youtube_objects.read_manifest(root, ["horse"], "stop")
    assert [(shot.first, shot.last) for shot in shots] == [(38460, 38465), (38465, 38470)]
    assert skipped == []


def test_imagenet_vid_has_3862_snippets_of_1152_videos(tmp_path):
    lines = (DATA / "imagenet_vid" / "train_snippets.txt").read_text().split()
    for line in lines:
        (tmp_path / "Data" / "VID" / line).mkdir(parents=True)
    snippets = imagenet_vid.list_snippets(tmp_path)
    assert len(snippets) == 3862
    assert len({video for video, _, _ in snippets}) == 1152


def test_the_synsets_are_those_of_the_development_kit():
    lines = (DATA / "imagenet_vid" / "map_vid.txt").read_text().splitlines()
    official = {line.split()[0]: int(line.split()[1]) for line in lines if line.strip()}
    assert dict(imagenet_vid.SYNSETS.values()) == official
    assert set(YOUTUBE_OBJECTS_CLASSES) <= set(imagenet_vid.SYNSETS)


@pytest.fixture(scope="module")
def voc_tags():
    with (DATA / "voc2012" / "image_tags.csv").open() as file:
        return {row["image"]: row["tags"].split() for row in csv.DictReader(file)}


def voc_list(split):
    folder = DATA / "voc2012" / "ImageSets" / "Segmentation"
    return (folder / f"{split}.txt").read_text().split()


@pytest.mark.parametrize(("split", "ten", "all_"), [("train", 914, 1464), ("val", 909, 1449)])
def test_voc_counts_of_the_ten_class_protocol(tmp_path, voc_tags, split, ten, all_):
    tree = {split: {name: voc_tags[name] for name in voc_list(split)}}
    root = pascal_voc(tmp_path / "VOCdevkit" / "VOC2012", tree, empty=True)
    for classes, count in ((YOUTUBE_OBJECTS_CLASSES, ten), (VOC_CLASSES, all_)):
        for given in (tmp_path, root):
            image_set = PascalVoc(format="pascal_voc", root=str(given), split=split)
            images, skipped = read_image_set(image_set, classes, "stop")
            assert len(images) == count
            assert skipped == []


def voc_files(folder):
    return {path.stem for path in (DATA / "voc2012" / folder).iterdir()}


def test_part_of_voc_with_tags_in_a_table(voc_tags):
    photographs, masks = voc_files("JPEGImages"), voc_files("SegmentationClass")
    for split, count in (("train", 914), ("val", 909)):
        shown = [n for n in voc_list(split) if {*voc_tags[n]} & {*YOUTUBE_OBJECTS_CLASSES}]
        here = [name for name in shown if name in photographs & masks]
        missing = [name for name in shown if name not in photographs]
        assert here
        image_set = PascalVoc(format="pascal_voc", root=str(DATA / "voc2012"), split=split)
        if missing:
            with pytest.raises(DataError, match=rf"{missing[0]}\.jpg: the image is missing"):
                read_image_set(image_set, YOUTUBE_OBJECTS_CLASSES, "stop")
        images, skipped = read_image_set(image_set, YOUTUBE_OBJECTS_CLASSES, "skip")
        assert len(images) + len(skipped) == count
        assert [image.name for image in images] == here
        assert {entry.item for entry in skipped} == {*shown} - {*here}
        for image in images:
            labels = read_mask(image, YOUTUBE_OBJECTS_CLASSES)
            assert labels.shape == read_image(image).shape[:2]
            tags = {YOUTUBE_OBJECTS_CLASSES[i - 1] for i in np.unique(labels) if 0 < i < 255}
            assert tags == set(image.tags)
            original = np.array(Image.open(image.mask))
            assert ((labels == 255) == (original == 255)).all()


def test_horses_of_weizmann():
    horses = ImageFolder(
        format="image_folder",
        images=str(DATA / "weizmann_horse" / "rgb"),
        masks=str(DATA / "weizmann_horse" / "figure_ground"),
        tag="horse",
    )
    images, skipped = read_image_set(horses, YOUTUBE_OBJECTS_CLASSES, "stop")
    assert len(images) == 120
    assert skipped == []
    label = YOUTUBE_OBJECTS_CLASSES.index("horse") + 1
    for image in images[:10]:
        mask = read_mask(image, YOUTUBE_OBJECTS_CLASSES)
        assert mask.shape == read_image(image).shape[:2]
        assert set(np.unique(mask)) == {0, label}
        assert 0.03 < (mask > 0).mean() < 0.7


def test_the_fos_release_as_a_dataset(tmp_path):
    root, segmentations = tmp_path / "data", DATA / "fos_release" / "segmentations"
    root.mkdir()
    os.symlink(DATA / "fos_release" / "frames", root / "dog")
    ranges = np.array([[1, 33], [32, 47], [1, 1]])
    save_mat(root / "Ranges" / "ranges_dog.mat", "ranges", ranges, v73=False)
    shots, _ = youtube_objects.read_manifest(root, ["dog"], "stop")
    masks = MotionMasks(format="fos_mat", root=str(segmentations))
    path = tmp_path / "dog-0001.parquet"
    with pytest.raises(DataError, match=r"segmentationShot2\.mat.*missing"):
        ingest_motion(shots, masks, root, path, "stop")
    assert not path.exists()
    assert [entry.item for entry in ingest_motion(shots, masks, root, path, "skip")] == [
        "dog-0001/1"
    ]
    found = read_masks(path, shots[0].video, 0, shots[0].indices)
    with h5py.File(segmentations / "segmentationShot1.mat") as file:
        cells = [file[reference][()].T for reference in file["segmentation"][()].ravel()]
    np.testing.assert_array_equal(found, np.stack(cells) != 0)
    assert found.shape == (32, *frame_size(shots[0], 1)) == (32, 225, 400)


def test_davis_as_a_folder_of_videos(tmp_path):
    root, masks = tmp_path / "data", tmp_path / "masks"
    for folder, kind in ((root, "JPEGImages"), (masks, "Annotations")):
        (folder / "cow").mkdir(parents=True)
        os.symlink(DATA / "davis2016" / kind / "480p" / "cows", folder / "cow" / "cows")
    dataset = VideoDataset(
        format="video_folder", root=str(root), motion=MotionMasks(format="png", root=str(masks))
    )
    shots, _ = build_manifest(dataset, ["cow"], "stop")
    assert [(shot.video, shot.length) for shot in shots] == [("cow-cows", 50)]
    path = tmp_path / "cow-cows.parquet"
    assert ingest_motion(shots, dataset.motion, root, path, "stop") == []
    areas = read_areas(path)["area"]
    assert areas.between(0.05, 0.5).all()
    frame = next(read_frames(shots[0], [0]))
    assert frame.shape[:2] == read_masks(path, shots[0].video, 0, [0]).shape[1:] == (480, 854)


def test_clips_count_their_frames(tmp_path):
    for name, clip in (("car", "car-detection.mp4"), ("dog", "sam2_01_dog.mp4")):
        (tmp_path / name).mkdir()
        os.symlink(DATA / "clips" / clip, tmp_path / name / clip)
    (tmp_path / "videos.csv").write_text("path,tags\ndog/sam2_01_dog.mp4,person dog\n")
    dataset = VideoDataset(
        format="video_folder",
        root=str(tmp_path),
        motion=MotionMasks(format="png", root=str(tmp_path)),
    )
    shots, _ = build_manifest(dataset, VOC_CLASSES, "stop")
    assert [(shot.video, shot.length, shot.tags) for shot in shots] == [
        ("car-car-detection", 377, ("car",)),
        ("dog-sam2_01_dog", 289, ("dog", "person")),
    ]
    assert frame_size(shots[1], 0) == (720, 1280)
