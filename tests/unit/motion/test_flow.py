import cv2
import numpy as np
import pytest
import torch
from trees import save_mat

from mcnn._torchvision import import_torchvision
from mcnn.config.motion import MotionSegmentation
from mcnn.errors import DataError
from mcnn.motion.flow import (
    fit_flow,
    flow_method,
    raft_flow,
    read_flo,
    read_flows,
    read_fos_flow,
    read_fos_superpixels,
)


def texture(height=120, width=160):
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / a + y / b) for a, b in ((3, 7), (5, -4), (9, 3))]
    return (127 + 120 * np.stack(waves, axis=2)).astype(np.uint8)


@pytest.mark.parametrize("name", ["dis", "dis-fine", "farneback"])
def test_flow_is_in_x_y_from_the_first_frame(name):
    frame = texture()
    first, second = frame[5:105, 10:150], frame[7:107, 7:147]
    # What is at (x, y) in the first frame is at (x + 3, y - 2) in the second.
    flow = flow_method(MotionSegmentation(flow=name))(first, second)
    assert flow.shape == (100, 140, 2)
    assert flow.dtype == np.float32
    np.testing.assert_allclose(np.median(flow[20:-20, 20:-20], axis=(0, 1)), [3, -2], atol=0.3)


def test_the_fine_flow_sees_thin_things():
    ground = np.random.default_rng(0).normal(0, 60, (120, 160))
    ground = cv2.GaussianBlur(ground, (0, 0), 1.5) * 3 + 127
    frames = []
    for t in range(2):
        frame = ground.copy()
        frame[20:100, 80 + 3 * t : 85 + 3 * t] = 127 + 120 * np.sin(np.arange(80) / 3)[:, None]
        frames.append(np.repeat(frame.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2))
    error = {}
    for name in ("dis", "dis-fine"):
        flow = flow_method(MotionSegmentation(flow=name))(*frames)
        error[name] = np.abs(flow[30:90, 81:84, 0] - 3).mean()
    assert error["dis-fine"] < 0.7 * error["dis"]


def test_raft_pads_to_what_it_accepts():
    torch.manual_seed(0)
    network = import_torchvision().models.optical_flow.raft_small(weights=None).eval()
    frame = texture(70, 90)
    flow = raft_flow(network, frame, frame)
    assert flow.shape == (70, 90, 2)
    assert np.isfinite(flow).all()


def test_raft_without_its_weights(tmp_path):
    settings = MotionSegmentation(flow="raft", raft_weights=str(tmp_path / "raft.pth"))
    with pytest.raises(DataError, match="weights are missing"):
        flow_method(settings)


def test_raft_with_other_weights(tmp_path):
    torch.save({"x": torch.zeros(1)}, tmp_path / "raft.pth")
    settings = MotionSegmentation(flow="raft", raft_weights=str(tmp_path / "raft.pth"))
    with pytest.raises(DataError, match="no raft_small"):
        flow_method(settings)


def write_flo(path, flow):
    size = np.array(flow.shape[1::-1], "<i4").tobytes()
    path.write_bytes(np.float32(202021.25).tobytes() + size + flow.astype("<f4").tobytes())


def test_flo_files(tmp_path):
    flow = np.random.default_rng(0).normal(size=(4, 7, 2)).astype(np.float32)
    write_flo(tmp_path / "a.flo", flow)
    np.testing.assert_array_equal(read_flo(tmp_path / "a.flo"), flow)


def test_broken_flo_files(tmp_path):
    path = tmp_path / "a.flo"
    with pytest.raises(DataError, match="missing"):
        read_flo(path)
    path.write_bytes(b"no flow here")
    with pytest.raises(DataError, match=r"no \.flo file"):
        read_flo(path)
    write_flo(path, np.zeros((4, 7, 2)))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="7x4"):
        read_flo(path)


@pytest.mark.parametrize("v73", [False, True])
def test_fos_files(tmp_path, v73):
    rng = np.random.default_rng(0)
    fields = [rng.integers(-9, 9, (4, 7, 2)).astype(np.int16) for _ in range(2)]
    maps = [rng.integers(1, 9, (4, 7)).astype(np.uint16) for _ in range(3)]
    save_mat(tmp_path / "flow.mat", "flow", fields, v73)
    save_mat(tmp_path / "superpixels.mat", "superpixels", maps, v73)
    for found, field in zip(read_fos_flow(tmp_path / "flow.mat"), fields, strict=True):
        np.testing.assert_array_equal(found[..., 0], field[..., 1])
        np.testing.assert_array_equal(found[..., 1], field[..., 0])
    for labels, cell in zip(read_fos_superpixels(tmp_path / "superpixels.mat"), maps, strict=True):
        np.testing.assert_array_equal(labels, cell.astype(int) - 1)


def test_fos_files_of_other_content(tmp_path):
    save_mat(tmp_path / "a.mat", "flow", [np.ones((4, 7))], v73=False)
    with pytest.raises(DataError, match=r"not \(H, W, 2\)"):
        list(read_fos_flow(tmp_path / "a.mat"))
    save_mat(tmp_path / "b.mat", "superpixels", [np.zeros((4, 7))], v73=False)
    with pytest.raises(DataError, match="labels from 1"):
        list(read_fos_superpixels(tmp_path / "b.mat"))


def test_a_field_is_resized_with_its_vectors():
    flow = np.tile(np.array([4.0, 2.0], np.float32), (20, 40, 1))
    resized = fit_flow(flow, (10, 10))
    assert resized.shape == (10, 10, 2)
    np.testing.assert_allclose(resized, np.tile([1.0, 1.0], (10, 10, 1)))
    assert fit_flow(flow, (20, 40)) is flow


def test_a_folder_without_fields_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no \.flo files"):
        list(read_flows(tmp_path))
