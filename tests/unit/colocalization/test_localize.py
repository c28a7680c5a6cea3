import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from moving import moving_disc
from random_networks import make
from trees import save_named, write_image, youtube_objects

from mcnn.artefacts.annotations import annotation_table, read_annotations
from mcnn.artefacts.localized import boxes_of, read_localized, read_segmentations, write_coco
from mcnn.artefacts.motion import ShotMotion, encode_shot, write_motion
from mcnn.colocalization.localize import localize_videos, videos_of_job
from mcnn.colocalization.score import score_motion, score_videos
from mcnn.colocalization.sheets import draw_sheets
from mcnn.colocalization.to_folder import localize_to_folder
from mcnn.config.colocalization import Colocalization
from mcnn.config.datasets import GroundTruth, VideoDataset
from mcnn.config.network import Network
from mcnn.datasets.ground_truth import read_ground_truth
from mcnn.datasets.manifest import build_manifest
from mcnn.errors import DataError
from mcnn.evaluation.corloc import matches
from mcnn.files import write_csv
from mcnn.imaging.boxes import box_of
from mcnn.networks.weights import save_network

SETTINGS = Colocalization(superpixels=200)


def red(images):
    """Probabilities of background, nothing and what is red."""
    is_red = images[..., 0].astype(int) - images[..., 1] > 60
    found = np.stack([np.where(is_red, 0.1, 0.9), 0 * is_red, np.where(is_red, 0.9, 0.1)], 1)
    return found.astype(np.float32)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    root = tmp_path_factory.mktemp("localize")
    frames, masks = moving_disc(9)
    for k, frame in enumerate(frames):
        write_image(root / "disc" / f"f{k}.png", frame)
    table = localize_to_folder(
        root / "disc", root / "out", {"disc": 2}, red, SETTINGS, overlay=True
    )
    return root / "out", table, masks


def test_a_folder_for_people(exported):
    out, table, masks = exported
    names = {path.name for path in out.iterdir()}
    assert names == {"boxes.csv", "boxes.json", "disc.jpg", "localized.parquet", "overlay.mp4"}
    boxes = pd.read_csv(out / "boxes.csv")
    assert list(boxes)[:4] == ["video", "shot", "frame", "class"]
    assert list(boxes)[4:] == ["x0", "y0", "x1", "y1", "score"]
    assert boxes["frame"].tolist() == list(range(9))
    expected = np.array([box_of(mask) for mask in masks])
    assert matches(boxes[["x0", "y0", "x1", "y1"]].to_numpy(), expected, threshold=0.7).all()
    assert len(table) == 9


def test_coco_json_holds_the_same_boxes(exported):
    out, table, _ = exported
    coco = json.loads((out / "boxes.json").read_text())
    assert len(coco["images"]) == len(coco["annotations"]) == 9
    assert coco["images"][3] == {
        "id": 4, "file_name": "disc/0/3", "width": 160, "height": 120,
    }  # fmt: skip
    x, y, width, height = coco["annotations"][3]["bbox"]
    row = table.iloc[3]
    assert [x, y, x + width, y + height] == [row["x0"], row["y0"], row["x1"], row["y1"]]
    assert coco["categories"] == [{"id": 1, "name": "disc"}]


def test_segmentations_come_back_in_the_order_asked_for(exported):
    out, table, masks = exported
    chosen = table.iloc[[7, 2]]
    for found, k in zip(read_segmentations(out / "localized.parquet", chosen), (7, 2), strict=True):
        assert (found & masks[k]).sum() > 0.8 * (found | masks[k]).sum()


def test_frames_without_box_are_images_without_annotation(tmp_path):
    columns = ["video", "shot", "frame", "class", "x0", "y0", "x1", "y1", "score"]
    rows = [("v", 0, 0, "b", *[np.nan] * 5), ("v", 0, 1, "b", 1.0, 2.0, 3.0, 5.0, 0.5)]
    table = pd.DataFrame(rows, columns=columns).assign(height=8, width=9)
    write_coco(table, ["a", "b"], tmp_path / "c.json")
    coco = json.loads((tmp_path / "c.json").read_text())
    assert len(coco["images"]) == 2
    (annotation,) = coco["annotations"]
    assert (annotation["image_id"], annotation["category_id"]) == (2, 2)
    assert (annotation["bbox"], annotation["area"]) == ([1, 2, 2, 3], 6)
    assert len(boxes_of(table)) == 1


RANGES = {"cow": [(1, 6, 1), (7, 12, 1), (13, 18, 2)]}


@pytest.fixture
def dataset(tmp_path):
    """Three shots of a disc that is called a cow, with boxes in frames 3 and 15, and a model."""
    root = youtube_objects(tmp_path / "yto", RANGES)
    frames, masks = moving_disc(18)
    for k, frame in enumerate(frames, 1):
        write_image(root / "cow" / f"{k:08d}.jpg", frame)
    # Pixels from 1, the last one included.
    boxes = {k: np.add(box_of(masks[k - 1]), [1, 1, 0, 0]) for k in (3, 15)}
    for split, k in (("Training", 3), ("Test", 15)):
        path = root / f"GroundTruth/cow/bb_gt{split}_cow.mat"
        save_named(path, f"bb_gt{split}", [(f"cow{k:08d}", [boxes[k].tolist()])], v73=False)
    truth = GroundTruth(format="youtube_objects_mat")
    videos = VideoDataset(format="youtube_objects", root=str(root), ground_truth=truth)
    shots, _ = build_manifest(videos, ["cow"], "stop")
    found, _ = read_ground_truth(videos.ground_truth, Path(videos.root), shots, "stop")
    write_csv(tmp_path / "annotations.csv", annotation_table(found))
    settings = Network(architecture="shallow", width=0.2)
    save_network(make("shallow", 0.2), tmp_path / "model.safetensors", ("boat", "cow"), settings)
    return shots, masks


def run(root, shots, annotated=True, on_error="stop", **settings):
    annotations = read_annotations(root / "annotations.csv") if annotated else None
    skipped = localize_videos(
        shots,
        root / "model.safetensors",
        Colocalization(superpixels=50, **settings),
        root / "l.parquet",
        annotations=annotations,
        seed=0,
        device="cpu",
        threads=1,
        on_error=on_error,
    )
    return read_localized([root / "l.parquet"]), skipped


def test_all_frames_or_those_annotated(tmp_path, dataset):
    shots, _ = dataset
    table, _ = run(tmp_path, shots)
    assert table[["video", "shot", "frame", "class"]].to_numpy().tolist() == [
        ["cow-0001", 0, 3, "cow"],
        ["cow-0002", 0, 15, "cow"],
    ]
    assert (table["height"].iloc[0], table["width"].iloc[0]) == (120, 160)
    table, _ = run(tmp_path, shots, annotated=False)
    assert table["frame"].tolist() == list(range(1, 19))


def test_a_broken_frame_stops_or_ends_its_shot(tmp_path, dataset):
    shots, _ = dataset
    (tmp_path / "yto/cow/00000009.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"00000009\.jpg"):
        run(tmp_path, shots, annotated=False)
    assert not (tmp_path / "l.parquet").exists()
    table, skipped = run(tmp_path, shots, annotated=False, on_error="skip")
    assert [entry.item for entry in skipped] == ["cow-0001/1"]
    assert sorted(set(table["shot"] + 10 * (table["video"] == "cow-0002"))) == [0, 10]


def test_a_job_has_some_videos(dataset):
    shots, _ = dataset
    assert videos_of_job(shots, "cow-0001", 1) == shots[:2]
    assert videos_of_job(shots, "cow-0001", 5) == shots
    assert videos_of_job(shots, "cow-0002", 5) == shots[2:]


def test_scores_and_sheets(tmp_path, dataset):
    shots, masks = dataset
    annotations = tmp_path / "annotations.csv"
    run(tmp_path, shots)
    score_videos([tmp_path / "l.parquet"], annotations, ["cow", "dog"], "any_box", tmp_path / "s")
    names = {path.name for path in (tmp_path / "s").iterdir()}
    assert names == {"boxes.csv", "boxes.json", "corloc.csv"}
    scores = pd.read_csv(tmp_path / "s/corloc.csv").set_index("class")
    assert scores["frames"].to_dict() == {"cow": 2, "dog": 0, "mean": 2}

    motion = [tmp_path / f"motion/cow-000{k}.parquet" for k in (1, 2)]
    perfect = encode_shot(0, range(1, 7), masks[:6])
    write_motion("cow-0001", [perfect, ShotMotion(1, reason="too short")], motion[0])
    write_motion("cow-0002", [ShotMotion(0, reason="too short")], motion[1])
    score_motion(motion, annotations, ["cow"], "any_box", tmp_path / "m")
    scores = pd.read_csv(tmp_path / "m/corloc.csv").set_index("class")
    assert scores.loc["cow", ["corloc", "frames", "found"]].tolist() == [50, 2, 1]

    pictures = {name: tmp_path / f"{name}.jpg" for name in ("cow", "dog")}
    draw_sheets([tmp_path / "l.parquet"], annotations, shots, motion, pictures)
    assert all(path.stat().st_size > 1000 for path in pictures.values())
