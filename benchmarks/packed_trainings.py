"""Trainings that share a GPU, or the cores, beside one that has them alone.

Starts 1, 2, ... trainings of the same settings at the same time, in processes of their own among
which the threads are divided, and prints a JSON line for each number: updates and frames a second
of all of them together. Frames are made up, and the network starts at random.

    python benchmarks/packed_trainings.py [--trainings 1 2 4] [--device cuda] [--threads 16]
        [--configfile config/paper.yaml] [--training m-cnn/initial] [--updates 20]
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from threading import Barrier

import torch
from training import settings_of

from mcnn.config.record import StageRecord
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.pace import made_up_batches
from mcnn.experiments.steps import Step
from mcnn.networks.base import pick_device
from mcnn.networks.build import build_network
from mcnn.training.loop import train

WARM_UP = 3
"""Updates before a training waits for the others."""


def seconds_per_update(
    record: StageRecord, frames: int, device: str, threads: int, updates: int, others: Barrier
) -> float:
    """Of one training, while the others run."""
    torch.set_num_threads(threads)
    chosen = pick_device(device)
    network = build_network(record.network, 1 + len(record.classes)).to(chosen)
    with tempfile.TemporaryDirectory() as folder:
        batches = made_up_batches(record, frames, Path(folder))
        for count in (WARM_UP, 1 + updates):
            stage = record.stage.model_copy(update={"iterations": count, "warmup": 0})
            changed = record.model_copy(update={"stage": stage})
            others.wait()
            batches.needed.clear()
            train(network, batches, changed, chosen, None, threads)
        began = batches.needed[record.optimizer.iter_size]
        return (time.perf_counter() - began) / updates


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--configfile", nargs="*", default=[], help="on top of config.yaml")
    parser.add_argument("--training", default="m-cnn/initial", help="experiment/stage")
    parser.add_argument("--settings", default="{}", help="changes of the configuration, as YAML")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--trainings", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--threads", type=int, default=2, help="of all trainings together")
    parser.add_argument("--updates", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = settings_of(given.configfile, given.settings, Path(name))
    record = ExperimentGraph(settings).records[Step(*given.training.split("/"))]
    frames = settings.shots.frames_per_sample
    for n in given.trainings:
        threads = max(1, given.threads // n)
        context = multiprocessing.get_context("spawn")
        with context.Manager() as manager, ProcessPoolExecutor(n, mp_context=context) as pool:
            arguments = (record, frames, given.device, threads, given.updates, manager.Barrier(n))
            running = [pool.submit(seconds_per_update, *arguments) for _ in range(n)]
            rates = [1 / each.result() for each in running]
        row = {
            "trainings": n,
            "threads of each": threads,
            "updates/s": round(sum(rates), 3),
            "frames/s": round(sum(rates) * frames * record.optimizer.iter_size, 2),
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
