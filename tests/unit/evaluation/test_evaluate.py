import cv2
import numpy as np
import pandas as pd
import pytest

from mcnn.artefacts.images import Image, write_images
from mcnn.config.network import Network
from mcnn.errors import DataError
from mcnn.evaluation.dense_crf import dense_crf
from mcnn.evaluation.evaluate import evaluate
from mcnn.networks.build import build_network
from mcnn.networks.scores import predict_labels, predict_probabilities
from mcnn.networks.weights import save_network

SETTINGS = Network(architecture="shallow", width=0.2, weights="none")
CLASSES = ("bird", "car")
VOC_BIRD, VOC_BOTTLE, VOC_CAR = 3, 5, 7


@pytest.fixture
def model(tmp_path):
    network = build_network(SETTINGS, 3)
    save_network(network, tmp_path / "model.safetensors", CLASSES, SETTINGS)
    return network.eval(), tmp_path / "model.safetensors"


def test_the_tables_are_of_one_matrix_in_the_runs_labels(tmp_path, model):
    network, path = model
    rng = np.random.default_rng(0)
    images, truths, predictions = [], [], []
    for name, size in (("a", (30, 41)), ("b", (26, 33))):
        pixels = rng.integers(0, 256, (*size, 3)).astype(np.uint8)
        voc = rng.choice([0, VOC_BIRD, VOC_BOTTLE, VOC_CAR, 255], size).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels[..., ::-1])
        cv2.imwrite(str(tmp_path / f"{name}_mask.png"), voc)
        paths = (str(tmp_path / f"{name}.png"), str(tmp_path / f"{name}_mask.png"))
        images.append(Image(name, *paths, tags=("bird",)))
        # Irrelevant classes count as background.
        lookup = {0: 0, VOC_BIRD: 1, VOC_BOTTLE: 0, VOC_CAR: 2, 255: 255}
        truths.append(np.vectorize(lookup.get)(voc).ravel())
        predictions.append(predict_labels(network, pixels).ravel())
    images.append(Image("unlabelled", str(tmp_path / "a.png"), None, ("car",)))
    write_images(images, tmp_path / "images.parquet")

    evaluate(path, {"val": tmp_path / "images.parquet"}, tmp_path / "out", "cpu", 1)

    truth, prediction = np.concatenate(truths), np.concatenate(predictions)
    expected = []
    for label in range(3):
        used = truth != 255
        both = ((truth == label) & (prediction == label))[used].sum()
        either = ((truth == label) | (prediction == label))[used].sum()
        expected.append(both / either)
    iou = pd.read_csv(tmp_path / "out" / "iou.csv")
    assert iou["class"].tolist() == ["background", "bird", "car", "mean"]
    assert iou["iou"].tolist() == pytest.approx([*expected, np.mean(expected)])
    assert set(iou["images"]) == {2}
    assert set(iou["postprocessing"]) == {"none"}
    confusion = pd.read_csv(tmp_path / "out" / "confusion.csv")
    assert confusion["true"].tolist() == ["background", "bird", "car"]
    counts = confusion.filter(like="predicted").to_numpy()
    assert counts.sum() == (truth != 255).sum()
    assert counts[1, 0] == ((truth == 1) & (prediction == 0)).sum()


def test_a_set_without_any_mask_is_refused(tmp_path, model):
    write_images([Image("a", "a.png", None, ("bird",))], tmp_path / "images.parquet")
    with pytest.raises(DataError, match="no image of this set has a mask"):
        evaluate(model[1], {"val": tmp_path / "images.parquet"}, tmp_path / "out", "cpu", 1)
    assert not (tmp_path / "out").exists()


def test_the_dense_crf_is_applied_and_named(tmp_path, model):
    network, path = model
    pixels = np.random.default_rng(1).integers(0, 256, (30, 41, 3)).astype(np.uint8)
    pixels = cv2.GaussianBlur(pixels, (0, 0), 3)
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    cv2.imwrite(str(tmp_path / "a_mask.png"), np.zeros((30, 41), np.uint8))
    image = Image("a", str(tmp_path / "a.png"), str(tmp_path / "a_mask.png"), tags=("bird",))
    write_images([image], tmp_path / "images.parquet")

    sets = {"val": tmp_path / "images.parquet"}
    evaluate(path, sets, tmp_path / "out", "cpu", 1, postprocessing="dense_crf")

    labels = dense_crf(predict_probabilities(network, pixels[None])[0], pixels).argmax(0)
    assert (labels != predict_labels(network, pixels)).any()
    confusion = pd.read_csv(tmp_path / "out" / "confusion.csv").filter(like="predicted")
    assert confusion.loc[0].tolist() == np.bincount(labels.ravel(), minlength=3).tolist()
    assert set(pd.read_csv(tmp_path / "out" / "iou.csv")["postprocessing"]) == {"dense_crf"}
