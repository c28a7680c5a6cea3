import cv2
import numpy as np
import pandas as pd
import pytest
from moving import background, moving_disc
from trees import write_image, write_video

from mcnn.config.motion import MotionSegmentation
from mcnn.errors import DataError
from mcnn.motion.to_folder import segment_to_folder

SETTINGS = MotionSegmentation()


@pytest.fixture
def two_shots(tmp_path):
    first, _ = moving_disc(10)
    second = [background(5)[:120, :160].clip(0, 255).astype(np.uint8)] * 8
    return write_video(tmp_path / "clip.avi", [*first, *second], "MJPG")


def test_masks_of_a_video_file(two_shots, tmp_path):
    out = tmp_path / "out"
    table = segment_to_folder(two_shots, out, SETTINGS)
    assert table[["first", "last"]].to_numpy().tolist() == [[0, 9], [10, 17]]
    assert table["reason"].isna().tolist() == [True, False]
    assert sorted(path.name for path in out.iterdir()) == [
        *(f"{k:08d}.png" for k in range(18)),
        "shots.csv",
    ]
    pd.testing.assert_frame_equal(pd.read_csv(out / "shots.csv"), table)
    masks = [cv2.imread(str(out / f"{k:08d}.png"), cv2.IMREAD_UNCHANGED) for k in range(18)]
    assert {mask.shape for mask in masks} == {(120, 160)}
    assert set(np.unique(masks)) == {0, 255}
    share = np.mean([mask.mean() / 255 for mask in masks[:10]])
    assert share == pytest.approx(table["foreground"][0], abs=1e-3)
    assert not np.any(masks[10:])
    assert 0.5 < table["confidence"][0] < 1
    assert table["confidence"][1] == 0


def test_masks_of_a_folder_have_the_frames_names_and_an_overlay(tmp_path):
    frames, _ = moving_disc(6)
    for k, frame in enumerate(frames):
        write_image(tmp_path / "frames" / f"f{k}.png", frame)
    out = tmp_path / "deep" / "out"
    segment_to_folder(tmp_path / "frames", out, SETTINGS, overlay=True)
    names = {path.name for path in out.iterdir()}
    expected = {f"f{k}.png" for k in range(6)}
    assert names == expected | {"shots.csv", "overlay.mp4", "contact_sheet.jpg"}
    assert cv2.VideoCapture(str(out / "overlay.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 6


def test_nothing_is_left_of_a_failure(two_shots, tmp_path, monkeypatch):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    with pytest.raises(DataError, match="does not decode"):
        segment_to_folder(broken, tmp_path / "out", SETTINGS)
    assert {path.name for path in tmp_path.iterdir()} == {"clip.avi", "broken.mp4"}


def test_a_folder_that_holds_something_is_left_alone(two_shots, tmp_path):
    write_image(tmp_path / "out" / "mine.png", np.zeros((4, 4), np.uint8))
    with pytest.raises(DataError, match="it is there already"):
        segment_to_folder(two_shots, tmp_path / "out", SETTINGS)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.png"]


def test_flow_computed_before_takes_the_place_of_ours(tmp_path):
    frames, masks = moving_disc(6)
    for k, frame in enumerate(frames):
        write_image(tmp_path / "frames" / f"{k}.png", frame)
    (tmp_path / "flow").mkdir()
    for k, mask in enumerate(masks[:-1]):
        # Twice the size: the flow of the frames before they were reduced.
        field = np.kron(np.where(mask[..., None], (6, 0), (0, 0)), np.ones((2, 2, 1)))
        size = np.array(field.shape[1::-1], "<i4").tobytes()
        data = np.float32(202021.25).tobytes() + size + field.astype("<f4").tobytes()
        (tmp_path / "flow" / f"{k}.flo").write_bytes(data)
    source, out = tmp_path / "frames", tmp_path / "out"
    segment_to_folder(source, out, SETTINGS, flow=tmp_path / "flow")
    found = cv2.imread(str(out / "2.png"), cv2.IMREAD_UNCHANGED) > 0
    assert (found & masks[2]).sum() / (found | masks[2]).sum() > 0.7
    (tmp_path / "flow" / "4.flo").unlink()
    with pytest.raises(DataError, match="too few"):
        segment_to_folder(source, tmp_path / "other", SETTINGS, flow=tmp_path / "flow")
    with pytest.raises(DataError, match=r"no\.mat"):
        segment_to_folder(source, tmp_path / "other", SETTINGS, flow=tmp_path / "no.mat")
    assert not (tmp_path / "other").exists()
