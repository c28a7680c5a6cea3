import pytest
import torch

from mcnn.networks.threads import single_threaded


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_operations_have_one_thread_within_the_block(three_threads):
    with single_threaded():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_an_error_ends_it_too(three_threads):
    with pytest.raises(KeyError), single_threaded():
        raise KeyError
    assert torch.get_num_threads() == 3
