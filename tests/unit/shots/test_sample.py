import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.artefacts.samples import SampleFile
from mcnn.artefacts.shots import Shot
from mcnn.config.datasets import MotionMasks
from mcnn.errors import DataError
from mcnn.motion.ingest import ingest_motion
from mcnn.shots.sample import sample_positions, sample_shots


def test_the_papers_sample_is_10_frames_of_the_run_with_both_ends():
    assert sample_positions(101, 120, 10) == [101, 103, 105, 107, 109, 112, 114, 116, 118, 120]
    assert sample_positions(0, 9, 10) == list(range(10))


@given(st.integers(0, 1000), st.integers(20, 500))
def test_positions_are_uniform(first, length):
    positions = sample_positions(first, first + length - 1, 10)
    assert positions[0] == first
    assert positions[-1] == first + length - 1
    exact = first + (length - 1) * np.arange(10) / 9
    assert np.abs(np.array(positions) - exact).max() <= 0.5


@pytest.fixture
def dataset(tmp_path):
    """Two shots of ten frames with masks; pruning kept frames 3 to 8 of the first, all of the
    second."""
    frames, masks = tmp_path / "frames" / "cat", tmp_path / "masks" / "cat"
    frames.mkdir(parents=True)
    masks.mkdir(parents=True)
    for k in range(1, 21):
        image = np.full((8, 9, 3), 5 * k, np.uint8)
        mask = np.zeros((8, 9), np.uint8)
        mask[: k % 8] = 255
        cv2.imwrite(str(frames / f"{k:08d}.png"), image)
        cv2.imwrite(str(masks / f"{k:08d}.png"), mask)
    pattern = str(frames / "%08d.png")
    shots = [
        Shot("cat-1", n, 1 + 10 * n, 10 + 10 * n, ("cat",), "numbered", pattern, n + 1)
        for n in range(2)
    ]
    artefact = tmp_path / "cat-1.parquet"
    settings = MotionMasks(format="png", root=str(tmp_path / "masks"))
    ingest_motion(shots, settings, tmp_path / "frames", artefact, "stop")
    pruned = tmp_path / "pruned.csv"
    pd.DataFrame(
        [("cat-1", 0, 3, 8, True, "", 0), ("cat-1", 1, 11, 20, True, "", 0)],
        columns=["video", "shot", "first", "last", "kept", "reason", "fallbacks"],
    ).to_csv(pruned, index=False)
    return tmp_path, shots, pruned, {"cat-1": artefact}


def sample(dataset, on_error="stop", frames_per_sample=4, longer_side=None):
    folder, shots, pruned, masks = dataset
    output = folder / "samples.parquet"
    return sample_shots(
        shots, pruned, masks, output, frames_per_sample, longer_side, on_error
    ), output


def test_frames_and_masks_of_the_kept_run_are_sampled(dataset):
    skipped, output = sample(dataset)
    file = SampleFile(output)
    assert skipped == []
    assert file.shots == [("cat-1", 0, ("cat",)), ("cat-1", 1, ("cat",))]
    first = file.read(0)
    assert first.images[:, 0, 0, 0].tolist() == [15, 25, 30, 40]
    assert first.masks.sum(axis=(1, 2)).tolist() == [9 * k for k in (3, 5, 6, 0)]
    assert file.read(1).images[:, 0, 0, 0].tolist() == [55, 70, 85, 100]


def test_larger_frames_and_their_masks_are_reduced(dataset):
    own = SampleFile(sample(dataset)[1]).read(0)
    small = SampleFile(sample(dataset, longer_side=3)[1])
    sample_ = small.read(0)
    assert own.images.shape == (4, 8, 9, 3)
    assert sample_.images.shape == (4, 3, 3, 3)
    assert sample_.masks.shape == (4, 3, 3)
    assert np.abs(sample_.images[:, 1, 1, 0] - np.array([15, 25, 30, 40])).max() <= 2
    assert sample_.masks.mean((1, 2)) == pytest.approx([3 / 8, 5 / 8, 6 / 8, 0], abs=0.2)


def test_the_digest_follows_the_content(dataset):
    before = SampleFile(sample(dataset)[1]).content_sha256
    assert SampleFile(sample(dataset)[1]).content_sha256 == before
    cv2.imwrite(str(dataset[0] / "frames/cat/00000003.png"), np.zeros((8, 9, 3), np.uint8))
    assert SampleFile(sample(dataset)[1]).content_sha256 != before


def test_a_truncated_frame_stops_and_leaves_nothing(dataset):
    path = dataset[0] / "frames/cat/00000003.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"00000003\.png"):
        sample(dataset)
    assert not list(dataset[0].glob("*samples*"))


def test_a_truncated_frame_is_skipped_with_its_shot(dataset):
    path = dataset[0] / "frames/cat/00000003.png"
    path.write_bytes(path.read_bytes()[:60])
    skipped, output = sample(dataset, "skip")
    assert [item.item for item in skipped] == ["cat-1/0"]
    assert "00000003.png" in skipped[0].reason
    assert SampleFile(output).shots == [("cat-1", 1, ("cat",))]


def test_no_sample_at_all_is_an_error(dataset):
    table = pd.read_csv(dataset[2])
    table["kept"] = False
    table.to_csv(dataset[2], index=False)
    with pytest.raises(DataError, match="no shot is left"):
        sample(dataset)
