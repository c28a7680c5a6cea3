from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mcnn.networks.transfers import to_device, to_host


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")])
def test_there_and_back(device):
    # Neither contiguous nor writable.
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)[:, ::-2]
    array.flags.writeable = False
    tensor = to_device(array, device)
    assert tensor.device.type == "cpu"
    assert tensor.dtype == torch.uint8
    np.testing.assert_array_equal(to_host(tensor)(), array)


class PretendedGPU:
    """Stands for CUDA: notes what it is asked for."""

    def __init__(self, monkeypatch):
        self.calls = []
        note, to, copy = self.calls.append, torch.Tensor.to, torch.Tensor.copy_

        def moved(tensor, device, non_blocking=False):
            note(("to", torch.device(device).type, non_blocking))
            return to(tensor, "cpu")

        def copied(tensor, source, non_blocking=False):
            note(("copy", non_blocking))
            return copy(tensor, torch.ones(3))

        def empty(shape, *, dtype, pin_memory):
            note(("empty", tuple(shape), dtype, pin_memory))
            return torch.zeros(shape, dtype=dtype)

        event = SimpleNamespace(
            record=lambda: note("record"), synchronize=lambda: note("synchronize")
        )
        for name, fake in {
            "Tensor.pin_memory": lambda tensor: note("pin") or tensor,
            "Tensor.to": moved,
            "Tensor.copy_": copied,
            "empty": empty,
            "cuda.Event": lambda: event,
        }.items():
            monkeypatch.setattr(f"torch.{name}", fake)


def test_copies_to_a_gpu_are_from_page_locked_memory_and_not_waited_for(monkeypatch):
    gpu = PretendedGPU(monkeypatch)
    to_device(np.ones(3), "cuda:1")
    assert gpu.calls == ["pin", ("to", "cuda", True)]


def test_copies_from_a_gpu_are_waited_for_where_they_are_needed(monkeypatch):
    gpu = PretendedGPU(monkeypatch)
    source = SimpleNamespace(device=torch.device("cuda", 1), shape=(3,), dtype=torch.float32)
    fetch = to_host(source)
    assert gpu.calls == [("empty", (3,), torch.float32, True), ("copy", True), "record"]
    np.testing.assert_array_equal(fetch(), np.ones(3))
    assert gpu.calls[3:] == ["synchronize"]
