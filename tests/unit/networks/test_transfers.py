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


class Pinned:
    """Page-locked memory, whose copy to a device is the device and what is in it by then."""

    def __init__(self, shape, dtype):
        self.values = torch.empty(*shape, dtype=dtype).numpy()

    def numpy(self):
        return self.values

    def to(self, device, non_blocking):
        return device, non_blocking, self.values.copy()


@pytest.mark.parametrize("array", [ARRAY, ARRAY[:, ::-1], ARRAY.astype(np.float32)])
@pytest.mark.parametrize("device", ["cuda", torch.device("cuda", 1)])
def test_to_a_gpu_the_copy_is_pinned_and_not_waited_for(monkeypatch, array, device):
    empty = torch.empty

    def pinned(shape, dtype, pin_memory):
        assert pin_memory
        monkeypatch.setattr(torch, "empty", empty)
        return Pinned(shape, dtype)

    monkeypatch.setattr(torch, "empty", pinned)
    where, non_blocking, values = to_device(array, device)
    assert (where, non_blocking, values.dtype) == (device, True, array.dtype)
    np.testing.assert_array_equal(values, array)


def test_an_array_of_a_gpus_values_is_there_once_the_copy_is_done(monkeypatch):
    calls = []
    values = np.ones((2, 3), np.float32)

    class Event:
        def record(self, stream):
            calls.append(("record", stream))

        def synchronize(self):
            calls.append("wait")

    class Host:
        def copy_(self, tensor, non_blocking):
            calls.append(("copy", tensor, non_blocking))

        def numpy(self):
            calls.append("read")
            return values

    def empty(shape, dtype, pin_memory):
        assert (shape, dtype, pin_memory) == ((2, 3), torch.float32, True)
        return Host()

    cuda = SimpleNamespace(Event=Event, current_stream=lambda device: ("stream", device))
    monkeypatch.setattr(torch, "empty", empty)
    monkeypatch.setattr(torch, "cuda", cuda)
    tensor = SimpleNamespace(device=torch.device("cuda", 1), shape=(2, 3), dtype=torch.float32)
    fetch = to_host(tensor)
    begun = [("copy", tensor, True), ("record", ("stream", torch.device("cuda", 1)))]
    assert calls == begun
    assert fetch() is values
    assert calls == [*begun, "wait", "read"]
