import numpy as np
import pandas as pd
import pytest

import mcnn.training.selection as selection
from mcnn.artefacts.samples import Sample
from mcnn.config.network import Network
from mcnn.config.selection import Selection
from mcnn.errors import DataError
from mcnn.networks.build import build_network
from mcnn.networks.weights import save_network
from mcnn.training.selection import select


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Selection with a network that predicts the class of its image's brightness everywhere."""
    settings = Network(architecture="shallow", width=0.2, weights="none")
    save_network(
        build_network(settings, 3), tmp_path / "model.safetensors", ("boat", "car"), settings
    )
    monkeypatch.setattr(
        selection, "predict_labels", lambda _, image: np.full(image.shape[:2], image[0, 0, 0])
    )

    def sample(video, shot, tag, predicted, share):
        images = np.full((2, 10, 10, 3), predicted, np.uint8)
        masks = np.zeros((2, 10, 10), bool)
        masks[:, : round(10 * share)] = True
        return Sample(video, shot, (tag,), images, masks)

    samples = [
        sample("a", 0, "boat", 1, 0.5),
        sample("a", 1, "boat", 1, 0.7),
        sample("a", 2, "boat", 2, 1.0),
        sample("b", 0, "car", 2, 0.1),
    ]
    monkeypatch.setattr(selection, "SampleFile", lambda _: samples)

    def run(min_iou):
        output = tmp_path / "selected.csv"
        settings = Selection(min_iou=min_iou)
        select(tmp_path / "samples", tmp_path / "model.safetensors", output, settings, "cpu", 1)
        return pd.read_csv(output)

    return run


def test_the_best_shot_of_each_video_by_overlap_with_its_own_tag(run):
    table = run(0.2)
    assert table["overlap"].tolist() == pytest.approx([0.5, 0.7, 0, 0.1])
    assert table["selected"].tolist() == [False, True, False, False]


def test_no_shot_at_all_is_an_error_with_the_highest_overlap(run):
    with pytest.raises(DataError, match=r"highest 0\.700"):
        run(0.9)
