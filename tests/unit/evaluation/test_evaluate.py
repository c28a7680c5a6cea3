import numpy as np
import pandas as pd
import pytest
import torch
from colour_network import save_colour_network
from random_networks import make
from trees import picture, truncate, write_image, write_palette_mask

import mcnn.evaluation.evaluate as evaluation
from mcnn.artefacts.images import Image, write_images
from mcnn.artefacts.scores import read_image_iou
from mcnn.errors import DataError
from mcnn.evaluation.evaluate import evaluate
from mcnn.label_space import VOC_CLASSES
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.weights import save_network

CLASSES = ("car", "bird", "aeroplane")
"""Red, green and blue to the model, and not in the order of VOC."""
LABELS = ["background", *CLASSES]
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def write(folder, name, size, areas):
    """An image of coloured rectangles on black, and its mask, void around their outlines.

    `areas` are rows, columns, colour and true class.
    """
    pixels, mask = np.zeros((*size, 3), np.uint8), np.zeros(size, np.uint8)
    for rows, columns, colour, true in areas:
        pixels[rows, columns] = colour
        mask[rows.start - 4 : rows.stop + 4, columns.start - 4 : columns.stop + 4] = 255
        label = VOC_CLASSES.index(true) + 1
        mask[rows.start + 4 : rows.stop - 4, columns.start + 4 : columns.stop - 4] = label
    image = write_image(folder / f"{name}.png", pixels)
    return Image(name, str(image), str(write_palette_mask(folder / f"{name}_m.png", mask)), ())


@pytest.fixture
def sets(tmp_path):
    """Two sets of images, the first of two and one without a mask."""
    seen = [(slice(8, 28), slice(10, 30), GREEN, "bird")]
    missed = [(slice(20, 44), slice(50, 80), RED, "bird")]
    first = [
        write(tmp_path, "a", (60, 81), [(slice(10, 30), slice(8, 40), RED, "car")]),
        write(tmp_path, "b", (50, 90), seen + missed),
        Image("c", str(tmp_path / "a.png"), None, ("car",)),
    ]
    bottle = [(slice(8, 28), slice(8, 28), BLUE, "bottle")]
    bird = [(slice(36, 60), slice(36, 60), GREEN, "bird")]
    write_images(first, tmp_path / "first.parquet")
    write_images([write(tmp_path, "d", (64, 64), bottle + bird)], tmp_path / "second.parquet")
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    paths = {name: tmp_path / f"{name}.parquet" for name in ("first", "second")}
    return tmp_path / "model.safetensors", paths, tmp_path / "out"


def test_tables_are_of_all_pixels_of_a_set_that_are_not_void(sets, monkeypatch):
    model, paths, out = sets
    monkeypatch.setattr(evaluation, "dense_crf", None)  # Unless asked for.
    evaluate(model, paths, out, "cpu", 1)

    expected = np.zeros((2, 4, 4), int)
    expected[0, 0, 0] = 60 * 81 - 28 * 40 + 50 * 90 - 28 * 28 - 32 * 38
    expected[0, 1, 1], expected[0, 2, 2], expected[0, 2, 1] = 12 * 24, 12 * 12, 16 * 22
    # Bottles are not among the classes: background.
    expected[1, 0, 0], expected[1, 0, 3] = 64 * 64 - 28 * 28 - 32 * 32, 12 * 12
    expected[1, 2, 2] = 16 * 16
    confusion = pd.read_csv(out / "confusion.csv")
    assert list(confusion) == ["set", "true", *(f"predicted_{name}" for name in LABELS)]
    assert confusion["set"].tolist() == ["first"] * 4 + ["second"] * 4
    assert confusion["true"].tolist() == LABELS * 2
    counts = confusion.filter(like="predicted").to_numpy().reshape(2, 4, 4)
    np.testing.assert_array_equal(counts, expected)

    iou = pd.read_csv(out / "iou.csv")
    assert list(iou) == ["set", "images", "postprocessing", "class", "iou"]
    assert iou["class"].tolist() == [*LABELS, "mean"] * 2
    assert iou["set"].tolist() == ["first"] * 5 + ["second"] * 5
    assert iou["images"].tolist() == [2] * 5 + [1] * 5
    assert set(iou["postprocessing"]) == {"none"}
    car, bird = 288 / (288 + 352), 144 / (144 + 352)
    background = expected[1, 0, 0] / (expected[1, 0, 0] + 144)
    scores = [1, car, bird, np.nan, (1 + car + bird) / 3]
    # No aeroplane is there to be found.
    scores += [background, np.nan, 1, np.nan, (background + 1) / 2]
    np.testing.assert_allclose(iou["iou"], scores)

    by_image = read_image_iou(out / "image_iou.csv")
    names = [["first", "a", "car"], ["first", "b", "bird"], ["second", "d", "bird"]]
    assert by_image[["set", "image", "class"]].to_numpy().tolist() == names
    assert by_image["iou"].tolist() == [1, bird, 1]


def test_the_dense_crf_has_the_last_word_and_is_named(tmp_path, sets, monkeypatch):
    model, paths, out = sets
    calls = []

    def dense_crf(probabilities, image):
        calls.append((probabilities, image))
        return np.roll(probabilities, 1, axis=0)

    monkeypatch.setattr(evaluation, "dense_crf", dense_crf)
    evaluate(model, {"second": paths["second"]}, out, "cpu", 1, postprocessing="dense_crf")
    ((probabilities, image),) = calls
    assert image[20, 20].tolist() == list(BLUE)
    network = save_colour_network(tmp_path / "m.safetensors", CLASSES)
    np.testing.assert_array_equal(probabilities, predict_probabilities(network, image[None])[0])
    counts = pd.read_csv(out / "confusion.csv").filter(like="predicted").to_numpy()
    # Each label has become the next one.
    assert counts.sum(0).tolist() == [12 * 12, 64 * 64 - 28 * 28 - 32 * 32, 0, 16 * 16]
    assert set(pd.read_csv(out / "iou.csv")["postprocessing"]) == {"dense_crf"}


def test_device_and_threads_are_those_asked_for(sets, monkeypatch):
    model, paths, out = sets
    asked, device, stream = [], torch.device("cpu"), evaluation.Stream
    monkeypatch.setattr(torch, "set_num_threads", lambda n: asked.append(n))
    monkeypatch.setattr(evaluation, "pick_device", lambda name: asked.append(name) or device)
    monkeypatch.setattr(evaluation, "Stream", lambda *a: asked.append(a) or stream(*a))
    evaluate(model, paths, out, "mps", 3)
    assert asked[:3] == [3, "mps", (device, 3)]


@pytest.mark.parametrize("postprocessing", ["none", "dense_crf"])
def test_files_do_not_depend_on_the_number_of_threads(tmp_path, sets, postprocessing):
    _, paths, _ = sets
    network = make("shallow", 0.25, n_labels=4)
    model = tmp_path / "random.safetensors"
    save_network(network, model, CLASSES, network.settings)
    found = []
    for threads in (1, 2, 3):
        out = tmp_path / f"{threads}"
        evaluate(model, paths, out, "cpu", threads, postprocessing)
        found.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert sorted(found[0]) == ["confusion.csv", "image_iou.csv", "iou.csv"]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_file_that_is_broken_is_named_and_nothing_is_written(tmp_path, sets, threads):
    model, paths, out = sets
    truncate(tmp_path / "b.png")
    truncate(tmp_path / "d.png")
    with pytest.raises(DataError, match=r"b\.png: the image does not decode"):
        evaluate(model, paths, out, "cpu", threads)
    truncate(tmp_path / "a_m.png")
    with pytest.raises(DataError, match=r"a_m\.png: the image does not decode"):
        evaluate(model, paths, out, "cpu", threads)
    assert not out.exists()


def test_a_set_without_any_mask_is_refused(tmp_path, sets):
    model, _, out = sets
    write_images([Image("a", "a.png", None, ("bird",))], tmp_path / "images.parquet")
    with pytest.raises(DataError, match="no image of this set has a mask"):
        evaluate(model, {"val": tmp_path / "images.parquet"}, out, "cpu", 1)
    assert not out.exists()


def test_a_mask_of_another_size_is_refused(tmp_path, sets):
    model, _, out = sets
    image = write_image(tmp_path / "e.jpg", picture(0))
    mask = write_palette_mask(tmp_path / "e.png", np.zeros((24, 31), np.uint8))
    write_images([Image("e", str(image), str(mask), ())], tmp_path / "images.parquet")
    with pytest.raises(DataError, match=r"e\.png: the mask is 31x24, its image 32x24"):
        evaluate(model, {"val": tmp_path / "images.parquet"}, out, "cpu", 1)
