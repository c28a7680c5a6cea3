import re

import numpy as np
import pytest
from trees import picture, write_image, write_video

from mcnn.artefacts.splits import write_split
from mcnn.datasets.frames import frame_path, read_frames
from mcnn.datasets.video_folder import read_manifest
from mcnn.datasets.video_listing import list_videos
from mcnn.datasets.video_shots import split_or_reason
from mcnn.errors import DataError

CLASSES = ["cat", "dog", "horse"]


def frames(count, value=0):
    return [np.full((48, 64, 3), value + i, dtype=np.uint8) for i in range(count)]


def frame_folder(path, numbers, pattern="{:05d}.jpg"):
    for number in numbers:
        write_image(path / pattern.format(number), picture(number))


@pytest.fixture
def root(tmp_path):
    write_video(tmp_path / "dog" / "b.mp4", frames(12))
    write_video(tmp_path / "dog" / "A clip.AVI", frames(7), "MJPG")
    frame_folder(tmp_path / "cat" / "tom", range(3, 8))
    return tmp_path


def rows(shots):
    return [(s.video, s.shot, s.first, s.last, s.tags, s.source, s.class_shot) for s in shots]


EXPECTED = [
    ("cat-tom", 0, 0, 4, ("cat",), "folder", 1),
    ("dog-A_clip", 0, 0, 6, ("dog",), "file", 1),
    ("dog-b", 0, 0, 11, ("dog",), "file", 1),
]


def test_files_and_folders_are_videos(root):
    shots, skipped = read_manifest(root, CLASSES, "stop")
    assert rows(shots) == EXPECTED
    assert skipped == []
    assert frame_path(shots[0], 0).name == "00003.jpg"
    assert len(list(read_frames(shots[2], shots[2].indices))) == 12


@pytest.fixture
def cut(root):
    """A video of two shots besides those of `root`."""
    stills = [picture(seed, (48, 64)) for seed in (0, 1) for _ in range(8)]
    write_video(root / "horse" / "cut.mp4", stills)
    return root


def test_videos_are_split_into_shots_unless_whole(cut):
    first = ("horse-cut", 0, 0, 7, ("horse",), "file", 1)
    second = ("horse-cut", 1, 8, 15, ("horse",), "file", 2)
    assert rows(read_manifest(cut, CLASSES, "stop")[0]) == [*EXPECTED, first, second]
    whole = ("horse-cut", 0, 0, 15, ("horse",), "file", 1)
    assert rows(read_manifest(cut, CLASSES, "stop", "whole")[0]) == [*EXPECTED, whole]


def test_videos_split_before_are_not_read_again(cut, tmp_path_factory):
    tables = tmp_path_factory.mktemp("splits")
    videos, _ = list_videos(cut, CLASSES, "stop")
    splits = {name: tables / f"{name}.csv" for name in videos}
    for name, (path, _) in videos.items():
        write_split(split_or_reason(path, "detect", "stop"), splits[name])
    expected = rows(read_manifest(cut, CLASSES, "stop")[0])
    for path in [*cut.glob("*/*.mp4"), *cut.glob("*/*.AVI")]:
        path.write_bytes(b"")
    assert rows(read_manifest(cut, CLASSES, "stop", splits=splits)[0]) == expected
    # One whose table is missing is read.
    splits.pop("dog-b")
    with pytest.raises(DataError, match=r"b\.mp4"):
        read_manifest(cut, CLASSES, "stop", splits=splits)


def test_videos_that_could_not_be_split_are_listed(root, tmp_path_factory):
    (root / "dog" / "broken.mp4").write_bytes(b"")
    table = tmp_path_factory.mktemp("splits") / "dog-broken.csv"
    write_split(split_or_reason(root / "dog" / "broken.mp4", "detect", "skip"), table)
    shots, skipped = read_manifest(root, CLASSES, "skip", splits={"dog-broken": table})
    assert rows(shots) == EXPECTED
    assert [entry.item for entry in skipped] == ["dog/broken.mp4"]
    assert re.search(r"broken\.mp4: the video does not decode", skipped[0].reason)


def test_the_header_of_a_video_is_not_believed(root):
    path = root / "dog" / "A clip.AVI"
    data = path.read_bytes()
    # The main header of an AVI file holds the number of frames at byte 48.
    assert data[48:52] == (7).to_bytes(4, "little")
    stream = data.index(b"strh") + 8 + 32
    lying = (70).to_bytes(4, "little")
    data = data[:48] + lying + data[52:stream] + lying + data[stream + 4 :]
    path.write_bytes(data)
    assert rows(read_manifest(root, CLASSES, "stop")[0]) == EXPECTED


def test_videos_csv_overrides_folder_names(root):
    frame_folder(root / "unsorted" / "walk", range(4))
    (root / "videos.csv").write_text(
        "path,tags\ndog/b.mp4,horse dog\ncat/tom,dog\nunsorted/walk,cat\n"
    )
    shots, skipped = read_manifest(root, CLASSES, "stop")
    assert skipped == []
    assert {shot.video: shot.tags for shot in shots} == {
        "cat-tom": ("dog",),
        "dog-A_clip": ("dog",),
        "dog-b": ("dog", "horse"),
        "unsorted-walk": ("cat",),
    }


def test_names_are_safe_and_unique(tmp_path):
    for name in ("a b", "a_b", "кот", "пёс", "A_B", "x.y"):
        frame_folder(tmp_path / "dog" / name, range(2))
    videos = [shot.video for shot in read_manifest(tmp_path, ["dog"], "stop")[0]]
    assert len({video.lower() for video in videos}) == 6
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", video) for video in videos)
    assert "dog-x.y" in videos
    assert videos == [shot.video for shot in read_manifest(tmp_path, ["dog"], "stop")[0]]


def test_folders_that_hold_no_videos_are_ignored(root):
    frame_folder(root / "masks" / "cat" / "tom", range(3, 8), "{:05d}.png")
    (root / "notes").mkdir()
    (root / "readme.txt").touch()
    (root / ".cache").mkdir()
    assert rows(read_manifest(root, CLASSES, "stop")[0]) == EXPECTED


def test_evenly_thinned_frames_are_a_video(tmp_path):
    frame_folder(tmp_path / "dog" / "a", range(0, 50, 5))
    frame_folder(tmp_path / "dog" / "b", [1, 2, 4], "frame{}.png")
    assert [shot.length for shot in read_manifest(tmp_path, ["dog"], "stop")[0]] == [10, 3]


def stops_and_skips(root, match, item):
    with pytest.raises(DataError, match=match) as caught:
        read_manifest(root, CLASSES, "stop")
    assert "Remedy" in str(caught.value)
    shots, skipped = read_manifest(root, CLASSES, "skip")
    assert rows(shots) == EXPECTED
    assert [entry.item for entry in skipped] == [item]
    assert caught.value.problem in skipped[0].reason


def test_a_frame_missing_in_the_middle(root):
    frame_folder(root / "dog" / "gap", [1, 2, 3, 5, 6])
    stops_and_skips(root, r"dog/gap: the frame 4 after 00003 is missing", "dog/gap")


def test_two_images_of_one_name(root):
    frame_folder(root / "dog" / "twice", range(3))
    frame_folder(root / "dog" / "twice", [1], "{:05d}.png")
    stops_and_skips(root, r"dog/twice: there are two images of the name '00001'", "dog/twice")


def test_an_empty_class_folder(root):
    (root / "horse").mkdir()
    stops_and_skips(root, r"horse: the folder of this class holds no videos", "horse")


def test_an_empty_folder_of_frames(root):
    (root / "dog" / "none").mkdir()
    stops_and_skips(root, r"dog/none: the folder of frames holds no images", "dog/none")


@pytest.mark.parametrize("data", [b"", b"this is no video"])
def test_a_video_that_does_not_decode(root, data):
    (root / "dog" / "broken.mp4").write_bytes(data)
    stops_and_skips(root, r"broken\.mp4: the video does not decode", "dog/broken.mp4")


def test_a_folder_that_is_no_class(root):
    frame_folder(root / "zebra" / "a", range(3))
    stops_and_skips(root, r"zebra/a: its tag 'zebra' is not among the `classes`\.", "zebra/a")


def test_a_tag_that_is_nearly_a_class_is_named_with_it(tmp_path):
    frame_folder(tmp_path / "horse" / "a", range(3))
    with pytest.raises(
        DataError, match=r"the `classes` \(did you mean 'hrose'\?\)\. Remedy: correct"
    ):
        read_manifest(tmp_path, ["dog", "hrose"], "stop")


@pytest.mark.parametrize(
    ("row", "match", "item"),
    [
        ("horse/c,horse zebra", r"horse/c: its tag 'zebra' is not among", "horse/c"),
        ("horse/c,", r"horse/c: it has no tag", "horse/c"),
    ],
)
def test_tags_of_videos_csv_outside_the_classes(root, row, match, item):
    frame_folder(root / "horse" / "c", range(3))
    (root / "videos.csv").write_text(f"path,tags\n{row}\n")
    stops_and_skips(root, match, item)


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ("dog/absent.mp4,dog", r"absent\.mp4: videos\.csv lists it, but it is no video"),
        ("../dog/b.mp4,dog", r"videos\.csv: '\.\./dog/b\.mp4' is no path below"),
        ("/dog/b.mp4,dog", r"videos\.csv: '/dog/b\.mp4' is no path below"),
        (f"{'x' * 300}.mp4,dog", r"x\.mp4: the file cannot be read \(File name too long\)"),
        (",dog", r"videos\.csv: '' is no path below"),
    ],
)
def test_rows_of_videos_csv_that_lead_nowhere(root, row, match):
    (root / "videos.csv").write_text(f"path,tags\n{row}\n")
    stops_and_skips(root, match, f"videos.csv: {row.partition(',')[0][:200]}")


def test_videos_csv_without_its_columns_stops(root):
    (root / "videos.csv").write_text("file;tags\n")
    with pytest.raises(DataError, match=r"videos\.csv.*path,tags"):
        read_manifest(root, CLASSES, "skip")
