import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from mcnn.networks import gpus
from mcnn.networks.base import pick_device

NAMES = ["GPU-a", "GPU-b", "GPU-c"]
PROCESS = """
import sys, time
from pathlib import Path
from mcnn.networks.gpus import take_gpu
print(take_gpu(sys.argv[2:], Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


@pytest.fixture
def start(tmp_path):
    """Starts a process that takes one of some GPUs; its number, and the process."""
    started = []

    def start(names=NAMES):
        command = [sys.executable, "-c", PROCESS, str(tmp_path / "locks"), *names]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return int(process.stdout.readline()), process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_each_process_has_a_gpu_of_its_own_and_leaves_it_however_it_ends(start):
    processes = [start() for _ in NAMES]
    assert [number for number, _ in processes] == [0, 1, 2]
    os.kill(processes[1][1].pid, signal.SIGKILL)
    processes[1][1].wait()
    assert start()[0] == 1


def test_more_processes_than_gpus_share_those_that_the_fewest_have(start):
    assert [start(NAMES[:2])[0] for _ in range(5)] == [0, 1, 0, 1, 0]


def test_gpus_are_known_by_name_whichever_a_process_sees(start):
    assert start(NAMES[1:])[0] == 0
    assert [start()[0] for _ in range(2)] == [0, 2]


@pytest.fixture
def pretended(monkeypatch, tmp_path):
    """Makes torch say that there are so many GPUs."""

    def pretend(n):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n)
        properties = [SimpleNamespace(uuid=name) for name in NAMES[:n]]
        monkeypatch.setattr(torch.cuda, "get_device_properties", properties.__getitem__)
        monkeypatch.setattr(gpus.tempfile, "gettempdir", lambda: str(tmp_path))
        monkeypatch.setattr(gpus, "_held", [])

    gpus.own_gpu.cache_clear()
    yield pretend
    gpus.own_gpu.cache_clear()


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_a_process_keeps_its_gpu(pretended, name):
    pretended(3)
    assert [pick_device(name) for _ in range(2)] == [torch.device("cuda", 0)] * 2
    gpus.own_gpu.cache_clear()  # As another process would begin.
    assert pick_device(name) == torch.device("cuda", 1)


def test_a_gpu_that_is_named_is_taken_as_it_is(pretended):
    pretended(3)
    pick_device("cuda")
    assert pick_device("cuda:0") == torch.device("cuda", 0)
    assert pick_device("cpu") == torch.device("cpu")


def test_a_single_gpu_needs_no_lock(pretended, tmp_path):
    pretended(1)
    assert pick_device("auto") == torch.device("cuda", 0)
    assert list(tmp_path.iterdir()) == []
