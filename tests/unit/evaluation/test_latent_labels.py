from dataclasses import replace

import numpy as np
import pytest
from colour_network import SETTINGS, colour_network, save_colour_network
from PIL import Image as Pillow
from tiny_training import Recorder, picture, write_shots

from mcnn.artefacts.pictures import LATENT, read_pictures
from mcnn.artefacts.samples import Sample
from mcnn.config.labels import Labels
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.evaluation.latent_labels import Trained, draw_latent_labels, infer_labels
from mcnn.networks.scores import predict_probabilities

CLASSES = ("red", "green", "blue")


def shot(video, number, tags, n_frames=4):
    images = np.stack([picture(20 * t, (19, 30)) for t in range(n_frames)])
    return Sample(video, number, tags, images, images[..., 2] > 60)


def record(predictor, alpha=2.0, stride=1):
    return StageRecord(
        dataset="videos",
        images=None,
        classes=CLASSES,
        start=None,
        network=SETTINGS,
        labels=Labels.model_construct(
            **{**dict(Labels()), "predictor": predictor, "stride": stride}
        ),
        stage=Stage(iterations=1, learning_rate=0.1, step_size=1, alpha=alpha),
        optimizer=Optimizer(class_weights="balanced", video_batches="shots"),
    )


@pytest.fixture
def recorder(monkeypatch):
    recorder = Recorder(monkeypatch)
    recorder.answer = lambda frames, _: np.where(frames.masks, frames.tags[0], 0).astype(np.uint8)
    return recorder


def test_labels_are_inferred_from_all_frames_with_alpha_and_stride_of_the_training(recorder):
    sample = shot("v", 0, ("green", "red"))
    network = colour_network()
    labels = infer_labels(sample, record(recorder.name, 2.0, 3), network, 1)
    infer_labels(sample, record(recorder.name, 2.0, 3), network, 3)
    (alpha, frames, _), (_, again, _) = recorder.given
    np.testing.assert_array_equal(again.probabilities, frames.probabilities)
    assert (alpha, frames.tags) == (2.0, [1, 2])
    np.testing.assert_array_equal(frames.images, sample.images[:, ::3, ::3])
    np.testing.assert_array_equal(frames.masks, sample.masks[:, ::3, ::3])
    expected = predict_probabilities(network, sample.images)[:, :, ::3, ::3]
    np.testing.assert_allclose(frames.probabilities, expected, atol=1e-5)
    assert labels.shape == sample.masks.shape
    np.testing.assert_array_equal(labels[:, ::3, ::3], frames.masks)
    np.testing.assert_array_equal(labels[:, 1::3, 2::3], frames.masks[:, :6, :])


def test_without_a_network_it_does_not_count(recorder):
    infer_labels(shot("v", 0, ("blue",)), record(recorder.name), None, 1)
    ((alpha, frames, _),) = recorder.given
    assert alpha == 0
    assert np.ptp(frames.probabilities) == 0
    assert frames.probabilities.shape == (4, 4, 19, 30)


def test_a_shot_of_each_class_is_drawn_before_and_after_each_training(recorder, tmp_path):
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    shots = [shot("a", 0, ("red", "blue")), *(shot("b", k, ("red",)) for k in range(3))]
    write_shots(tmp_path / "samples.parquet", shots)
    chain = [
        Trained(name, record(recorder.name, alpha), tmp_path / "model.safetensors")
        for name, alpha in (("m/initial", 1.0), ("m/finetuned", 2.0))
    ]
    draw_latent_labels(tmp_path / "samples.parquet", chain, tmp_path / "out", "cpu", 1)
    table = read_pictures(tmp_path / "out", LATENT)
    columns = ["frame", "motion mask", "without a network", "m/initial", "m/finetuned"]
    assert table["column"].tolist() == columns * 2
    assert table["row"].tolist() == [0] * 5 + [1] * 5
    assert set(zip(table["class"], table["video"], table["shot"], strict=True)) == {("red", "b", 1)}
    assert [alpha for alpha, *_ in recorder.given] == [0, 1.0, 2.0]
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"pictures.csv", *table["file"]}
    frame, mask = (np.asarray(Pillow.open(tmp_path / "out" / f)) for f in table["file"][:2])
    assert frame.shape == (19, 30, 3)
    assert np.abs(frame.astype(int) - mask).max() > 20


def test_where_masks_are_unknown_labels_are_too(recorder):
    sample = shot("v", 0, ("green",))
    maps = sample.masks.astype(np.uint8)
    maps[:, :4] = 255
    infer_labels(replace(sample, maps=maps), record(recorder.name, stride=3), None, 1)
    ((_, frames, _),) = recorder.given
    assert not frames.valid[:, :2].any()
    assert frames.valid[:, 2:].all()
    assert not frames.masks[:, :2].any()
