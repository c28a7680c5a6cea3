import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
from PIL import Image

from mcnn.config.datasets import VideoDataset
from mcnn.config.demo import Demo
from mcnn.config.images import PascalVoc
from mcnn.datasets.images import read_image_set
from mcnn.datasets.manifest import build_manifest
from mcnn.demo.plan import DEMO_CLASSES
from mcnn.demo.render import render_world
from mcnn.errors import DataError


def tiny(root: Path, **changes: int) -> Demo:
    sizes = {"videos_per_class": 2, "shots_per_video": 2, "train_images": 3, "val_images": 5}
    return Demo(classes=DEMO_CLASSES, root=str(root), height=36, width=48, **{**sizes, **changes})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo") / "world"
    render_world(tiny(root), progress=False)
    return root


def files_of(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_whatever_the_processes(world: Path, tmp_path: Path) -> None:
    render_world(tiny(tmp_path / "again"), progress=False, n_jobs=2)
    assert files_of(tmp_path / "again") == files_of(world)


def test_another_seed_gives_another_world(world: Path, tmp_path: Path) -> None:
    one_video = {"videos_per_class": 1, "train_images": 1, "val_images": 1}
    render_world(tiny(tmp_path / "other", seed=1, **one_video), progress=False)
    for name in (
        "YouTube-Objects/car/00000005.jpg",
        "VOCdevkit/VOC2012/JPEGImages/2012_000001.jpg",
    ):
        assert (tmp_path / "other" / name).read_bytes() != (world / name).read_bytes()


def test_the_dataset_adapters_read_it(world: Path) -> None:
    dataset = VideoDataset(format="youtube_objects", root=str(world / "YouTube-Objects"))
    shots, skipped = build_manifest(dataset, DEMO_CLASSES, "stop")
    assert not skipped
    assert [shot.tags[0] for shot in shots] == [c for c in DEMO_CLASSES for _ in range(4)]
    assert len({shot.video for shot in shots}) == 10
    for split, count in (("train", 3), ("val", 5)):
        voc = PascalVoc(format="pascal_voc", root=str(world), split=split)
        images, skipped = read_image_set(voc, DEMO_CLASSES, "stop")
        assert (len(images), len(skipped)) == (count, 0)


@pytest.mark.parametrize("tag", DEMO_CLASSES)
def test_every_frame_has_its_true_mask_and_lies_in_one_shot(world: Path, tag: str) -> None:
    ranges = scipy.io.loadmat(world / "YouTube-Objects" / "Ranges" / f"ranges_{tag}.mat")["ranges"]
    assert ranges.shape == (3, 4)
    first, last, video = ranges.astype(int)
    assert first[0] == 1
    np.testing.assert_array_equal(first[1:], last[:-1] + 1)
    np.testing.assert_array_equal(video, [1, 1, 2, 2])
    frames = sorted(path.stem for path in (world / "YouTube-Objects" / tag).iterdir())
    assert frames == [f"{number:08d}" for number in range(1, last[-1] + 1)]
    masks = sorted((world / "ground_truth" / tag).iterdir())
    assert [path.stem for path in masks] == frames
    with Image.open(masks[0]) as mask:
        assert mask.size == (48, 36)
        assert set(np.unique(np.asarray(mask))) <= {0, 255}


def test_boxes_enclose_the_true_masks(world: Path) -> None:
    boxes = 0
    for tag in DEMO_CLASSES:
        for split in ("Training", "Test"):
            path = world / "YouTube-Objects" / "GroundTruth" / tag / f"bb_gt{split}_{tag}.mat"
            for name, found in scipy.io.loadmat(path)[f"bb_gt{split}"][0]:
                assert str(name[0]).startswith(tag)
                truth = world / "ground_truth" / tag / f"{str(name[0])[len(tag) :]}.png"
                mask = np.asarray(Image.open(truth)) > 0
                rows, columns = np.nonzero(mask)
                tight = [columns.min() + 1, rows.min() + 1, columns.max() + 1, rows.max() + 1]
                np.testing.assert_array_equal(found, [tight])
                boxes += 1
    assert boxes > 10


def test_segmentations_are_palette_images_of_valid_indices(world: Path) -> None:
    folder = world / "VOCdevkit" / "VOC2012"
    seen: set[int] = set()
    for path in sorted((folder / "SegmentationClass").iterdir()):
        with Image.open(path) as image:
            assert image.mode == "P"
            palette = np.asarray(image.getpalette()).reshape(-1, 3)
            values = set(np.unique(np.asarray(image)).tolist())
        np.testing.assert_array_equal(
            palette[[0, 1, 7, 13, 255]],
            [[0, 0, 0], [128, 0, 0], [128, 128, 128], [192, 0, 128], [224, 224, 192]],
        )
        assert values <= {*range(21), 255}
        assert {0, 255} < values
        seen |= values
    assert {1, 4, 7, 8, 13} <= seen


def test_counts_are_those_of_the_files(world: Path) -> None:
    record = json.loads((world / "world.json").read_text())
    counts = record["counts"]
    kinds = pd.read_csv(world / "ground_truth" / "kinds.csv")
    assert (counts["videos"], counts["shots"]) == (10, len(kinds))
    frames = len(list((world / "YouTube-Objects").rglob("*.jpg")))
    assert counts["frames"] == frames == (kinds["last"] - kinds["first"] + 1).sum()
    assert "root" not in record["settings"]


def test_a_world_is_replaced_as_a_whole(tmp_path: Path) -> None:
    settings = tiny(tmp_path / "w", videos_per_class=1, train_images=1, val_images=1)
    render_world(settings, progress=False)
    stray = tmp_path / "w" / "ground_truth" / "cat" / "99999999.png"
    stray.write_bytes(b"")
    before = files_of(tmp_path / "w")
    render_world(settings, progress=False)
    after = files_of(tmp_path / "w")
    assert set(before) - set(after) == {"ground_truth/cat/99999999.png"}


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "VOCdevkit" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine")
    with pytest.raises(DataError, match="did not write"):
        render_world(tiny(tmp_path), progress=False)
    assert precious.read_text() == "mine"


def test_a_failed_rendering_leaves_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    settings = tiny(tmp_path / "w", videos_per_class=1, train_images=1, val_images=1)
    render_world(settings, progress=False)
    monkeypatch.setattr("mcnn.demo.layout.write_still", fail)
    with pytest.raises(OSError, match="disk full"):
        render_world(settings, progress=False)
    assert not (tmp_path / "w" / "world.json").exists()
