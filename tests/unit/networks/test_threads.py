import pytest
import torch

from mcnn.networks.threads import single_threaded


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("device", "expected"), [("cpu", 1), ("cuda", 3), ("mps", 3)])
def test_operations_on_the_cpu_have_one_thread_within_the_block(three_threads, device, expected):
    with single_threaded(torch.device(device)):
        assert torch.get_num_threads() == expected
    assert torch.get_num_threads() == 3


def test_an_error_ends_it_too(three_threads):
    with pytest.raises(KeyError), single_threaded(torch.device("cpu")):
        raise KeyError
    assert torch.get_num_threads() == 3
