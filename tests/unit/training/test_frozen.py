"""Features of whole frames, looked at once, and the crops that are taken of them."""

import numpy as np
import pytest
import torch
from tiny_training import CLASSES, MEAN, make_images, picture, shot, write_shots
from torch.nn import functional

from mcnn.config.network import Network
from mcnn.config.training import Optimizer
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.build import build_network
from mcnn.networks.levels import LevelNetwork
from mcnn.networks.scores import normalise
from mcnn.training.batches import MiniBatches
from mcnn.training.calibrate import calibrate
from mcnn.training.crops import Frame
from mcnn.training.frozen import FrozenFeatures, frozen_features
from mcnn.training.gradients import Gradients

CPU = torch.device("cpu")
SETTINGS = Optimizer(
    crop_size=17, images_per_batch=2, backbone_multiplier=0, backbone_input="frames"
)
LARGE = [
    shot("v", 0, ("boat",), 10, (45, 38), n_frames=3),
    shot("v", 1, ("boat", "car"), 20, (15, 42)),
    shot("w", 0, ("car",), 30, (51, 50)),
]
"""One lower than a crop, two in which one has many places."""


@pytest.fixture(scope="module", params=["squeezenet1_1", "mobilenet_v2"])
def network(request):
    torch.manual_seed(0)
    settings = Network(architecture=request.param, weights="none", mean=MEAN, std=MEAN)
    return build_network(settings, 1 + len(CLASSES)).eval()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    return write_shots(folder / "samples.parquet", LARGE), make_images(folder)


def mini_batches(inputs, chosen=range(3), **settings):
    samples, images = inputs
    settings = SETTINGS.model_copy(update=settings)
    return MiniBatches(samples, chosen, images, CLASSES, settings, MEAN, seed=5)


def noise(size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def features_of_image(network, image):
    """Features of a whole image, padded as for a prediction."""
    inputs = normalise(image[None], network.mean, network.std)
    below, right = (-(side - 1) % 8 for side in image.shape[:2])
    with torch.no_grad():
        return network.level_features(functional.pad(inputs, (0, right, 0, below)))


def difference(found, expected):
    """Of each channel that is not 0, over its length."""
    difference, length = (x.flatten(-2).norm(dim=-1) for x in (found - expected, expected))
    assert (length > 0).float().mean() > 0.3
    return difference[length > 0] / length[length > 0]


@pytest.mark.parametrize("size", [(97, 121), (90, 127)])
@pytest.mark.parametrize("corner", [(0, 0), (16, 40), (32, 8)])
def test_features_of_a_crop_are_those_that_a_prediction_has_there(network, size, corner):
    image, (top, left) = noise(size), corner
    found = FrozenFeatures(network, 10**9)([Frame("a", image, top, left)], 49)
    expected = features_of_image(network, image)[
        :, :, top // 8 : top // 8 + 7, left // 8 : left // 8 + 7
    ]
    assert difference(found, expected).max() < 1e-4
    # What surrounds a crop is seen.
    alone = features_of_image(network, image[top : top + 49, left : left + 49].copy())
    assert difference(found, alone).mean() > 0.1


def test_features_of_several_crops_are_those_of_each(network):
    features = FrozenFeatures(network, 10**9)
    frames = [Frame(k, noise((60 + 8 * k, 50), k), 8 * k, 0) for k in range(3)]
    together = features(frames, 33)
    assert together.shape[0] == 3
    for one, frame in zip(together, frames, strict=True):
        assert torch.equal(FrozenFeatures(network, 0)([frame], 33)[0], one)


def test_beyond_a_frame_its_last_features_are_repeated(network):
    image = noise((41, 57))
    (found,) = FrozenFeatures(network, 10**9)([Frame("a", image, 8, 24)], 65)
    expected = features_of_image(network, image)[0]
    rows, columns = [min(1 + k, 5) for k in range(9)], [min(3 + k, 7) for k in range(9)]
    assert difference(found, expected[:, rows][:, :, columns]).max() < 1e-4


@pytest.fixture
def looked_at(network, monkeypatch):
    """Shapes of what the backbone was given."""
    seen, inside = [], type(network).levels
    monkeypatch.setattr(
        type(network), "levels", lambda self, x: seen.append(tuple(x.shape)) or inside(self, x)
    )
    return seen


def test_each_frame_is_looked_at_once_and_so_is_its_mirror_image(network, looked_at):
    image, features = noise((40, 50)), FrozenFeatures(network, 10**9)
    for key, top in (("a", 0), ("a", 8), ("b", 0), ("a", 16), ("b", 8)):
        features([Frame(key, image if key == "a" else image[:, ::-1], top, 0)], 17)
    assert looked_at == 2 * [(1, 3, 41, 57)]


def test_frames_that_memory_has_no_room_for_are_looked_at_each_time(network, looked_at):
    images = [noise((40, 50), k) for k in range(3)]
    levels = network.levels(torch.zeros(1, 3, 41, 57))
    looked_at.clear()
    most = 2 * sum(level.nbytes for level in levels)
    for most_bytes, expected in ((most, 3 + 2), (most - 1, 3 + 4), (0, 9)):
        features = FrozenFeatures(network, most_bytes)
        found = [features([Frame(k, images[k], 0, 0)], 17) for k in (0, 1, 2) * 3]
        assert len(looked_at) == expected
        looked_at.clear()
        for k in range(3):
            assert torch.equal(found[k], found[k + 3])
            assert torch.equal(found[k], found[k + 6])


def test_lower_precision_is_not_for_what_is_kept(network):
    frame = Frame("a", noise((40, 50)), 0, 0)
    expected = FrozenFeatures(network, 10**9)([frame], 17)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(FrozenFeatures(network, 10**9)([frame], 17), expected)


def test_features_are_asked_for_by_the_setting_with_memory_in_mib(network):
    assert frozen_features(network, Optimizer(backbone_multiplier=0)) is None
    features = frozen_features(network, SETTINGS, 3)
    assert isinstance(features, FrozenFeatures)
    assert features._left == 3 * 2**20


@pytest.mark.parametrize("video_batches", ["shots", "frames"])
def test_a_batch_says_of_which_frames_its_crops_are_and_where_they_lie(inputs, video_batches):
    batches = mini_batches(inputs, video_batches=video_batches)
    images, places = {}, set()
    for number in range(60):
        batch = batches(number)
        for crop, valid, frame in zip(batch.images, batch.valid, batch.frames, strict=True):
            window = frame.image[frame.top : frame.top + 17, frame.left : frame.left + 17]
            np.testing.assert_array_equal(crop[valid], window.reshape(-1, 3))
            (_, mirrored), code = frame.key, int(frame.image[0, 0, 0])
            image = picture(code, frame.image.shape[:2])
            np.testing.assert_array_equal(frame.image, image[:, ::-1] if mirrored else image)
            assert images.setdefault(frame.key, (code, mirrored)) == (code, mirrored)
            places.add((code, frame.top, frame.left))
    # 7 frames of shots and 3 images, each mirrored as well; no two have one key.
    assert len(images) == len(set(images.values())) == 20
    tops, lefts = ({p[k] for p in places if p[0] == 30} for k in (1, 2))
    assert tops <= {0, 8, 16, 24, 32}
    assert lefts <= {0, 8, 16, 24, 32}
    assert len(tops) > 2
    assert len(lefts) > 2


def test_crops_that_the_backbone_looks_at_come_without_frames(inputs):
    for number in range(5):
        assert mini_batches(inputs, backbone_input="crops")(number).frames == ()


def scores_of_first(network, batches, frozen, **settings):
    batches.settings = batches.settings.model_copy(update=settings)
    seen = []

    def supervise(scores, *_):
        seen.append(scores.detach())
        return (scores**2).mean(), 0.0

    with Gradients(network.train(), batches, CPU, 2, 2, frozen) as gradients:
        gradients.accumulate(range(2), supervise, lambda: None)
    return seen


@pytest.mark.parametrize("size", [None, 1, 2])
def test_a_training_scores_the_features_of_its_frames(network, inputs, size):
    batches = mini_batches(inputs, micro_batch_size=size)
    found = scores_of_first(network, batches, FrozenFeatures(network, 10**9))
    for number, scores in enumerate(found):
        frames = batches(number).frames
        with torch.no_grad():
            features = [FrozenFeatures(network, 0)([frame], 17) for frame in frames]
            expected = network.classifier(torch.cat(features))
        torch.testing.assert_close(scores, expected)


def test_the_network_is_not_asked_for_whole_crops(network, inputs, monkeypatch):
    monkeypatch.setattr(LevelNetwork, "forward", lambda *_: 1 / 0)
    scores_of_first(network, mini_batches(inputs), FrozenFeatures(network, 10**9))
    assert isinstance(network, SegmentationNetwork)


def test_statistics_are_those_of_the_features_that_are_trained_on(inputs):
    torch.manual_seed(0)
    settings = Network(architecture="mobilenet_v2", weights="none", mean=MEAN, std=MEAN)
    network, batches = build_network(settings, 2), mini_batches(inputs)
    calibrate(network, batches, CPU, 2, FrozenFeatures(network, 10**9))
    found = []
    for number in range(len(batches)):
        batch = batches(number)
        with torch.no_grad():
            features = network.standardise(FrozenFeatures(network, 0)(batch.frames, 17))
        found.append(features.permute(0, 2, 3, 1).numpy()[batch.valid[:, ::8, ::8]])
    values = np.concatenate(found).astype(float)
    varies = values.std(axis=0) > 0
    assert varies.mean() > 0.5
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(values[:, varies].std(axis=0), 1, atol=1e-3)
