import numpy as np
import pytest
from colour_network import SETTINGS, save_colour_network
from PIL import Image as Pillow
from tiny_training import Recorder, encode, picture
from trees import write_image, write_video

from mcnn.artefacts.label_maps import read_labels, read_names
from mcnn.artefacts.samples import writing_samples
from mcnn.artefacts.shots import Shot, write_shots
from mcnn.config.labels import Labels
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.errors import DataError
from mcnn.evaluation.latent_labels import Trained
from mcnn.export.latent_labels import export_latent_labels
from mcnn.export.sources import read_annotations
from mcnn.imaging.masks import encode_mask

CLASSES = ("red", "green", "blue")
SIZE, SMALL = (38, 60), (19, 30)
FRAMES = [4, 6]


def mask_of(frame):
    """Of a sampled frame; no two are alike."""
    mask = np.zeros(SMALL, bool)
    mask[2 : 5 + frame, 10:20] = True
    return mask


@pytest.fixture
def dataset(tmp_path):
    """A folder of frames and a video file, of which two frames each are in the samples."""
    root = tmp_path / "videos"
    frames = [picture(20 * t, SIZE) for t in range(8)]
    for t, frame in enumerate(frames):
        write_image(root / "green" / "walk" / f"{t:03d}.png", frame)
    write_video(root / "blue" / "run.avi", frames)
    shots = [
        Shot("walk", 1, 3, 6, ("green",), "folder", str(root / "green" / "walk"), 2),
        Shot("run", 0, 0, 7, ("blue", "red"), "file", str(root / "blue" / "run.avi"), 1),
    ]
    write_shots(shots, tmp_path / "shots.parquet")
    with writing_samples(tmp_path / "samples.parquet") as writer:
        for shot in shots:
            images = [encode(picture(20 * t, SMALL), "PNG") for t in FRAMES]
            masks = [encode_mask(mask_of(t)) for t in FRAMES]
            writer.write(shot.video, shot.shot, shot.tags, FRAMES, images, masks)
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    return tmp_path


def export(folder, name):
    record = StageRecord(
        dataset="videos",
        images=None,
        classes=CLASSES,
        start=None,
        network=SETTINGS,
        labels=Labels.model_construct(**{**dict(Labels()), "predictor": name, "stride": 1}),
        stage=Stage(iterations=1, learning_rate=0.1, step_size=1, alpha=2.0),
        optimizer=Optimizer(class_weights="balanced", video_batches="shots"),
    )
    paths = folder / "samples.parquet", folder / "shots.parquet"
    training = Trained("m/initial", record, folder / "model.safetensors")
    export_latent_labels(*paths, training, folder / "videos", folder / "out", "cpu", 1)
    return folder / "out"


def test_all_sampled_frames_have_their_labels_in_their_own_size(dataset, monkeypatch):
    recorder = Recorder(monkeypatch)
    # Of two tags the mask does not say which one moves.
    recorder.answer = lambda frames, _: np.where(
        frames.masks, frames.tags[0] if len(frames.tags) == 1 else 255, 0
    )
    out = export(dataset, recorder.name)
    assert [alpha for alpha, *_ in recorder.given] == [2.0, 2.0]
    names = [f"green/walk/{t:03d}" for t in FRAMES] + [f"blue/run/{t:08d}" for t in FRAMES]
    for part in ("labels", "images"):
        found = {p.relative_to(out / part).with_suffix("") for p in (out / part).rglob("*.*")}
        assert {str(path) for path in found} - {"names"} == set(names)
    for t in FRAMES:
        expected = 2 * np.kron(mask_of(t), np.ones((2, 2), int))
        np.testing.assert_array_equal(read_labels(out / f"labels/green/walk/{t:03d}.png"), expected)
        assert not read_labels(out / f"labels/blue/run/{t:08d}.png").any()
        frame = dataset / f"videos/green/walk/{t:03d}.png"
        assert (out / f"images/green/walk/{t:03d}.png").read_bytes() == frame.read_bytes()
        decoded = np.asarray(Pillow.open(out / f"images/blue/run/{t:08d}.jpg"))
        assert np.abs(decoded.astype(int) - picture(20 * t, SIZE)).mean() < 12
    assert read_names(out / "labels") == dict(enumerate(["background", *CLASSES]))


def test_an_annotation_tool_gets_them(dataset, monkeypatch):
    recorder = Recorder(monkeypatch)
    recorder.answer = lambda frames, _: np.where(frames.masks, frames.tags[0], 0)
    out = export(dataset, recorder.name)
    names, count, images = read_annotations(out / "labels", out / "images")
    assert (count, names[3]) == (4, "blue")
    labels = {image.name: set(np.unique(image.labels).tolist()) for image in images}
    assert labels["blue/run/00000006.jpg"] == {0, 1}
    assert labels["green/walk/004.png"] == {0, 2}


def test_a_video_that_is_gone_is_named(dataset, monkeypatch):
    recorder = Recorder(monkeypatch)
    recorder.answer = lambda frames, _: np.zeros(frames.masks.shape, np.uint8)
    (dataset / "videos" / "blue" / "run.avi").unlink()
    with pytest.raises(DataError, match=r"run\.avi"):
        export(dataset, recorder.name)
