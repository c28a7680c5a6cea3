"""The label engine on real frames, beside PyMaxflow and beside exact colours.

The motion masks are annotations of the frames six further on: displaced, as real masks are.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mcnn.config.labels import Labels
from mcnn.labels import motion_potential
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.cut import alpha_expansion, minimum_cut
from mcnn.labels.energy import boundary_band, energy, pairwise_weights, unary_term
from mcnn.labels.grid_cut import GridCut
from mcnn.labels.minimisation import EnergyMinimisation
from mcnn.labels.motion_potential import MotionPotential

DAVIS = Path(__file__).parents[3] / "shared" / "data" / "davis2016"
SEQUENCES = ["blackswan", "car-roundabout", "cows", "dog", "horsejump-high", "scooter-black"]
LATE = 6

pytestmark = pytest.mark.skipif(
    not DAVIS.is_dir(), reason="the real data is not there: ../shared/data"
)


def shot(sequence, size, n_frames=10):
    """Frames and displaced masks of a sequence at ``(width, height)``."""
    frames = sorted((DAVIS / "JPEGImages" / "480p" / sequence).glob("*.jpg"))
    masks = sorted((DAVIS / "Annotations" / "480p" / sequence).glob("*.png"))
    positions = np.linspace(0, len(frames) - 1 - LATE, n_frames).astype(int)
    images = [np.asarray(Image.open(frames[k]).convert("RGB")) for k in positions]
    objects = [np.asarray(Image.open(masks[k + LATE]).convert("L")) for k in positions]
    return (
        np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]),
        np.stack([cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST) for mask in objects]) > 0,
    )


def pairwise(image, mask):
    valid = np.ones_like(mask)
    band = boundary_band(mask, valid, 0.02 * max(mask.shape))
    return pairwise_weights(image, valid, band, 50, 0.5)


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("size", [(224, 224), (480, 270)])
def test_cuts_are_as_low_as_pymaxflows_cold_and_warm(sequence, size):
    images, masks = shot(sequence, size, n_frames=2)
    psi_m = MotionPotential(images, masks, np.ones_like(masks), (8, 5), np.random.default_rng(0))
    weights = [pairwise(*frame) for frame in zip(images, masks, strict=True)]
    cuts = [GridCut(weight) for weight in weights]
    flat = np.zeros((2, *masks.shape[1:]), np.float32)
    for _ in range(4):
        histograms = []
        for t, cut in enumerate(cuts):
            unary = unary_term(psi_m(t), flat, 1.0)
            labels = cut.minimise(unary)
            reference = minimum_cut(unary, weights[t], "pymaxflow")
            lowest = energy(reference, unary, weights[t])
            assert energy(labels, unary, weights[t]) == pytest.approx(lowest, rel=1e-6)
            histograms.append(psi_m.histogram(t, labels > 0))
        psi_m.resample(np.stack(histograms))


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_alpha_expansion_is_as_low_as_pymaxflows(sequence):
    images, masks = shot(sequence, (112, 112), n_frames=9)
    rng = np.random.default_rng(0)
    for t, (image, mask) in enumerate(zip(images, masks, strict=True)):
        n_labels = 3 + t % 4
        weights = pairwise(image, mask)
        scores = rng.normal(0, 4, (n_labels, *mask.shape)).astype(np.float32)
        unary = np.stack([4 * cv2.GaussianBlur(score, (0, 0), 3) for score in scores])
        unary[0] += np.where(mask, 3, -3)
        start = unary.argmin(0).astype(np.uint8)
        ours = energy(alpha_expansion(unary, weights), unary, weights)
        theirs = energy(alpha_expansion(unary, weights, minimizer="pymaxflow"), unary, weights)
        assert ours <= energy(start, unary, weights)
        assert ours <= theirs + 1e-3 * abs(theirs)


def label(images, masks):
    network = np.full((len(images), 2, *masks.shape[1:]), 0.5, np.float32)
    predictor = EnergyMinimisation(Labels(), 1.0, motion=True)
    return predictor(
        PredictorInput(images, masks, np.ones_like(masks), network, [1], np.random.default_rng(0))
    )


def exact_colours(images):
    """`quantise` with a bin for every colour."""
    codes = images.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    colours, bins = np.unique(codes, return_inverse=True)
    channels = [colours >> 16, colours >> 8 & 255, colours & 255]
    return bins.reshape(codes.shape).astype(np.int32), np.stack(channels, axis=1).astype(float)


def test_quantised_colours_change_few_labels(monkeypatch):
    """From the same start of the mixtures; another one changes more than the quantisation."""
    begin, started = motion_potential.start, []

    def record(*arguments):
        started.append(begin(*arguments))
        return started[-1]

    changed = []
    for sequence in SEQUENCES:
        images, masks = shot(sequence, (224, 224))
        with monkeypatch.context() as patch:
            patch.setattr(motion_potential, "start", record)
            quantised = label(images, masks)
            patch.setattr(motion_potential, "quantise", exact_colours)
            patch.setattr(motion_potential, "start", lambda *_: started.pop(0))
            changed.append((label(images, masks) != quantised).mean())
    assert np.mean(changed) < 0.01, dict(zip(SEQUENCES, changed, strict=True))
