import cv2
import numpy as np
import pandas as pd
import pytest
from moving import background, moving_disc
from PIL import Image
from trees import write_image, write_video

from mcnn.errors import DataError
from mcnn.imaging.palette import voc_palette
from mcnn.labels.to_folder import label_to_folder

DOG = {"dog": 1}


def write_shot(root, count=12):
    """Frames of a disc, and masks that miss its left part."""
    frames, truth = moving_disc(count)
    masks = []
    for k, (frame, mask) in enumerate(zip(frames, truth, strict=True)):
        half = mask.copy()
        half[:, : np.flatnonzero(mask.any(0))[0] + 10] = False
        write_image(root / "frames" / f"f{k:02d}.png", frame)
        write_image(root / "masks" / f"f{k:02d}.png", half.astype(np.uint8) * 255)
        masks.append(half)
    return np.stack(masks), np.stack(truth)


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def run(root, tags=DOG, network=None, **options):
    return label_to_folder(
        root / "frames", root / "masks", root / "out", tags, network, n_frames=5, **options
    )


def read_labels(root, table):
    images = [Image.open(root / "out" / name) for name in table["file"]]
    assert {image.mode for image in images} == {"P"}
    assert all(image.getpalette()[:12] == voc_palette()[:12] for image in images)
    return np.stack([np.asarray(image) for image in images])


@pytest.mark.parametrize("longer_side", [160, 480])
def test_labels_of_a_folder_of_frames(tmp_path, longer_side):
    masks, truth = write_shot(tmp_path)
    table = run(tmp_path, longer_side=longer_side)
    assert table["frame"].tolist() == [0, 3, 6, 8, 11]
    assert table["file"].tolist() == [f"f{k:02d}.png" for k in (0, 3, 6, 8, 11)]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {*table["file"], "labels.csv", "labels.jpg", "names.csv"}
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out" / "labels.csv"), table)
    labels = read_labels(tmp_path, table)
    sampled = table["frame"].to_numpy()
    assert set(np.unique(labels)) == {0, 1}
    assert iou(labels > 0, truth[sampled]) > iou(masks[sampled], truth[sampled]) + 0.1
    assert table["mask"][2] == pytest.approx(masks[6].mean(), abs=1e-4)
    assert table["labels"][2] == pytest.approx((labels[2] > 0).mean(), abs=1e-4)
    assert table["iou"][2] == pytest.approx(iou(masks[6], labels[2] > 0), abs=1e-4)


def test_labels_keep_the_frames_size_when_they_are_inferred_at_a_smaller_one(tmp_path):
    _, truth = write_shot(tmp_path)
    table = run(tmp_path, longer_side=80)
    labels = read_labels(tmp_path, table)
    assert labels.shape[1:] == truth.shape[1:]
    doubled = cv2.resize(labels[0, ::2, ::2], labels.shape[:0:-1], interpolation=cv2.INTER_NEAREST)
    assert (labels[0] != doubled).mean() < 0.001
    assert iou(labels > 0, truth[table["frame"]]) > 0.7


def test_a_network_tells_tags_apart_and_adds_a_column(tmp_path):
    _, truth = write_shot(tmp_path)

    def network(images):
        assert len(images) == 1
        probabilities = np.full((1, 4, *images.shape[1:3]), 0.01, np.float32)
        probabilities[:, 0] = 0.33
        probabilities[:, 1, :60] = probabilities[:, 3, 60:] = 0.65
        return probabilities

    table = run(tmp_path, {"cat": 3, "dog": 1}, network, alpha=10)
    labels = read_labels(tmp_path, table)
    truth = truth[table["frame"]]
    assert iou(labels[:, :58] == 1, truth[:, :58]) > 0.7
    assert iou(labels[:, 62:] == 3, truth[:, 62:]) > 0.7
    with_network = Image.open(tmp_path / "out" / "labels.jpg")
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    run(tmp_path)
    assert with_network.width / Image.open(tmp_path / "out" / "labels.jpg").width == 4 / 3


def test_several_tags_need_a_network(tmp_path):
    write_shot(tmp_path)
    with pytest.raises(ValueError, match="network"):
        run(tmp_path, {"cat": 1, "dog": 2})
    assert not (tmp_path / "out").exists()


def test_each_shot_of_a_video_file_is_labelled(tmp_path):
    first, masks = moving_disc(10)
    still = [background(5)[:120, :160].clip(0, 255).astype(np.uint8)] * 8
    video = write_video(tmp_path / "clip.avi", [*first, *still], "MJPG")
    for k, mask in enumerate([*masks, *[np.zeros_like(masks[0])] * 8]):
        write_image(tmp_path / "masks" / f"{k:08d}.png", mask.astype(np.uint8) * 255)
    table = label_to_folder(video, tmp_path / "masks", tmp_path / "out", DOG, n_frames=10)
    assert table["shot"].tolist() == [0] * 10 + [1] * 8
    assert table["frame"].tolist() == list(range(18))
    assert (table["iou"][:10] > 0.6).all()
    assert (table["labels"][10:] == 0).all()
    assert table["iou"][10:].isna().all()
    assert (tmp_path / "out" / "00000017.png").is_file()


def test_missing_masks_are_named_with_the_remedy(tmp_path):
    write_shot(tmp_path)
    (tmp_path / "masks" / "f06.png").unlink()
    with pytest.raises(DataError, match=r"f06\.png: the motion mask.*mcnn segment-motion"):
        run(tmp_path)
    with pytest.raises(DataError, match=r"none: there is no such folder.*mcnn segment-motion"):
        label_to_folder(tmp_path / "frames", tmp_path / "none", tmp_path / "out", DOG)
    assert {path.name for path in tmp_path.iterdir()} == {"frames", "masks"}


def test_a_mask_of_another_size_leaves_nothing_behind(tmp_path):
    write_shot(tmp_path)
    write_image(tmp_path / "masks" / "f11.png", np.zeros((7, 9), np.uint8))
    with pytest.raises(DataError, match=r"f11\.png: the mask is 9x7, its frame 160x120"):
        run(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"frames", "masks"}
