"""What inferred labels are worth: IoU with annotations, beside masks, GrabCut and a network.

Segments the motion of six DAVIS-2016 sequences and trains a pretrained SqueezeNet on the masks as
they are (`hard`), by the workflow and at the frames' own size. Then infers the labels of ten
frames of each sequence with the protocol's values, without and with the network, from these masks
and from worse ones: the annotations of the frames six further on. Prints one JSON line a row. The
annotations take no part in the training. About an hour a seed on two cores.

    python benchmarks/label_quality.py DATA OUT [--seeds 0] [--iterations 1000] [--size 854x480]
        [--alpha 1 2] [--lambda 50] [--cores 2]

DATA holds `davis2016` and `weights`. What OUT holds already is not made again.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from label_shots import Shot, read_shots
from peers import grab_cut
from workflow import run_workflow

from mcnn.config.labels import Labels
from mcnn.config.motion import MotionSegmentation
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.minimisation import EnergyMinimisation
from mcnn.motion.to_folder import segment_to_folder
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.weights import load_network

SEQUENCES = {
    "blackswan": "bird",
    "car-roundabout": "car",
    "cows": "cow",
    "dog": "dog",
    "horsejump-high": "horse",
    "scooter-black": "motorbike",
}
LATE = 6
CROP = 257


def segment(frames: Path, out: Path) -> None:
    """Motion masks of each sequence, in out/<sequence>."""
    for sequence in SEQUENCES:
        if not (out / sequence).is_dir():
            segment_to_folder(frames / sequence, out / sequence, MotionSegmentation())


def displace(frames: Path, annotations: Path, out: Path) -> None:
    """Link frames to out/frames/<sequence>, and later annotations to out/masks under their names.

    The last frames, which have none, are left out.
    """
    for sequence in SEQUENCES:
        images = sorted((frames / sequence).glob("*.jpg"))
        masks = sorted((annotations / sequence).glob("*.png"))
        for image, later in zip(images, masks[LATE:], strict=False):
            link(image, out / "frames" / sequence / image.name)
            link(later, out / "masks" / sequence / f"{image.stem}.png")


def link(source: Path, path: Path) -> None:
    """A symbolic link, anew if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(source)


def link_tree(frames: Path, masks: Path, root: Path) -> None:
    """The layout of one's own videos."""
    for sequence, tag in SEQUENCES.items():
        link(frames / sequence, root / "videos" / tag / sequence)
        link(masks / sequence, root / "motion" / tag / sequence)


def overlay(root: Path, weights: Path, iterations: int, cores: int) -> dict[str, Any]:
    """The configuration, over that of one's own videos."""
    return {
        "run": "quality",
        "device": "cpu",
        "threads": cores,
        "classes": sorted(SEQUENCES.values()),
        "datasets": {
            "own": {
                "root": str(root / "videos"),
                "shots": "whole",
                "motion": {"format": "png", "root": str(root / "motion")},
            }
        },
        "shots": {"longer_side": None},
        "network": {"architecture": "squeezenet1_1", "weights": str(weights)},
        "training": {
            "initial": {
                "iterations": iterations,
                "step_size": iterations * 2 // 3,
                "warmup": 0,
            },
            "crop_size": CROP,
            "iter_size": 3,
            "background_weight": 1.0,
        },
        "experiments": {
            "hard": {
                "dataset": "own",
                "stages": ["initial"],
                "override": {"labels": {"predictor": "hard"}},
            }
        },
        "targets": ["hard/initial"],
    }


def train(out: Path, settings: dict[str, Any], seeds: list[int], cores: int) -> list[Path]:
    """Train by the workflow; the models."""
    models = [f"results/quality/models/hard/seed{k}/initial/model.safetensors" for k in seeds]
    run_workflow(out, {**settings, "seeds": seeds}, cores, models)
    return [out / model for model in models]


def predict(model: Path, shot: Shot) -> tuple[np.ndarray, int]:
    """Softmax outputs ``(T, L, H, W)`` of a shot's frames, and the label of its tag."""
    network, classes = load_network(model)
    frames = [predict_probabilities(network, image[None]) for image in shot.images]
    return np.concatenate(frames), classes.index(SEQUENCES[shot.name]) + 1


def label(shot: Shot, probabilities: np.ndarray, tag: int, alpha: float, lambda_: float) -> Any:
    """Inferred labels of a shot, as bool."""
    settings = Labels.model_validate({"lambda": lambda_})
    predictor = EnergyMinimisation(settings, alpha, motion=True, threads=2)
    valid, rng = np.ones_like(shot.masks), np.random.default_rng(0)
    frames = PredictorInput(shot.images, shot.masks, valid, probabilities, [tag], rng)
    return predictor(frames) == tag


def mean_iou(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean over frames; a frame with neither counts as 1."""
    union, common = (found | truth).sum((1, 2)), (found & truth).sum((1, 2))
    return float(np.mean(np.where(union > 0, common / np.maximum(union, 1), 1.0)))


def compare(
    shot: Shot, truth: Shot, models: list[Path], alphas: list[float], lambdas: list[float]
) -> dict[str, float]:
    """Mean IoU of everything with the annotations; with networks the mean over them."""
    flat = np.full((len(shot.masks), 2, *shot.masks.shape[1:]), 0.5, np.float32)
    found = {"masks": [shot.masks], "grabcut": [grab_cut(shot.images, shot.masks)]}
    for lambda_ in lambdas:
        found[f"labels, lambda {lambda_:g}"] = [label(shot, flat, 1, 0.0, lambda_)]
    for model in models:
        probabilities, tag = predict(model, shot)
        found.setdefault("network", []).append(probabilities.argmax(1) == tag)
        for alpha in alphas:
            for lambda_ in lambdas:
                name = f"labels, network, alpha {alpha:g}, lambda {lambda_:g}"
                labels = label(shot, probabilities, tag, alpha, lambda_)
                found.setdefault(name, []).append(labels)
    return {
        name: float(np.mean([mean_iou(labels, truth.masks) for labels in several]))
        for name, several in found.items()
    }


def show(**row: Any) -> None:
    """Print a row."""
    print(json.dumps(row), flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--size", default="854x480")
    parser.add_argument("--alpha", type=float, nargs="+", default=[1.0, 2.0])
    parser.add_argument("--lambda", type=float, nargs="+", default=[50.0], dest="lambdas")
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    data, out = args.data.resolve(), args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    frames = data / "davis2016" / "JPEGImages" / "480p"
    annotations = data / "davis2016" / "Annotations" / "480p"
    segment(frames, out / "masks")
    displace(frames, annotations, out / "late")
    link_tree(frames, out / "masks", out)
    weights = data / "weights" / "squeezenet1_1_imagenet_features.safetensors"
    settings = overlay(out, weights, args.iterations, args.cores)
    models = train(out, settings, args.seeds, args.cores)
    torch.set_num_threads(args.cores)
    cv2.setNumThreads(args.cores)
    width, height = map(int, args.size.split("x"))
    for name, images, masks in (
        ("motion", frames, out / "masks"),
        ("late", out / "late" / "frames", out / "late" / "masks"),
    ):
        shots = read_shots(images, masks, (width, height))
        truth = read_shots(images, annotations, (width, height))
        rows = []
        for shot, true in zip(shots, truth, strict=True):
            rows.append(compare(shot, true, models, args.alpha, args.lambdas))
            show(masks=name, shot=shot.name, iou={k: round(v, 3) for k, v in rows[-1].items()})
        means = {k: round(float(np.mean([row[k] for row in rows])), 3) for k in rows[0]}
        show(masks=name, shots=len(rows), mean_iou=means)


if __name__ == "__main__":
    main()
