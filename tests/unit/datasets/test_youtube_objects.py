import numpy as np
import pytest
from trees import save_mat, youtube_objects

from mcnn.datasets.frames import frame_path
from mcnn.datasets.youtube_objects import read_manifest
from mcnn.errors import DataError

RANGES = {
    "horse": [(1, 5, 1), (6, 9, 2), (10, 12, 1), (12, 15, 3)],
    "cat": [(1, 4, 7)],
}


@pytest.mark.parametrize("v73", [False, True])
@pytest.mark.parametrize("below", ["", "videos"])
def test_shots_and_numbering(tmp_path, v73, below):
    root = youtube_objects(tmp_path, RANGES, v73=v73, below=below, empty=True)
    shots, skipped = read_manifest(root, ["cat", "horse"], "stop")
    assert skipped == []
    rows = [(s.video, s.shot, s.first, s.last, s.tags, s.class_shot) for s in shots]
    assert rows == [
        ("cat-0007", 0, 1, 4, ("cat",), 1),
        ("horse-0001", 0, 1, 5, ("horse",), 1),
        ("horse-0002", 0, 6, 9, ("horse",), 2),
        ("horse-0001", 1, 10, 12, ("horse",), 3),
        ("horse-0003", 0, 12, 15, ("horse",), 4),
    ]
    assert all(frame_path(shot, shot.last).is_file() for shot in shots)


def test_a_frame_may_lie_in_two_shots(tmp_path):
    shots, _ = read_manifest(youtube_objects(tmp_path, RANGES, empty=True), ["horse"], "stop")
    assert shots[2].last == shots[3].first == 12


def test_three_shots_are_not_transposed(tmp_path):
    ranges = [(1, 2, 1), (3, 4, 1), (5, 6, 2)]
    root = youtube_objects(tmp_path, {"dog": ranges}, v73=True, empty=True)
    shots, _ = read_manifest(root, ["dog"], "stop")
    assert [(s.first, s.last, s.video) for s in shots] == [
        (1, 2, "dog-0001"),
        (3, 4, "dog-0001"),
        (5, 6, "dog-0002"),
    ]


def test_only_the_classes_asked_for_are_read(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    (root / "Ranges" / "ranges_horse.mat").write_bytes(b"broken")
    shots, _ = read_manifest(root, ["cat"], "stop")
    assert {shot.tags for shot in shots} == {("cat",)}


def test_a_class_without_video_has_none(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    shots, skipped = read_manifest(root, ["cat", "person"], "stop")
    assert len(shots) == 1
    assert skipped == []


def test_a_percent_sign_in_the_root(tmp_path):
    root = youtube_objects(tmp_path / "50%d", RANGES, empty=True)
    shots, _ = read_manifest(root, ["cat"], "stop")
    assert frame_path(shots[0], 2) == root / "cat" / "00000002.jpg"


def stops_and_skips(root, match, kept, items):
    with pytest.raises(DataError, match=match) as caught:
        read_manifest(root, ["horse", "cat"], "stop")
    assert "Remedy" in str(caught.value)
    shots, skipped = read_manifest(root, ["horse", "cat"], "skip")
    assert [(shot.video, shot.shot) for shot in shots] == kept
    assert [entry.item for entry in skipped] == items
    assert caught.value.problem in skipped[0].reason


ALL = [("horse-0001", 0), ("horse-0002", 0), ("horse-0001", 1), ("horse-0003", 0), ("cat-0007", 0)]


def test_a_frame_missing_in_the_middle(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    (root / "horse" / "00000007.jpg").unlink()
    (root / "horse" / "00000008.jpg").unlink()
    kept = [pair for pair in ALL if pair != ("horse-0002", 0)]
    stops_and_skips(root, r"00000007\.jpg: shot 2 of horse.*lacks 2 frames", kept, ["horse-0002/0"])


def test_a_missing_first_frame(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    (root / "horse" / "00000006.jpg").unlink()
    kept = [pair for pair in ALL if pair != ("horse-0002", 0)]
    stops_and_skips(root, r"00000006\.jpg: shot 2 of horse.*lacks 1 ", kept, ["horse-0002/0"])


def test_a_range_past_the_last_frame(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    (root / "horse" / "00000015.jpg").unlink()
    match = r"00000015\.jpg: shot 4 of horse.*past the last frame, 00000014\.jpg"
    kept = [pair for pair in ALL if pair != ("horse-0003", 0)]
    stops_and_skips(root, match, kept, ["horse-0003/0"])


def test_a_shot_that_ends_before_it_begins(tmp_path):
    root = youtube_objects(tmp_path, {**RANGES, "horse": [*RANGES["horse"], (9, 8, 3)]}, empty=True)
    stops_and_skips(root, r"horse: shot 5 .* ends before", ALL, ["horse-0003/1"])


def test_an_empty_class_folder(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    for path in (root / "horse").iterdir():
        path.unlink()
    stops_and_skips(root, r"horse: the folder holds no frames", ALL[-1:], ["horse"])


def test_a_missing_class_folder(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    (root / "horse").rename(root / "moved")
    stops_and_skips(root, r"horse: the folder cannot be read", ALL[-1:], ["horse"])


@pytest.mark.parametrize("v73", [False, True])
@pytest.mark.parametrize(
    "ranges",
    [
        np.ones((2, 4)),
        np.array([[1.5], [3.0], [1.0]]),
        np.array([[np.nan], [3.0], [1.0]]),
        np.array([[-1], [3], [1]]),
        np.array([[1], [10**9], [1]]),
    ],
)
def test_ranges_that_are_none(tmp_path, v73, ranges):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    save_mat(root / "Ranges" / "ranges_horse.mat", "ranges", ranges, v73)
    stops_and_skips(root, r"ranges_horse\.mat: 'ranges'", ALL[-1:], ["horse"])


def test_missing_ranges(tmp_path):
    root = youtube_objects(tmp_path, RANGES, empty=True)
    (root / "Ranges" / "ranges_horse.mat").unlink()
    stops_and_skips(root, r"ranges_horse\.mat: the file is missing", ALL[-1:], ["horse"])
