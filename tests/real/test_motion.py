"""Motion segmentation of real shots against the FOS authors' masks and ground truth."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcnn.config.motion import MotionSegmentation
from mcnn.datasets.mat import read_cells
from mcnn.motion.flow import read_fos_flow, read_fos_superpixels
from mcnn.motion.segment import segment_shot

DATA = Path(__file__).parents[2].parent / "shared" / "data"
FOS = DATA / "fos_release"
pytestmark = pytest.mark.skipif(not FOS.is_dir(), reason=f"no real data at {DATA}")

DOG = range(1, 33)
DAVIS = ("blackswan", "car-roundabout", "cows", "dog", "horsejump-high", "scooter-black")


def frames(paths):
    for path in paths:
        yield np.asarray(Image.open(path).convert("RGB"))


def fos_frames(numbers):
    return frames(FOS / "frames" / f"{k:08d}.jpg" for k in numbers)


def jaccard(found, truth):
    return [(a & b).sum() / (a | b).sum() for a, b in zip(found, truth, strict=True)]


def authors_masks():
    path = FOS / "segmentations" / "segmentationShot1.mat"
    return [cell != 0 for cell in read_cells(path, "segmentation")]


def test_the_authors_flow_and_superpixels_give_the_authors_masks():
    result = segment_shot(
        fos_frames(DOG),
        MotionSegmentation(preset="fos-2013"),
        read_fos_flow(FOS / "flow" / "broxPAMI2011" / "flowShot1.mat"),
        read_fos_superpixels(FOS / "superpixels" / "SLIC" / "superpixelsShot1.mat"),
    )
    assert np.mean(jaccard(result.masks(), authors_masks())) >= 0.97


def test_the_dog_from_its_frames_alone():
    result = segment_shot(fos_frames(DOG), MotionSegmentation())
    assert np.mean(jaccard(result.masks(), authors_masks())) >= 0.96


@pytest.mark.slow
def test_davis():
    root = DATA / "davis2016"
    scores = {}
    for name in DAVIS:
        images = sorted((root / "JPEGImages" / "480p" / name).glob("*.jpg"))
        truth = sorted((root / "Annotations" / "480p" / name).glob("*.png"))
        masks = [np.asarray(Image.open(path).convert("L")) > 127 for path in truth]
        result = segment_shot(frames(images), MotionSegmentation(), threads=2)
        # The benchmark leaves the first and the last frame out.
        scores[name] = np.mean(jaccard(list(result.masks())[1:-1], masks[1:-1]))
    assert np.mean(list(scores.values())) >= 0.8, scores
    assert min(scores.values()) >= 0.65, scores


@pytest.mark.parametrize(("name", "most"), [("parachute", 450), ("birdfall", 600), ("monkey", 900)])
def test_segtrack(name, most):
    root = DATA / "segtrack"
    result = segment_shot(frames(sorted((root / "frames" / name).iterdir())), MotionSegmentation())
    truth = frames(sorted((root / "masks" / name).iterdir()))
    wrong = [(a != (b[..., 0] > 127)).sum() for a, b in zip(result.masks(), truth, strict=True)]
    assert np.mean(wrong) <= most
