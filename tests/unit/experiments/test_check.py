from typing import get_args

import numpy as np
import pytest
from trees import block_mask, pascal_voc, picture, write_image, youtube_objects

from mcnn.config.datasets import GroundTruth, MotionMasks, VideoDataset
from mcnn.config.images import ImageFolder, PascalVoc
from mcnn.config.settings import Settings
from mcnn.errors import DataError
from mcnn.experiments.check import WHERE, check_data, format_report, require_masks
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES


def settings(root, **changes):
    config = {
        "datasets": {
            "ytube": {
                "format": "youtube_objects",
                "root": f"{root}/ytube",
                "motion": {"format": "fos_mat", "root": f"{root}/fos"},
            }
        },
        "images": {
            "train": {"format": "pascal_voc", "root": f"{root}/voc", "split": "train"},
            "horses": {
                "format": "image_folder",
                "images": f"{root}/rgb",
                "masks": f"{root}/masks",
                "tag": "horse",
            },
        },
        "experiments": {"m-cnn": {"dataset": "ytube", "stages": ["initial"]}},
        "targets": ["m-cnn/initial"],
        "evaluation": {"sets": ["train", "horses"]},
    }
    return Settings.model_validate({**config, **changes})


@pytest.fixture
def root(tmp_path):
    ranges = {name: [(1, 3, 1), (4, 5, 1), (6, 8, 2)] for name in YOUTUBE_OBJECTS_CLASSES}
    youtube_objects(tmp_path / "ytube", ranges, empty=True)
    (tmp_path / "fos" / "dog").mkdir(parents=True)
    masks = {name: np.zeros((8, 8), np.uint8) for name in "ab"}
    pascal_voc(tmp_path / "voc", {"train": {"a": ["dog"], "b": ["bus"]}}, masks=masks)
    for folder in ("rgb", "masks"):
        write_image(tmp_path / folder / "horse1.jpg", picture(0))
    return tmp_path


def test_everything_is_there(root):
    rows = check_data(settings(root))
    assert [row.name for row in rows] == [
        "datasets.ytube",
        "datasets.ytube.motion",
        "images.train",
        "images.horses",
    ]
    assert all(row.ok for row in rows)
    assert rows[0].found == "20 videos, 30 shots"
    assert rows[0].published == "155 videos, 2511 shots"
    assert rows[2].found == "1 images, 1 with masks"
    assert rows[2].published == "914 images"
    report = format_report(rows)
    assert "found: 20 videos, 30 shots (the paper: 155 videos, 2511 shots)" in report
    assert "to be had" not in report


def test_what_no_target_needs_is_not_looked_at(root):
    rows = check_data(settings(root, evaluation={"sets": ["horses"]}))
    assert [row.name for row in rows][2:] == ["images.horses"]


def test_published_counts_belong_to_the_ten_classes(root):
    rows = check_data(settings(root, classes=["dog", "cat", "horse"]))
    assert rows[0].found == "6 videos, 9 shots"
    assert not any(row.published for row in rows)


def test_a_set_may_have_classes_of_its_own(root):
    config = settings(root).model_dump()
    config["images"]["train"]["classes"] = ["bus"]
    config["experiments"]["buses"] = {"images": "train", "stages": ["initial"], "classes": ["bus"]}
    config["targets"] = ["m-cnn/initial", "buses/initial"]
    row = check_data(Settings.model_validate(config))[2]
    assert row.found == "1 images, 1 with masks"
    assert row.published == ""


def without_masks(root, supervision, **changes):
    """Settings that train on images without masks by a supervision, and evaluate on horses."""
    for path in (root / "voc" / "SegmentationClass").iterdir():
        path.unlink()
    override = {"labels": {"image_predictor": supervision}}
    experiment = {"images": "train", "stages": ["initial"], "override": override}
    experiments = {"m-cnn": experiment, "other": {**experiment, "override": {}}}
    wanted = {"experiments": experiments, "evaluation": {"sets": ["horses"]}}
    return settings(root, **{**wanted, **changes})


@pytest.mark.parametrize(
    ("supervision", "changes"),
    [("em_adapt", {"evaluation": {"sets": ["horses", "train"]}}), ("full", {})],
)
def test_masks_that_are_needed_and_not_there_are_refused(root, supervision, changes):
    wanted = without_masks(root, supervision, **changes)
    row = check_data(wanted)[0]
    assert (row.name, row.status, row.ok) == ("images.train", "flawed", False)
    assert "no image has a mask" in format_report([row])
    with pytest.raises(DataError, match=r"voc: images\.train: no image has a mask"):
        require_masks(wanted)


def test_images_to_learn_from_by_their_tags_need_no_masks(root):
    wanted = without_masks(root, "em_adapt")
    assert all(row.ok for row in check_data(wanted))
    require_masks(wanted)


def test_masks_are_not_asked_for_where_nothing_is_to_be_read_yet(tmp_path):
    require_masks(settings(tmp_path / "nowhere"))
    require_masks(settings(tmp_path, demo={"enabled": True, "root": str(tmp_path / "world")}))


def with_boxes(root):
    """Settings whose dataset has ground truth as masks."""
    config = settings(root).model_dump()
    config["datasets"]["ytube"]["ground_truth"] = {"format": "png", "root": f"{root}/truth"}
    return Settings.model_validate(config)


def test_ground_truth_is_counted(root):
    for frame in (1, 4):
        write_image(root / "ytube/dog" / f"{frame:08d}.jpg", picture(0))
        write_image(root / "truth/dog" / f"{frame:08d}.png", block_mask())
    rows = check_data(with_boxes(root))
    assert [row.name for row in rows[1:3]] == [
        "datasets.ytube.motion",
        "datasets.ytube.ground_truth",
    ]
    assert rows[2].ok
    assert rows[2].found == "2 boxes in 2 frames"


def test_all_formats_say_where_they_are_to_be_had():
    formats = {
        choice
        for model in (VideoDataset, MotionMasks, GroundTruth, PascalVoc, ImageFolder)
        for choice in get_args(model.model_fields["format"].annotation)
    }
    assert formats - set(WHERE) == {"segment"}
    assert "v2.3" in WHERE["youtube_objects_voc"]


def test_ground_truth_is_missing_or_flawed(root):
    row = check_data(with_boxes(root))[2]
    assert row.status == "missing"
    assert "truth: the folder of the annotations is missing" in row.problems[0]
    write_image(root / "ytube/dog/00000001.jpg", picture(0))
    write_image(root / "ytube/dog/00000004.jpg", picture(0))
    write_image(root / "truth/dog/00000001.png", block_mask())
    write_image(root / "truth/dog/00000004.png", block_mask((5, 5)))
    row = check_data(with_boxes(root))[2]
    assert row.status == "flawed"
    assert row.found == "1 boxes in 1 frames"
    assert "to be had: masks made beforehand" in format_report([row])


def test_ground_truth_of_videos_that_are_missing_is_not_judged(root):
    write_image(root / "truth/dog/00000001.png", block_mask())
    (root / "ytube").rename(root / "elsewhere")
    row = check_data(with_boxes(root))[2]
    assert (row.status, row.ok) == ("unknown", False)
    assert row.problems == ("not looked at, because datasets.ytube is missing",)


def test_nothing_is_there(tmp_path):
    rows = check_data(settings(tmp_path / "nowhere"))
    assert [row.status for row in rows] == ["missing"] * 4
    assert not any(row.ok for row in rows)
    report = format_report(rows)
    for path in ("ytube", "fos", "voc", "rgb"):
        assert str(tmp_path / "nowhere" / path) in report
    assert report.count("to be had: ") == 4


def test_flaws_are_listed(root):
    for frame in (2, 4, 7):
        (root / "ytube" / "dog" / f"{frame:08d}.jpg").unlink()
    (root / "ytube" / "cat" / "00000001.jpg").unlink()
    (root / "fos" / "dog").rmdir()
    (root / "rgb" / "horse2.jpg").write_bytes((root / "rgb" / "horse1.jpg").read_bytes())
    rows = check_data(settings(root))
    assert [row.status for row in rows] == ["flawed", "missing", "ok", "flawed"]
    assert len(rows[0].problems) == 4
    report = format_report(rows)
    assert "00000001.jpg" in report
    assert "and 1 more problems" in report
    rows = check_data(settings(root, on_error="skip"))
    assert [row.ok for row in rows] == [True, False, True, True]


def test_data_that_the_run_renders_is_no_problem(tmp_path):
    rows = check_data(settings(tmp_path, demo={"enabled": True, "root": str(tmp_path)}))
    assert [row.status for row in rows] == ["rendered"] * 4
    assert all(row.ok for row in rows)
    assert "to be had" not in format_report(rows)
