import numpy as np
import pytest
from colour_network import save_colour_network
from PIL import Image as Pillow
from tiny_training import write_shots

from mcnn.artefacts.images import Image, write_images
from mcnn.artefacts.samples import Sample
from mcnn.errors import DataError
from mcnn.evaluation import predictions
from mcnn.evaluation.predictions import Shown, draw_predictions, draw_sheet
from mcnn.imaging.drawing import COLOURS, TILE_WIDTH

CLASSES = ("red", "green", "blue")
SIZE = (21, 33)


def coloured(channel):
    """Black, with a square of one colour."""
    image = np.zeros((*SIZE, 3), np.uint8)
    image[4:13, 8:21, channel] = 255
    return image


def shot(video, number, tags, channel, n_frames):
    images = np.stack([coloured(channel)] * n_frames)
    return Sample(video, number, tags, images, images.any(-1))


@pytest.fixture
def model(tmp_path):
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    return tmp_path / "model.safetensors"


@pytest.fixture
def drawn(monkeypatch):
    """What is drawn on each sheet: captions, labels in the middle of the square, motion masks."""
    sheets = []

    def note(rows, classes):
        assert tuple(classes) == CLASSES
        sheets.append(
            [(each.caption, int(labels[8, 12]), each.motion is not None) for each, labels in rows]
        )
        return draw_sheet(rows, classes)

    monkeypatch.setattr(predictions, "draw_sheet", note)
    return sheets


def test_each_class_has_a_sheet_of_its_own_frames_and_images(tmp_path, model, drawn):
    shots = [
        shot("v", 0, ("red",), 0, 2),
        shot("v", 1, ("blue", "red"), 2, 1),
        shot("w", 0, ("blue",), 0, 1),
    ]
    write_shots(tmp_path / "samples.parquet", shots)
    Pillow.fromarray(coloured(1)).save(tmp_path / "x.png")
    listed = [Image("x", str(tmp_path / "x.png"), None, ("red",))]
    write_images(listed, tmp_path / "images.parquet")
    files = tmp_path / "samples.parquet", tmp_path / "images.parquet"
    draw_predictions(model, *files, tmp_path / "out", "cpu", 1)
    draw_predictions(model, *files, tmp_path / "again", "cpu", 3)
    expected = [
        [("v, shot 0", 1, True)] * 2 + [("v, shot 1", 3, True), ("x", 2, False)],
        [("v, shot 1", 3, True), ("w, shot 0", 1, True)],
    ]
    assert drawn == expected * 2
    for name in ("blue.jpg", "red.jpg"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["blue.jpg", "red.jpg"]
    assert Pillow.open(tmp_path / "out/red.jpg").width == 4 * TILE_WIDTH


def test_frames_of_a_class_are_spread_over_all_its_shots(tmp_path, model, drawn):
    shots = [shot("v", k, ("green",), 1, 3) for k in range(10)]
    write_shots(tmp_path / "samples.parquet", shots)
    draw_predictions(model, tmp_path / "samples.parquet", None, tmp_path / "out", "cpu", 1)
    (sheet,) = drawn
    assert len(sheet) == predictions.PICTURES == 12
    assert {caption for caption, *_ in sheet} == {f"v, shot {k}" for k in range(10)}


def test_a_row_shows_motion_and_labels_in_their_colours_with_their_names():
    image = np.full((180, TILE_WIDTH, 3), 100, np.uint8)
    motion = np.zeros(image.shape[:2], bool)
    motion[100:150, 30:90] = True
    labels = np.zeros(image.shape[:2], np.uint8)
    labels[20:60, 30:90], labels[100:150, 200:300] = 1, 3
    both = [(Shown("v, shot 0", image, motion), labels), (Shown("x", image, None), 0 * labels)]
    picture = draw_sheet(both, CLASSES)
    tiles = np.hsplit(picture[22 : 22 + 180], 4)

    def blend(colour):
        return [int(55 + 0.45 * value) for value in colour]

    assert tiles[0][125, 60].tolist() == tiles[1][40, 60].tolist() == blend(COLOURS[0])
    assert tiles[1][125, 250].tolist() == blend(COLOURS[2])
    assert tiles[1][125, 60].tolist() == [100, 100, 100]
    for tile in tiles[2:]:
        assert (tile == 100).all()
    legend = picture[22 + 180 :].reshape(-1, 3).tolist()
    assert all(list(colour) in legend for colour in COLOURS[:3])


def test_captions_name_what_is_seen_the_largest_first():
    labels = np.zeros((10, 10), np.uint8)
    labels[:1], labels[1:4] = 2, 1
    assert predictions._names(labels, CLASSES) == "red 30.0%, green 10.0%"
    assert predictions._names(0 * labels, CLASSES) == "background"


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.safetensors"):
        draw_predictions(tmp_path / "none.safetensors", None, None, tmp_path / "out", "cpu", 1)
