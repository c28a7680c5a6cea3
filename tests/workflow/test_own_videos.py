"""The workflow on video files of one's own."""

import shutil

import pandas as pd
import pytest
import yaml
from tiny_run import OVERLAY, checkout, jobs_to_run, snakemake
from trees import picture, write_video

OWN_SHOTS = "results/tiny/data/own/shots.parquet"
OWN_PRUNED = "results/tiny/shots/own/pruned.csv"


def write_two_shots(path):
    return write_video(path, [picture(seed, (48, 64)) for seed in (0, 1) for _ in range(9)])


@pytest.fixture
def own_videos(tmp_path):
    """A checkout with a dataset of two videos, one of them of two shots."""
    folder = checkout(tmp_path / "run")
    write_two_shots(folder / "videos/boat/a.mp4")
    write_video(folder / "videos/car/b 1.avi", [picture(0, (48, 64))] * 9, "MJPG")
    own = {"format": "video_folder", "root": "videos"}
    overlay = {**OVERLAY, "datasets": {**OVERLAY["datasets"], "own": own}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(overlay))
    return folder


def shots_of(folder):
    table = pd.read_parquet(folder / OWN_SHOTS)
    return list(zip(table["video"], table["first"], table["last"], strict=True))


def test_a_new_video_is_the_only_one_that_is_analysed(own_videos):
    result = snakemake(own_videos, OWN_PRUNED)
    assert result.returncode == 0, result.stderr
    expected = [("boat-a", 0, 8), ("boat-a", 9, 17), ("car-b_1", 0, 8)]
    assert shots_of(own_videos) == expected
    masks = sorted((own_videos / "results/tiny/motion/own").iterdir())
    written = [path.stat().st_mtime_ns for path in masks]
    write_two_shots(own_videos / "videos/car/c.mp4")
    assert jobs_to_run(own_videos, OWN_SHOTS) == {"detect_shots": 1, "manifest": 1, "total": 2}
    result = snakemake(own_videos, OWN_PRUNED)
    assert result.returncode == 0, result.stderr
    assert [path.stat().st_mtime_ns for path in masks] == written
    assert len(pd.read_csv(own_videos / OWN_PRUNED)) == 5
    assert shots_of(own_videos) == [*expected, ("car-c", 0, 8), ("car-c", 9, 17)]


def test_videos_may_share_a_job(own_videos):
    together = own_videos.parent / "together"
    shutil.copytree(own_videos, together, symlinks=True)
    write_two_shots(together / "videos/car/c.mp4")
    write_two_shots(own_videos / "videos/car/c.mp4")
    overlay = yaml.safe_load((together / "tiny.yaml").read_text())
    overlay["motion"]["videos_per_job"] = 2
    (together / "tiny.yaml").write_text(yaml.safe_dump(overlay))
    for folder, expected in (
        (own_videos, ["boat-a", "car-b_1", "car-c"]),
        (together, ["boat-a", "car-c"]),
    ):
        result = snakemake(folder, OWN_PRUNED)
        assert result.returncode == 0, result.stderr
        masks = sorted((folder / "results/tiny/motion/own").iterdir())
        assert [path.stem for path in masks] == expected
    assert (own_videos / OWN_PRUNED).read_bytes() == (together / OWN_PRUNED).read_bytes()
    # What changes of a video reruns the job that it is in, and no other.
    write_video(together / "videos/car/b 1.avi", [picture(1, (48, 64))] * 12, "MJPG")
    jobs = jobs_to_run(together, OWN_SHOTS)
    assert jobs == {"detect_shots": 1, "manifest": 1, "total": 2}
    written = [path.stat().st_mtime_ns for path in masks]
    result = snakemake(together, OWN_PRUNED)
    assert result.returncode == 0, result.stderr
    rewritten = [
        path.stat().st_mtime_ns != before for path, before in zip(masks, written, strict=True)
    ]
    assert rewritten == [True, False]


def test_a_video_that_does_not_decode_stops_or_is_listed(own_videos):
    (own_videos / "videos/car/broken.mp4").write_bytes(b"no video")
    result = snakemake(own_videos, OWN_SHOTS)
    assert result.returncode != 0
    assert "videos/car/broken.mp4: the video does not decode: no MP4" in result.stderr
    result = snakemake(own_videos, OWN_SHOTS, "--config", "on_error=skip")
    assert result.returncode == 0, result.stderr
    skipped = pd.read_csv(own_videos / "results/tiny/data/own/skipped.csv")
    assert skipped["item"].tolist() == ["car/broken.mp4"]
    assert "the video does not decode" in skipped["reason"][0]
    assert len(shots_of(own_videos)) == 3
