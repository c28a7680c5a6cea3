import os

import pytest
import torch

from mcnn.training.deterministic import deterministic

CPU, GPU = torch.device("cpu"), torch.device("cuda", 1)


@pytest.fixture(autouse=True)
def no_workspace(monkeypatch):
    # Set first, so that it is taken back whatever the block sets.
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "x")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")


def state():
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    )


@pytest.mark.parametrize(("device", "wanted"), [(CPU, True), (CPU, False), (GPU, False)])
def test_nothing_changes_unless_a_gpu_is_asked_for_it(device, wanted):
    before = state()
    with deterministic(device, wanted):
        assert state() == before == (False, False, None)


def test_within_the_block_a_gpu_adds_in_order_and_warns_where_it_cannot():
    seen = []

    def fail():
        with deterministic(GPU, wanted=True):
            seen.append(state())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen == [(True, True, ":4096:8")]
    assert state()[:2] == (False, False)


def test_a_workspace_that_the_user_set_stays(monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    with deterministic(GPU, wanted=True):
        assert state()[2] == ":16:8"
