import time

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from colour_network import save_colour_network
from PIL import Image as Pillow
from trees import truncate, write_video

from mcnn.errors import DataError
from mcnn.imaging.palette import voc_palette
from mcnn.networks.stream import Stream
from mcnn.prediction import to_folder
from mcnn.prediction.model import SegmentationModel, load
from mcnn.prediction.to_folder import predict_to_folder

CLASSES = ("red", "green", "blue")


def coloured(channel, size=(24, 32)):
    image = np.zeros((*size, 3), np.uint8)
    image[4:20, 8:24, channel] = 255
    return image


@pytest.fixture
def model(tmp_path):
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    return load(tmp_path / "model.safetensors", "cpu")


@pytest.fixture
def images(tmp_path):
    """Photographs of two sizes in a folder with one below it."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name, channel, size in [
        ("a.png", 0, (24, 32)),
        ("b.png", 1, (24, 32)),
        ("c.png", 2, (40, 30)),
        ("more/d.png", 0, (24, 32)),
    ]:
        Pillow.fromarray(coloured(channel, size)).save(folder / name)
    return folder


def labels_of(path):
    image = Pillow.open(path)
    assert image.mode == "P"
    assert image.getpalette() == voc_palette()
    return np.asarray(image)


def files_in(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in files)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_image_has_the_labels_of_the_model(images, model, tmp_path, threads):
    out = tmp_path / "out"
    outcome = predict_to_folder([images], model, out, threads=threads)
    assert files_in(out) == ["a.png", "b.png", "c.png", "labels.csv", "more/d.png"]
    for name in ("a", "b", "c", "more/d"):
        expected = model.predict(np.asarray(Pillow.open(images / f"{name}.png")))
        np.testing.assert_array_equal(labels_of(out / f"{name}.png"), expected)
    assert (outcome.n_labelled, outcome.skipped) == (4, [])
    assert outcome.classes == {"red": 2, "green": 1, "blue": 1}
    table = pd.read_csv(out / "labels.csv")
    assert table.to_numpy().tolist() == [[0, "background"], [1, "red"], [2, "green"], [3, "blue"]]


class Watched(SegmentationModel):
    """Remembers what it looks at, and by how many threads of torch."""

    def __init__(self, model, seen):
        super().__init__(model.network, model.classes)
        object.__setattr__(self, "seen", seen)

    def predict_label_maps(self, images, *arguments, **options):
        self.seen.append((images.shape[:3], torch.get_num_threads()))
        assert options == {"crf": False, "longer_side": 20}
        assert arguments == (["red"],)
        return super().predict_label_maps(images, *arguments, **options)


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_each_thread_has_an_image_and_a_core(images, model, tmp_path, three_threads):
    seen, options = [], {"tags": ["red"], "longer_side": 20}
    watched = Watched(model, seen)
    predict_to_folder([images], watched, tmp_path / "out", **options)
    assert sorted(seen) == [((1, 24, 32), 1)] * 3 + [((1, 40, 30), 1)]
    assert torch.get_num_threads() == 3
    seen.clear()
    predict_to_folder([images / "a.png"], watched, tmp_path / "one", **options)
    assert seen == [((1, 24, 32), 3)]
    seen.clear()
    video = write_video(tmp_path / "v.mp4", [np.full((32, 48, 3), 255, np.uint8)] * 2)
    predict_to_folder([video], watched, tmp_path / "video", **options)
    assert seen == [((1, 32, 48), 1)] * 2


def test_an_accelerator_looks_at_neighbours_of_one_size_together(
    images, model, tmp_path, monkeypatch
):
    gpu = torch.device("cuda")
    monkeypatch.setattr(to_folder, "Stream", lambda _, *a, **options: Stream(gpu, *a, **options))
    seen = []
    watched = Watched(model, seen)
    predict_to_folder([images], watched, tmp_path / "out", tags=["red"], longer_side=20)
    assert sorted(shape for shape, _ in seen) == [(1, 24, 32), (1, 40, 30), (2, 24, 32)]


def test_overlays_and_probabilities_are_written_on_request(images, model, tmp_path):
    out = tmp_path / "out"
    predict_to_folder([images / "a.png"], model, out, overlay=True, probabilities=True)
    assert files_in(out) == ["a.npz", "a.png", "a_overlay.jpg", "labels.csv"]
    drawn = np.asarray(Pillow.open(out / "a_overlay.jpg"))
    assert drawn.shape == (24, 32, 3)
    assert drawn[12, 16, 0] > 200
    with np.load(out / "a.npz") as file:
        assert file["names"].tolist() == ["background", *CLASSES]
        expected = model.predict_probabilities(np.asarray(Pillow.open(images / "a.png"))[None])[0]
        np.testing.assert_allclose(file["probabilities"], expected, atol=1e-3)


def test_frames_of_a_video_are_labelled_one_by_one(model, tmp_path):
    frames = [np.full((32, 48, 3), colour, np.uint8) for colour in [(255, 0, 0), (0, 0, 255)] * 2]
    path = write_video(tmp_path / "v.mp4", frames)
    out = tmp_path / "out"
    outcome = predict_to_folder([path], model, out, overlay=True, probabilities=True)
    names = [f"{k:08d}" for k in range(4)]
    expected = [f"v/{name}.{kind}" for name in names for kind in ("npz", "png")]
    assert files_in(out) == ["labels.csv", *expected, "v/overlay.mp4"]
    assert [int(labels_of(out / f"v/{name}.png")[16, 24]) for name in names] == [1, 3, 1, 3]
    assert outcome.classes == {"red": 1, "blue": 1}
    overlay = cv2.VideoCapture(str(out / "v/overlay.mp4"))
    assert overlay.get(cv2.CAP_PROP_FRAME_COUNT) == 4


def test_nothing_is_left_of_a_video_that_breaks_off(model, tmp_path, monkeypatch):
    frames = [np.full((32, 48, 3), 255, np.uint8)] * 2
    path = write_video(tmp_path / "v.mp4", frames)
    written = to_folder._Writer.image

    def slowly(*arguments):
        time.sleep(0.2)
        return written(*arguments)

    def read(path):
        yield from frames
        raise DataError(path, "it breaks off", "copy it again")

    monkeypatch.setattr(to_folder._Writer, "image", slowly)
    monkeypatch.setattr(to_folder, "read_video", read)
    outcome = predict_to_folder([path], model, tmp_path / "out", threads=2)
    assert len(outcome.skipped) == 1
    assert files_in(tmp_path / "out") == ["labels.csv"]
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["labels.csv"]


def test_a_broken_file_is_listed_and_the_others_are_labelled(images, model, tmp_path):
    truncate(images / "b.png")
    (images / "z.mp4").write_bytes(b"no video")
    outcome = predict_to_folder([images], model, tmp_path / "out")
    assert files_in(tmp_path / "out") == ["a.png", "c.png", "labels.csv", "more/d.png"]
    assert outcome.n_labelled == 3
    assert [entry.item for entry in outcome.skipped] == [
        str(images / "b.png"),
        str(images / "z.mp4"),
    ]
    assert "truncated" in outcome.skipped[0].reason


def test_nothing_is_overwritten_unless_forced(images, model, tmp_path):
    out = tmp_path / "out"
    video = write_video(images / "v.mp4", [np.full((32, 48, 3), 255, np.uint8)] * 2)
    predict_to_folder([images], model, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    with pytest.raises(DataError, match=r"a\.png: it is there already.*--force"):
        predict_to_folder([images], model, out)
    with pytest.raises(DataError, match="out/v: it is there already"):
        predict_to_folder([video], model, out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.png")} == before
    write_video(video, [np.full((32, 48, 3), (0, 255, 0), np.uint8)])
    Pillow.fromarray(coloured(1)).save(images / "a.png")
    predict_to_folder([images], model, out, force=True)
    assert labels_of(out / "a.png")[12, 16] == 2
    assert files_in(out / "v") == ["00000000.png"]
    assert not list(out.rglob(".*"))


def test_names_of_another_models_labels_are_not_overwritten(images, model, tmp_path):
    out = tmp_path / "out"
    predict_to_folder([images / "a.png"], model, out)
    other = type(model)(model.network, ("green", "red", "blue"))
    with pytest.raises(DataError, match=r"labels\.csv: it is of another model"):
        predict_to_folder([images / "b.png"], other, out)
    assert not (out / "b.png").exists()
    predict_to_folder([images / "b.png"], model, out)
    assert files_in(out) == ["a.png", "b.png", "labels.csv"]
