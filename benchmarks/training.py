"""What an update of a training takes, part by part, beside the same network on given masks.

Prints a JSON line for each: updates and frames a second, seconds of an update and of the work in
its parts (reading and cropping, forward, labels, backward), summed over threads that work at the
same time, the share of the labels in the update, and the process's peak memory. `ours` infers the
labels; `given masks` is the plain loop of a supervised training, on the motion masks, with the same
network, crops and optimizer. The two alternate; each figure is the median of the rounds. The frames
are made up and the network starts at random, so that labels may take other times than in a run.
With `backbone_input: frames`, the backbone has seen all frames before the clock starts. On a GPU,
the plain loop reads ahead in four threads, and the parts are timed in runs of their own, since the
GPU is waited for at the end of each.

    python benchmarks/training.py [--configfile config/real.yaml] [--training m-cnn/initial]
        [--settings '{network: {width: 0.25}}'] [--device cuda] [--updates 2] [--rounds 3]
"""

import argparse
import json
import math
import resource
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import torch
import yaml

import mcnn.training.supervision
from mcnn.ahead import Pool
from mcnn.config.files import read_settings
from mcnn.config.record import StageRecord
from mcnn.config.settings import Settings
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.pace import made_up_batches
from mcnn.experiments.steps import Step
from mcnn.networks.base import SegmentationNetwork, pick_device
from mcnn.networks.build import build_network
from mcnn.networks.scores import normalise
from mcnn.training.batches import MiniBatches
from mcnn.training.frozen import FrozenFeatures, frozen_features
from mcnn.training.loop import train
from mcnn.training.loss import segmentation_loss
from mcnn.training.optimizer import freeze_backbone, parameter_groups

Part = Callable[..., Any]
READERS = 4
"""Threads that read ahead for the plain loop on a GPU."""


class Clock:
    """Seconds spent in functions, by name.

    Parameters
    ----------
    device
        Where they compute; it is waited for.
    """

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._device, self._lock = device, threading.Lock()

    def now(self) -> float:
        """Seconds, once all that was asked for is done."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()

    def timed(self, name: str, function: Part) -> Part:
        """The function, its time noted under the name."""

        def call(*arguments: Any, **options: Any) -> Any:
            began = self.now()
            try:
                return function(*arguments, **options)
            finally:
                with self._lock:
                    self.seconds[name] += self.now() - began

        return call


@contextmanager
def parts(clock: Clock, network: SegmentationNetwork) -> Iterator[None]:
    """Within it, reading, forward, labels and backward are timed."""
    infer, autograd = mcnn.training.supervision.infer, torch.autograd
    read, forward = MiniBatches.__call__, type(network).forward
    backward, grad = autograd.backward, autograd.grad
    features = FrozenFeatures.__call__
    with (
        mock.patch.object(MiniBatches, "__call__", _method(clock, "data", read)),
        mock.patch.object(type(network), "forward", _method(clock, "forward", forward)),
        mock.patch.object(FrozenFeatures, "__call__", _method(clock, "forward", features)),
        mock.patch.object(mcnn.training.supervision, "infer", clock.timed("labels", infer)),
        mock.patch.object(autograd, "backward", clock.timed("backward", backward)),
        mock.patch.object(autograd, "grad", clock.timed("backward", grad)),
    ):
        yield


def _method(clock: Clock, name: str, function: Part) -> Part:
    timed = clock.timed(name, function)
    return lambda self, *arguments, **options: timed(self, *arguments, **options)


def ours(
    network: SegmentationNetwork,
    batches: MiniBatches,
    record: StageRecord,
    device: torch.device,
    frozen: FrozenFeatures | None,
) -> None:
    """Updates on labels that are inferred."""
    train(network, batches, record, device, None, torch.get_num_threads(), frozen)


def given_masks(
    network: SegmentationNetwork,
    batches: MiniBatches,
    record: StageRecord,
    device: torch.device,
    frozen: FrozenFeatures | None,
) -> None:
    """Updates on the motion masks, as anyone would write them."""
    network.to(device).train()
    classifier = network.classifier_parameters()
    if record.optimizer.backbone_multiplier == 0:
        freeze_backbone(network, classifier)
    rate, size = record.stage.learning_rate, record.optimizer.iter_size
    groups = parameter_groups(network, classifier, record.optimizer)
    optimizer = torch.optim.SGD(groups, lr=rate, momentum=record.optimizer.momentum)
    weight = torch.ones(1 + len(record.classes), device=device)
    stride = network.output_stride
    numbers = range(record.stage.iterations * size)
    with Pool(READERS) as pool:
        read = map(batches, numbers) if device.type == "cpu" else pool.ahead(batches, numbers)
        for _ in range(record.stage.iterations):
            optimizer.zero_grad()
            for batch in islice(read, size):
                scores = network(normalise(batch.images, network.mean, network.std, device))
                masks = torch.from_numpy(batch.masks[:, ::stride, ::stride].astype("int64"))
                loss = segmentation_loss(scores, masks.to(device), weight)
                (loss / size).backward()
            optimizer.step()


LOOPS = {"ours": ours, "given masks": given_masks}


def measure(
    loop: str, record: StageRecord, frames: int, device: torch.device, updates: int, folder: Path
) -> dict[str, float]:
    """Seconds of an update, in all and by part."""
    network = build_network(record.network, 1 + len(record.classes)).to(device)
    frozen = frozen_features(network, record.optimizer)
    if frozen is not None:  # A frame and its mirror image take the same time.
        optimizer = record.optimizer.model_copy(update={"mirror": False})
        record = record.model_copy(update={"optimizer": optimizer})
    batches = made_up_batches(record, frames, folder)
    # The seconds of the longer run less those of the shorter are those of the updates. What is
    # before them compiles and allocates, and shows all frames that are looked at once.
    first = 1 if frozen is None else math.ceil(len(batches) / record.optimizer.iter_size)

    def seconds(count: int, in_parts: bool) -> dict[str, float]:
        stage = record.stage.model_copy(update={"iterations": count, "warmup": 0})
        changed = record.model_copy(update={"stage": stage})
        clock = Clock(device)
        began = clock.now()
        with parts(clock, network) if in_parts else nullcontext():
            LOOPS[loop](network, batches, changed, device, frozen)
        return {"update": clock.now() - began, **clock.seconds}

    seconds(first, in_parts=True)
    shorter, longer = (seconds(count, in_parts=True) for count in (1, 1 + updates))
    if device.type != "cpu":
        whole = [seconds(count, in_parts=False)["update"] for count in (1, 1 + updates)]
        shorter["update"], longer["update"] = whole
    return {name: (longer[name] - shorter.get(name, 0.0)) / updates for name in longer}


def row(
    loop: str, rounds: list[dict[str, float]], frames_of_update: int, device: torch.device
) -> dict[str, Any]:
    """Medians of the rounds."""
    names = rounds[0]
    medians = {name: statistics.median(each[name] for each in rounds) for name in names}
    total = medians.pop("update")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device) / 2**20
    return {
        "loop": loop,
        "updates/s": round(1 / total, 3),
        "frames/s": round(frames_of_update / total, 2),
        "seconds": round(total, 3),
        **{name: round(value, 3) for name, value in medians.items()},
        "labels' share": round(medians.get("labels", 0.0) / total, 3),
        "peak MB": round(peak),
    }


def settings_of(files: list[str], changes: str, directory: Path) -> Settings:
    """The configuration, with changes on top."""
    overlay = directory / "changes.yaml"
    overlay.write_text(yaml.safe_dump(yaml.safe_load(changes)))
    return read_settings([Path("config.yaml"), *map(Path, files), overlay])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--configfile", nargs="*", default=[], help="on top of config.yaml")
    parser.add_argument("--training", default="m-cnn/initial", help="experiment/stage")
    parser.add_argument("--settings", default="{}", help="changes of the configuration, as YAML")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--updates", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = pick_device(given.device)
    with tempfile.TemporaryDirectory() as name:
        settings = settings_of(given.configfile, given.settings, Path(name))
        step = Step(*given.training.split("/"))
        record = ExperimentGraph(settings).records[step]
        frames = settings.shots.frames_per_sample
        rounds: dict[str, list[dict[str, float]]] = {loop: [] for loop in LOOPS}
        for k in range(given.rounds):
            for loop, times in rounds.items():
                folder = Path(name) / f"{k} {loop}"
                folder.mkdir()
                times.append(measure(loop, record, frames, device, given.updates, folder))
    for loop, times in rounds.items():
        of_update = frames * record.optimizer.iter_size
        print(json.dumps(row(loop, times, of_update, device)), flush=True)


if __name__ == "__main__":
    main()
