from dataclasses import replace

import numpy as np
import pytest
from moving import moving_disc
from trees import truncate, write_image, write_video

from mcnn.artefacts.motion import read_areas, read_masks
from mcnn.artefacts.shots import Shot
from mcnn.config.motion import MotionSegmentation
from mcnn.errors import ConfigError, DataError
from mcnn.motion import foreground
from mcnn.motion.segment import NOTHING_MOVES, segment_shot
from mcnn.motion.video import segment_motion

SETTINGS = MotionSegmentation()
FRAMES, _ = moving_disc(9)


def shot(root, number, first, last):
    return Shot("v", number, first, last, ("dog",), "numbered", str(root / "%08d.png"), number + 1)


def write_frames(root, frames, start=1):
    return [write_image(root / f"{k:08d}.png", f) for k, f in enumerate(frames, start)]


def test_every_shot_has_its_masks(tmp_path):
    write_frames(tmp_path / "f", [*FRAMES, *[FRAMES[0]] * 4])
    shots = [shot(tmp_path / "f", 0, 1, 9), shot(tmp_path / "f", 1, 10, 13)]
    assert segment_motion(shots, SETTINGS, tmp_path / "m.parquet", "stop") == []
    expected = segment_shot(iter(FRAMES), SETTINGS)
    found = read_masks(tmp_path / "m.parquet", "v", 0, range(1, 10))
    np.testing.assert_array_equal(found, list(expected.masks()))
    areas = read_areas(tmp_path / "m.parquet").set_index(["shot", "frame"])
    assert areas.loc[0, "confidence"].tolist() == pytest.approx(expected.confidences)
    assert min(expected.confidences) > 0
    assert areas.loc[0, "reason"].isna().all()
    assert set(areas.loc[1, "reason"]) == {NOTHING_MOVES}
    assert not read_masks(tmp_path / "m.parquet", "v", 1, range(10, 14)).any()


def test_windows_in_which_the_labelling_collapsed_are_counted_and_logged(
    tmp_path, monkeypatch, caplog
):
    seen = []

    def collapses_once(*_):
        seen.append(True)
        return len(seen) == 1

    monkeypatch.setattr(foreground, "collapsed", collapses_once)
    write_frames(tmp_path / "f", [*FRAMES, *FRAMES[:-1][::-1]])
    shots = [shot(tmp_path / "f", 0, 1, 17), shot(tmp_path / "f", 1, 1, 9)]
    settings = MotionSegmentation(window=10, overlap=2)
    segment_motion(shots, settings, tmp_path / "m.parquet", "stop")
    areas = read_areas(tmp_path / "m.parquet")
    assert areas.groupby("shot")["fallbacks"].unique().map(list).tolist() == [[1], [0]]
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "v/0: the labelling collapsed in 1 of 3 windows" in record.getMessage()


def test_shots_of_a_video_file(tmp_path):
    path = write_video(tmp_path / "v.avi", [*FRAMES, *FRAMES[::-1]], "MJPG")
    shots = [
        Shot("v", i, a, b, ("dog",), "file", str(path), i) for i, a, b in ((0, 0, 8), (1, 9, 17))
    ]
    segment_motion(shots, SETTINGS, tmp_path / "m.parquet", "stop")
    areas = read_areas(tmp_path / "m.parquet")
    assert areas["frame"].tolist() == list(range(18))
    assert areas["area"].between(0.02, 0.2).all()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "does not decode"),
        (lambda path: path.unlink(), "missing"),
        (lambda path: write_image(path, FRAMES[0][:50]), "160x50, the first of its shot 160x120"),
    ],
)
def test_a_bad_frame_stops_or_is_listed(tmp_path, damage, message):
    paths = write_frames(tmp_path / "f", FRAMES)
    damage(paths[4])
    shots = [shot(tmp_path / "f", 0, 1, 9), shot(tmp_path / "f", 1, 6, 9)]
    with pytest.raises(DataError, match=message) as error:
        segment_motion(shots, SETTINGS, tmp_path / "m.parquet", "stop")
    assert error.value.path == str(paths[4])
    assert not list(tmp_path.glob("*m.parquet*"))
    skipped = segment_motion(shots, SETTINGS, tmp_path / "m.parquet", "skip")
    assert [entry.item for entry in skipped] == ["v/0"]
    areas = read_areas(tmp_path / "m.parquet")
    assert areas["shot"].tolist() == [0, 1, 1, 1, 1]
    assert message in areas["reason"][0]


def test_a_job_may_have_several_videos(tmp_path):
    write_frames(tmp_path / "a", FRAMES)
    write_frames(tmp_path / "b", FRAMES[::-1])
    shots = [replace(shot(tmp_path / name, 0, 1, 9), video=name) for name in "ab"]
    segment_motion(shots, SETTINGS, tmp_path / "a.parquet", "stop")
    for name, each in zip("ab", shots, strict=True):
        segment_motion([each], SETTINGS, tmp_path / "alone.parquet", "stop")
        alone = read_masks(tmp_path / "alone.parquet", name, 0, range(1, 10))
        assert alone.any()
        found = read_masks(tmp_path / "a.parquet", name, 0, range(1, 10))
        np.testing.assert_array_equal(found, alone)
    (tmp_path / "b" / "00000005.png").unlink()
    skipped = segment_motion(shots, SETTINGS, tmp_path / "a.parquet", "skip")
    assert [entry.item for entry in skipped] == ["b/0"]
    areas = read_areas(tmp_path / "a.parquet")
    assert areas.loc[areas["reason"].notna(), "video"].tolist() == ["b"]


def test_too_many_frames_for_a_file_are_refused_before_one_is_read(tmp_path):
    with pytest.raises(ConfigError, match="videos_per_job"):
        segment_motion([shot(tmp_path, 0, 0, 2**20)], SETTINGS, tmp_path / "m.parquet", "skip")
    assert list(tmp_path.iterdir()) == []
