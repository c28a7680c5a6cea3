import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_training import write_shots

from mcnn.artefacts.samples import Sample
from mcnn.artefacts.selected import read_selected
from mcnn.config.network import Network
from mcnn.config.selection import Selection
from mcnn.errors import DataError
from mcnn.networks.build import build_network
from mcnn.networks.scores import predict_labels
from mcnn.networks.weights import load_network, save_network
from mcnn.shots.select import mean_overlap
from mcnn.training import selection

CLASSES = ("car", "boat")
RED, BLUE, GREY = (255, 0, 0), (0, 0, 255), (120, 120, 120)
CAR, BOAT, NOTHING = RED, BLUE, GREY
"""What the network of these tests takes the colours for."""
SIZE = 20


@pytest.fixture
def model(tmp_path):
    """DeepLab that passes on how red and how blue pixels are, and labels them by that."""
    settings = Network(architecture="deeplab_large_fov", width=0.05, weights="none")
    network = build_network(settings, 3)
    with torch.no_grad():
        for value in network.parameters():
            value.zero_()
        first, *others, last = (m for m in network.modules() if isinstance(m, torch.nn.Conv2d))
        first.weight[0, [0, 2], 1, 1] = torch.tensor([1.0, -1.0])
        first.weight[1, [0, 2], 1, 1] = torch.tensor([-1.0, 1.0])
        for layer in others:
            middle = layer.kernel_size[0] // 2
            layer.weight[0, 0, middle, middle] = layer.weight[1, 1, middle, middle] = 1
        last.weight[1, 0] = last.weight[2, 1] = 1
        last.bias[0] = 1
    save_network(network, tmp_path / "model.safetensors", CLASSES, settings)
    return tmp_path / "model.safetensors"


def shot(video, number, tags, colours, shares):
    """A frame of each colour, of which the mask covers a share."""
    images = np.stack([np.full((SIZE, SIZE + 3, 3), colour, np.uint8) for colour in colours])
    masks = np.zeros(images.shape[:3], bool)
    for mask, share in zip(masks, shares, strict=True):
        mask[: round(SIZE * share)] = True
    return Sample(video, number, tags, images, masks)


SHOTS = [
    shot("b", 3, ("boat",), [BOAT, NOTHING], [0.3, 0.2]),
    shot("a", 0, ("boat",), [BOAT, BOAT], [0.8, 0.2]),
    shot("a", 1, ("boat",), [BOAT, BOAT], [0.9, 0.5]),
    shot("a", 2, ("boat",), [CAR, NOTHING], [1, 1]),
    shot("a", 4, ("car", "boat"), [CAR, BOAT], [0.3, 0.4]),
    shot("001", 0, ("car",), [CAR, NOTHING], [0.4, 0]),
]
OVERLAPS = [0.15, 0.5, 0.7, 0, 0.35, 0.2]
NOT_BEST = "not the best of its video"


def select(model, min_iou=0.2, device="cpu", threads=1):
    samples = model.with_name("samples.parquet")
    write_shots(samples, SHOTS)
    output = model.with_name("selected.csv")
    selection.select(samples, model, output, Selection(min_iou=min_iou), device, threads)
    return output


def test_of_each_video_the_shot_of_highest_overlap_with_its_own_tags_is_selected(model):
    path = select(model)
    table = pd.read_csv(path, dtype={"video": str}, keep_default_na=False)
    assert list(zip(table["video"], table["shot"], strict=True)) == [
        (each.video, each.shot) for each in SHOTS
    ]
    assert table["overlap"].tolist() == pytest.approx(OVERLAPS)
    assert table["reason"].tolist() == [
        *("overlap below 0.2", NOT_BEST, "", NOT_BEST, NOT_BEST, ""),
    ]
    assert read_selected(path) == {("a", 1), ("001", 0)}


def test_the_least_overlap_is_the_setting(model):
    assert read_selected(select(model, 0.15)) == {("b", 3), ("a", 1), ("001", 0)}
    assert read_selected(select(model, 0.21)) == {("a", 1)}


def test_no_shot_at_all_is_an_error_with_the_highest_overlap(model):
    with pytest.raises(DataError, match=r"no shot .* overlaps by 0.9 .*highest 0\.700"):
        select(model, 0.9)
    assert not model.with_name("selected.csv").exists()


def test_device_and_threads_are_those_asked_for(model, monkeypatch):
    asked, stream = [], selection.Stream
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(selection, "Stream", lambda *a: asked.append(a) or stream(*a))
    with pytest.raises(NotImplementedError, match="meta tensor"):  # Whose tensors have no data.
        select(model, device="meta", threads=3)
    assert asked[:2] == [3, (torch.device("meta"), 3)]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_overlaps_are_those_of_one_frame_after_the_other(model, monkeypatch, threads):
    rng = np.random.default_rng(0)
    shots = []
    for number in range(12):
        n = int(rng.integers(1, 5))
        colours = [(BOAT, CAR)[k] for k in rng.integers(2, size=n)]
        shots.append(shot("a", number, ("boat",), colours, rng.random(n)))
    monkeypatch.setattr(sys.modules[__name__], "SHOTS", shots)
    network, _ = load_network(model)
    expected = [
        mean_overlap(
            each.masks, np.stack([predict_labels(network, image) for image in each.images]), [2]
        )
        for each in shots
    ]
    assert len(set(expected)) > 8
    table = pd.read_csv(select(model, min_iou=0, threads=threads))
    assert table["overlap"].tolist() == pytest.approx(expected)


def test_pixels_of_which_masks_say_nothing_do_not_count(model, monkeypatch):
    maps = SHOTS[2].masks.astype(np.uint8)
    maps[0, -2:] = 255
    changed = [*SHOTS[:2], replace(SHOTS[2], maps=maps), *SHOTS[3:]]
    monkeypatch.setattr(sys.modules[__name__], "SHOTS", changed)
    table = pd.read_csv(select(model), dtype={"video": str})
    # All else of the first frame is in the mask and predicted.
    assert table["overlap"].tolist() == pytest.approx([*OVERLAPS[:2], 0.75, *OVERLAPS[3:]])
