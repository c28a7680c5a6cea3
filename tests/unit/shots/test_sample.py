from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import truncate, write_image

from mcnn.artefacts.motion import encode_shot, write_motion
from mcnn.artefacts.pruned import pruned_table, read_pruned, write_pruned
from mcnn.artefacts.samples import SampleFile
from mcnn.artefacts.shots import Shot
from mcnn.errors import DataError
from mcnn.shots.sample import sample_positions, sample_shots

SIZE = (20, 32)


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


def colour(frame):
    """RGB of the background of a frame; no two frames have the same."""
    return np.array([8 * frame, 100, 200 - 7 * frame])


def mask_of(frame):
    """Blocks, other ones in each frame."""
    return np.kron(np.random.default_rng(frame).random((5, 8)) < 0.4, np.ones((4, 4), bool))


def picture(frame):
    """What is in the mask is white."""
    return np.where(mask_of(frame)[:, :, None], 255, colour(frame)).astype(np.uint8)


SHOTS = [
    Shot("dog-1", 0, 1, 10, ("dog", "cat"), "numbered", "dog/%d.png", 1),
    Shot("dog-1", 1, 11, 14, ("dog",), "numbered", "dog/%d.png", 2),
    Shot("dog-1", 5, 15, 24, ("cat",), "numbered", "dog/%d.png", 3),
    Shot("cat-1", 0, 1, 10, ("cat",), "numbered", "cat/%d.png", 1),
]
FRAMES = [("dog-1", 0, 3), ("dog-1", 0, 5), ("dog-1", 0, 6), ("dog-1", 0, 8)]
FRAMES += [("dog-1", 5, 15), ("dog-1", 5, 18), ("dog-1", 5, 21), ("dog-1", 5, 24)]
FRAMES += [("cat-1", 0, 2), ("cat-1", 0, 5), ("cat-1", 0, 7), ("cat-1", 0, 10)]
"""Four frames of each kept run."""


def seed_of(video, frame):
    """Frames of the two videos have the same numbers and other pixels."""
    return frame if video == "dog-1" else 25 - frame


def confidence_of(video, frame):
    return (frame + 50 * (video == "dog-1")) / 100


@pytest.fixture(params=["of a video", "of all"])
def dataset(tmp_path, request):
    """Two videos, their masks in a file each or in one.

    Pruning kept frames 3 to 8, nothing, 15 to 24 and 2 to 10 of their shots.
    """
    shots = [replace(shot, frames=str(tmp_path / shot.frames)) for shot in SHOTS]
    for shot in shots:
        for k in shot.indices:
            write_image(Path(shot.frames % k), picture(seed_of(shot.video, k)))
    masks = {}
    for videos in (
        [("cat-1",), ("dog-1",)] if request.param == "of a video" else [("cat-1", "dog-1")]
    ):
        path = tmp_path / "motion" / f"{videos[0]}.parquet"
        mine = [
            encode_shot(
                *(s.video, s.shot, s.indices),
                [mask_of(seed_of(s.video, k)) for k in s.indices],
                confidences=[confidence_of(s.video, k) for k in s.indices],
            )
            for s in shots
            if s.video in videos
        ]
        write_motion(mine, path)
        masks.update(dict.fromkeys(videos, path))
    rows = [("cat-1", 0, 2, 10, True, "", 0), ("dog-1", 0, 3, 8, True, "", 0)]
    rows += [("dog-1", 1, None, None, False, "short", 0), ("dog-1", 5, 15, 24, True, "", 0)]
    write_pruned(pruned_table(rows), tmp_path / "pruned.csv")
    return tmp_path, shots, tmp_path / "pruned.csv", masks


def sample(dataset, on_error="stop", frames_per_sample=4, longer_side=None):
    folder, shots, pruned, masks = dataset
    output = folder / "samples.parquet"
    return sample_shots(
        shots, pruned, masks, output, frames_per_sample, longer_side, on_error
    ), output


def test_frames_and_masks_of_the_kept_runs_are_sampled(dataset):
    skipped, output = sample(dataset)
    file = SampleFile(output)
    assert skipped == []
    assert file.shots == [
        ("dog-1", 0, ("dog", "cat")),
        ("dog-1", 5, ("cat",)),
        ("cat-1", 0, ("cat",)),
    ]
    images = np.concatenate([file.read(k).images for k in range(3)])
    masks = np.concatenate([file.read(k).masks for k in range(3)])
    seeds = [seed_of(video, frame) for video, _, frame in FRAMES]
    np.testing.assert_array_equal(images, [picture(seed) for seed in seeds])
    np.testing.assert_array_equal(masks, [mask_of(seed) for seed in seeds])
    found = np.concatenate([file.confidences(k) for k in range(3)])
    np.testing.assert_allclose(found, [confidence_of(video, frame) for video, _, frame in FRAMES])
    rows = pq.read_table(output, columns=["video", "shot", "frame"]).to_pylist()
    assert [(row["video"], row["shot"], row["frame"]) for row in rows] == FRAMES


def test_larger_frames_are_reduced_and_their_masks_with_them(dataset):
    file = SampleFile(sample(dataset, longer_side=13)[1])
    # Height 13 / 32 of 20, and the mask of the pixel that the centre of a pixel lies in.
    rows, columns = ((np.arange(n) + 0.5) / n for n in (8, 13))
    rows, columns = (rows * SIZE[0]).astype(int), (columns * SIZE[1]).astype(int)
    whites = []
    for k, first in enumerate((0, 4, 8)):
        found = file.read(k)
        assert found.images.shape == (4, 8, 13, 3)
        seeds = [seed_of(video, frame) for video, _, frame in FRAMES[first : first + 4]]
        expected = [mask_of(seed)[np.ix_(rows, columns)] for seed in seeds]
        np.testing.assert_array_equal(found.masks, expected)
        whites += [
            (image.min(2) > 190) == mask
            for image, mask in zip(found.images, found.masks, strict=True)
        ]
    # Up to pixels on the outlines, what is white is in the mask.
    assert np.mean(whites) > 0.85


def test_the_digest_follows_the_content(dataset):
    before = SampleFile(sample(dataset)[1]).content_sha256
    assert SampleFile(sample(dataset)[1]).content_sha256 == before
    write_image(dataset[0] / "dog/3.png", np.zeros((*SIZE, 3), np.uint8))
    assert SampleFile(sample(dataset)[1]).content_sha256 != before


def test_a_truncated_frame_stops_or_is_skipped_with_its_shot(dataset):
    truncate(dataset[0] / "dog/3.png")
    with pytest.raises(DataError, match=r"dog/3\.png"):
        sample(dataset)
    assert not list(dataset[0].glob("*samples*"))
    skipped, output = sample(dataset, "skip")
    assert [item.item for item in skipped] == ["dog-1/0"]
    assert "3.png" in skipped[0].reason
    assert [shot[:2] for shot in SampleFile(output).shots] == [("dog-1", 5), ("cat-1", 0)]


def test_no_sample_at_all_is_an_error(dataset):
    write_pruned(read_pruned(dataset[2]).assign(kept=False), dataset[2])
    with pytest.raises(DataError, match="no shot is left"):
        sample(dataset)


def test_unknown_pixels_and_confidences_go_with_the_frames(dataset):
    folder, shots, pruned, masks = dataset
    rng = np.random.default_rng(0)
    maps = {frame: rng.choice(np.array([0, 1, 255], np.uint8), SIZE) for frame in range(1, 25)}
    mine = [
        encode_shot(
            *(shot.video, shot.shot, shot.indices, [maps[k] for k in shot.indices]),
            confidences=[k / 30 for k in shot.indices] if shot.shot else (),
        )
        for shot in shots[:3]
    ]
    masks = {**masks, "dog-1": folder / "others.parquet"}
    write_motion(mine, masks["dog-1"])
    file = SampleFile(sample((folder, shots, pruned, masks))[1])
    np.testing.assert_array_equal(file.read(0).maps, [maps[k] for k in (3, 5, 6, 8)])
    np.testing.assert_allclose(file.confidences(1), np.array([15, 18, 21, 24]) / 30)
    assert np.isnan(file.confidences(0)).all()
    reduced = SampleFile(sample((folder, shots, pruned, masks), longer_side=13)[1]).read(1)
    assert set(np.unique(reduced.maps)) == {0, 1, 255}
