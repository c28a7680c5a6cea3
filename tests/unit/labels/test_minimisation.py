from threading import Barrier

import numpy as np
import pytest
from paper_energy import latent_labels

from mcnn.config.labels import Labels
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.cut import FrameMinimiser
from mcnn.labels.minimisation import EnergyMinimisation

COMMON = {"foreground_components": 2, "background_components": 3, "lambda_": 3, "band": 0.2}


def contested(seed, tags, size=(8, 10), n_frames=3, n_labels=5):
    """Frames whose colours overlap and drift, with padding that looks like the object.

    Small changes to any term of the energy change labels.
    """
    rng = np.random.default_rng(seed)
    shape = n_frames, *size
    y, x = np.mgrid[: size[0], : size[1]]
    masks = np.stack([(y - 3 - t) ** 2 + (x - 4) ** 2 < 9 for t in range(n_frames)])
    masks ^= rng.random(shape) < 0.1
    colours = np.where(masks[..., None], (150, 110, 90), (110, 130, 110))
    colours = colours + 20 * np.arange(n_frames)[:, None, None, None]
    images = np.clip(colours + rng.normal(0, 30, (*shape, 3)), 0, 255).astype(np.uint8)
    valid = np.ones(shape, bool)
    valid[0, -1] = valid[1, :, -2:] = valid[2, 2, 2] = False
    images[~valid], masks[~valid] = (250, 90, 10), True
    probabilities = np.moveaxis(rng.dirichlet(np.full(n_labels, 0.5), shape), -1, 1)
    probabilities = np.ascontiguousarray(probabilities, np.float32)
    return PredictorInput(images, masks, valid, probabilities, tags, np.random.default_rng(seed))


def replaced(frames, **changes):
    return PredictorInput(**{**vars(frames), **changes})


SOFT, NETWORK_ONLY = True, False


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("motion", "tags", "size", "alpha", "threads", "changes"),
    [
        (SOFT, (2,), (8, 10), 0.7, 1, {}),
        (SOFT, (3,), (11, 7), 2, 3, {"gamma": 2, "lambda_": 2, "band": 0.1, "rounds": 2}),
        (SOFT, (3, 1), (7, 8), 1, 1, {}),
        (SOFT, (1, 4, 2), (7, 6), 1.5, 2, {"minimizer": "pymaxflow", "lambda_": 0.5, "rounds": 1}),
        (NETWORK_ONLY, (4,), (8, 9), 1.5, 2, {"lambda_": 1}),
        (NETWORK_ONLY, (4, 2), (8, 7), 1.5, 1, {"lambda_": 0.5}),
        (NETWORK_ONLY, (1,), (8, 7), 0.5, 1, {"minimizer": "pymaxflow", "lambda_": 0.5}),
    ],
)
def test_labels_are_those_of_section_3_3(seed, motion, tags, size, alpha, threads, changes):
    settings = Labels(**{**COMMON, **changes})
    expected = latent_labels(contested(seed, tags, size), settings, alpha, motion)
    predictor = EnergyMinimisation(settings, alpha, motion=motion, threads=threads)
    other_tags = [tag % 4 + 1 for tag in tags]
    predictor(contested(7, other_tags, size))  # Of which nothing may remain.
    frames, copy = contested(seed, tags, size), contested(seed, tags, size)
    found = predictor(frames)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)
    assert set(np.unique(expected)) == {0, *tags, IGNORE}  # All labels are in play.
    for name in ("images", "masks", "valid", "probabilities"):
        np.testing.assert_array_equal(getattr(frames, name), getattr(copy, name))


@pytest.mark.parametrize("tags", [(2,), (3, 1)])
def test_the_minimizer_is_the_one_of_the_settings(monkeypatch, tags):
    monkeypatch.setattr("maxflow.Graph", None)
    EnergyMinimisation(Labels(minimizer="grid"), 1, motion=True)(contested(0, tags))
    with pytest.raises(TypeError):
        EnergyMinimisation(Labels(minimizer="pymaxflow"), 1, motion=True)(contested(0, tags))


@pytest.mark.parametrize("threads", [1, 3])
def test_a_predictor_keeps_memory_but_no_labels_between_mini_batches(threads):
    settings = Labels(**COMMON)
    kept = EnergyMinimisation(settings, 1, motion=True, threads=threads)
    shapes = [((8, 10), 3, (1,)), ((10, 8), 3, (2,)), ((8, 10), 5, (1,)), ((8, 10), 5, (3, 1))]
    shapes += [((8, 10), 5, (3,)), ((8, 10), 5, (1,)), ((8, 10), 3, (1,))]
    for seed, (size, n_frames, tags) in enumerate(shapes):
        fresh = EnergyMinimisation(settings, 1, motion=True)
        expected = fresh(contested(seed, tags, size, n_frames))
        found = kept(contested(seed, tags, size, n_frames))
        np.testing.assert_array_equal(found, expected)


def test_threads_do_not_get_in_each_others_way():
    # Frames large enough for several threads to be busy at the same time.
    frames = {"tags": (1,), "size": (90, 120), "n_frames": 12}
    alone = EnergyMinimisation(Labels(lambda_=3), 1, motion=True)
    together = EnergyMinimisation(Labels(lambda_=3), 1, motion=True, threads=4)
    expected = alone(contested(0, **frames))
    for _ in range(5):
        np.testing.assert_array_equal(together(contested(0, **frames)), expected)


@pytest.mark.parametrize("motion", [SOFT, NETWORK_ONLY])
@pytest.mark.parametrize("threads", [1, 3])
def test_several_are_labelled_as_one_by_one(motion, threads):
    """Their tags, numbers of frames and sizes differ; they share their random numbers."""
    described = [((2,), (8, 10), 3), ((3, 1), (8, 10), 1), ((2,), (8, 10), 1), ((1,), (9, 7), 2)]

    def groups():
        rng = np.random.default_rng(5)
        frames = (contested(k, tags, size) for k, (tags, size, _) in enumerate(described))
        for each, (_, _, n) in zip(frames, described, strict=True):
            maps = {k: getattr(each, k)[:n] for k in ("images", "masks", "valid", "probabilities")}
            yield replaced(each, rng=rng, **maps)

    one = EnergyMinimisation(Labels(**COMMON), 1, motion=motion)
    expected = [one(frames) for frames in groups()]
    together = EnergyMinimisation(Labels(**COMMON), 1, motion=motion, threads=threads)
    for _ in range(2):
        found = together.each(list(groups()))
        for labels, of_one in zip(found, expected, strict=True):
            np.testing.assert_array_equal(labels, of_one)


def test_images_are_worked_on_at_the_same_time(monkeypatch):
    both, cut = Barrier(2), FrameMinimiser.__call__

    def wait_and_cut(minimiser, unary):
        both.wait(timeout=60)
        return cut(minimiser, unary)

    monkeypatch.setattr(FrameMinimiser, "__call__", wait_and_cut)
    images = [contested(k, (1 + k,), n_frames=3) for k in range(2)]
    parts = ("images", "masks", "valid", "probabilities")
    images = [replaced(each, **{k: getattr(each, k)[:1] for k in parts}) for each in images]
    labels = EnergyMinimisation(Labels(**COMMON), 1, motion=False, threads=2).each(images)
    assert [of_image.shape for of_image in labels] == [(1, 8, 10)] * 2


@pytest.mark.parametrize("value", [False, True])
def test_with_one_side_only_the_network_decides(value):
    settings = Labels(**{**COMMON, "lambda_": 1})
    frames = contested(0, (2,))
    frames = replaced(frames, masks=np.full_like(frames.masks, value))
    expected = latent_labels(frames, settings, 2, motion=False)
    found = EnergyMinimisation(settings, 2, motion=True)(frames)
    np.testing.assert_array_equal(found, expected)


def test_a_tag_that_the_network_never_sees_is_not_given():
    frames = contested(0, (1, 3))
    frames.probabilities[:, 3] = 0
    labels = EnergyMinimisation(Labels(**COMMON), 1, motion=True)(frames)
    assert set(np.unique(labels)) == {0, 1, IGNORE}


@pytest.mark.parametrize("motion", [SOFT, NETWORK_ONLY])
def test_without_tags_all_is_background(motion):
    frames = contested(0, ())
    labels = EnergyMinimisation(Labels(**COMMON), 1, motion=motion)(frames)
    np.testing.assert_array_equal(labels, np.where(frames.valid, 0, IGNORE))


def test_one_frame_is_a_shot_too():
    settings = Labels(**COMMON)
    frames = contested(2, (2,))
    first = {name: getattr(frames, name)[:1] for name in ("images", "masks", "valid")}
    first["probabilities"] = frames.probabilities[:1]
    expected = latent_labels(
        replaced(frames, **first, rng=np.random.default_rng(0)), settings, alpha=1
    )
    found = EnergyMinimisation(settings, 1, motion=True, threads=2)(
        replaced(frames, **first, rng=np.random.default_rng(0))
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("motion", [SOFT, NETWORK_ONLY])
@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("tags", [(1,), (1, 2)])
@pytest.mark.parametrize("n_valid", [0, 2])
@pytest.mark.parametrize("minimizer", ["grid", "pymaxflow"])
def test_frames_of_one_colour_and_frames_of_padding(motion, value, tags, n_valid, minimizer):
    images = np.full((3, 12, 12, 3), 128, np.uint8)
    masks = np.full((3, 12, 12), value)
    valid = np.ones_like(masks)
    valid[n_valid:] = False
    probabilities = np.full((3, 4, 12, 12), 0.1, np.float32)
    probabilities[:, 0], probabilities[:, 1, 3:] = 0.2, 0.4
    predictor = EnergyMinimisation(Labels(minimizer=minimizer, lambda_=0.1), 1, motion=motion)
    rng = np.random.default_rng(0)
    labels = predictor(PredictorInput(images, masks, valid, probabilities, tags, rng))
    assert (labels[n_valid:] == IGNORE).all()
    np.testing.assert_array_equal(labels[:n_valid], probabilities[:n_valid, 1] > 0.2)
