from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mcnn.networks.transfers import to_device, to_host

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("array", [ARRAY, ARRAY[:, ::-1], ARRAY.transpose(2, 0, 1)])
@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")])
def test_values_come_and_go_as_they_are(array, device):
    tensor = to_device(array, device)
    assert (tensor.dtype, tensor.device.type) == (torch.uint8, "cpu")
    np.testing.assert_array_equal(to_host(tensor)(), array)


def test_on_a_cpu_nothing_is_copied():
    array = ARRAY.copy()
    tensor = to_device(array, "cpu")
    found = to_host(tensor)()
    array[0, 0, 0] = 99
    assert tensor[0, 0, 0] == found[0, 0, 0] == 99


class Gpu:
    """A tensor that notes what is asked of it."""

    device, shape, dtype = torch.device("cuda", 1), (2, 3), torch.float32

    def __init__(self, calls):
        self.calls = calls

    def pin_memory(self):
        self.calls.append("pinned")
        return self

    def to(self, device, non_blocking=False):
        self.calls.append((device, non_blocking))
        return self


@pytest.mark.parametrize("device", ["cuda", torch.device("cuda", 1)])
def test_to_a_gpu_the_copy_is_pinned_and_not_waited_for(monkeypatch, device):
    calls = []
    monkeypatch.setattr(torch, "from_numpy", lambda array: Gpu(calls))
    assert isinstance(to_device(ARRAY, device), Gpu)
    assert calls == ["pinned", (device, True)]


def test_an_array_of_a_gpus_values_is_there_once_the_copy_is_done(monkeypatch):
    calls = []
    values = np.ones((2, 3), np.float32)

    class Event:
        def record(self, stream):
            calls.append(("record", stream))

        def synchronize(self):
            calls.append("wait")

    class Pinned:
        def copy_(self, tensor, non_blocking):
            calls.append(("copy", tensor, non_blocking))

        def numpy(self):
            calls.append("read")
            return values

    def empty(shape, dtype, pin_memory):
        assert (shape, dtype, pin_memory) == ((2, 3), torch.float32, True)
        return Pinned()

    cuda = SimpleNamespace(Event=Event, current_stream=lambda device: ("stream", device))
    monkeypatch.setattr(torch, "empty", empty)
    monkeypatch.setattr(torch, "cuda", cuda)
    tensor = Gpu(calls)
    fetch = to_host(tensor)
    begun = [("copy", tensor, True), ("record", ("stream", torch.device("cuda", 1)))]
    assert calls == begun
    assert fetch() is values
    assert calls == [*begun, "wait", "read"]
