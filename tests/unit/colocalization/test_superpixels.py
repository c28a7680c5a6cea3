from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from trees import truncate, write_image

from mcnn.artefacts.annotations import AnnotatedBox, annotation_table
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.superpixels import SuperpixelFile
from mcnn.colocalization.superpixels import divide_videos
from mcnn.config.colocalization import Colocalization
from mcnn.errors import DataError
from mcnn.imaging.resize import reduce_frame
from mcnn.imaging.slic import segment_superpixels

SHOTS = [
    Shot("a", 0, 1, 3, ("cow",), "numbered", "a/%d.png", 1),
    Shot("a", 2, 11, 12, ("boat",), "numbered", "a/%d.png", 2),
    Shot("b", 0, 1, 2, (), "numbered", "b/%d.png", 1),
]
SETTINGS = Colocalization(superpixels=60, longer_side=64)


def frame_of(number):
    small = np.random.default_rng(number).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    return np.kron(small, np.ones((10, 10, 1), np.uint8))


@pytest.fixture
def dataset(tmp_path):
    shots = [replace(shot, frames=str(tmp_path / shot.frames)) for shot in SHOTS]
    for shot in shots:
        for k in shot.indices:
            write_image(tmp_path / shot.video / f"{k}.png", frame_of(k))
    return tmp_path, shots


def divide(dataset, annotations=None, on_error="stop"):
    folder, shots = dataset
    path = folder / "s.parquet"
    divide_videos(shots, SETTINGS, path, annotations=annotations, on_error=on_error)
    keys = pd.read_parquet(path, columns=["video", "shot", "frame"])
    return SuperpixelFile(path), list(keys.itertuples(index=False, name=None))


def test_every_frame_has_the_superpixels_of_its_reduced_image(dataset):
    file, keys = divide(dataset)
    assert keys == [(shot.video, shot.shot, k) for shot in SHOTS for k in shot.indices]
    for shot in SHOTS:
        found = file.read(shot.video, shot.shot, shot.indices)
        for k, labels in zip(shot.indices, found, strict=True):
            expected = segment_superpixels(reduce_frame(frame_of(k), 64), 60)
            assert labels.shape == (48, 64)
            np.testing.assert_array_equal(labels, expected)


def test_only_frames_that_are_localized_are_divided(dataset):
    keys = [("b", 0, 2, "dog"), ("a", 2, 12, "boat"), ("b", 0, 2, "cow")]
    annotations = annotation_table([AnnotatedBox(*key, 0.0, 0.0, 1.0, 1.0) for key in keys])
    assert divide(dataset, annotations)[1] == [("a", 2, 12), ("b", 0, 2)]


def test_a_broken_frame_stops_or_ends_its_shot(dataset):
    folder, _ = dataset
    truncate(folder / "a/2.png")
    with pytest.raises(DataError, match=r"a/2\.png"):
        divide(dataset)
    assert not (folder / "s.parquet").exists()
    _, keys = divide(dataset, on_error="skip")
    assert keys == [("a", 0, 1), ("a", 2, 11), ("a", 2, 12), ("b", 0, 1), ("b", 0, 2)]
