"""The predictors of labels on a few real videos: trained, evaluated, tabulated by one workflow.

Builds the layout of one's own videos from six DAVIS-2016 sequences, the dog of the FOS release and
two clips; everything is reduced to a height or shorter side of 192 pixels. Trains a pretrained
SqueezeNet on them, with motion masks of the workflow's own, and evaluates it on the images of VOC
2012 that `val_dev` lists and on the Weizmann horses, on the frames of DAVIS against their masks,
and by the boxes of these. No annotation is used in the training.

    python benchmarks/real_matrix.py DATA OUT [--seeds 0 1 2] [--iterations 180] [--cores 2]

DATA holds `davis2016`, `fos_release`, `clips`, `voc2012`, `weizmann_horse` and `weights`.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from PIL import Image
from workflow import run_workflow

SIDE = 192
CROP = 161
SEQUENCES = {
    "blackswan": "bird",
    "car-roundabout": "car",
    "cows": "cow",
    "dog": "dog",
    "horsejump-high": "horse",
    "scooter-black": "motorbike",
}
CLIPS = {"car-detection": "car", "sam2_01_dog": "dog"}
VOC_LIST = "val_dev"
FOS_DOG = 32
"""Frames of the release's first shot; the others show a cat."""
PREDICTORS = {"hard": "hard", "em-adapt": "em_adapt", "network-only": "network_only"}


def reduced(image: np.ndarray, interpolation: int) -> np.ndarray:
    """An image whose shorter side is `SIDE`, if it was longer."""
    scale = min(1.0, SIDE / min(image.shape[:2]))
    size = round(scale * image.shape[1]), round(scale * image.shape[0])
    return cv2.resize(image, size, interpolation=interpolation)


def write_images(images: Iterator[tuple[str, np.ndarray]], folder: Path) -> None:
    """Write reduced JPEGs."""
    folder.mkdir(parents=True)
    for stem, image in images:
        small = reduced(image, cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{stem}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 95])


def write_masks(paths: Iterator[Path], folder: Path) -> None:
    """Write reduced PNGs of index or grey-level masks."""
    folder.mkdir(parents=True)
    for path in paths:
        mask = np.asarray(Image.open(path))  # OpenCV would resolve a palette.
        cv2.imwrite(str(folder / f"{path.stem}.png"), reduced(mask, cv2.INTER_NEAREST_EXACT))


def files(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and images of a folder's JPEGs."""
    for path in sorted(folder.glob("*.jpg")):
        yield path.stem, cv2.imread(str(path))


def video(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Numbers and frames of a video file."""
    capture, number = cv2.VideoCapture(str(path)), 0
    while (read := capture.read())[0]:
        yield f"{number:05d}", read[1]
        number += 1


def build_tree(data: Path, root: Path) -> None:
    """Write videos, the masks of those that have some, and the images to evaluate on."""
    for sequence, tag in SEQUENCES.items():
        frames = data / "davis2016" / "JPEGImages" / "480p" / sequence
        masks = data / "davis2016" / "Annotations" / "480p" / sequence
        write_images(files(frames), root / "videos" / tag / sequence)
        write_masks(iter(sorted(masks.glob("*.png"))), root / "truth" / tag / sequence)
    dog = list(files(data / "fos_release" / "frames"))[:FOS_DOG]
    write_images(iter(dog), root / "videos" / "dog" / "fos")
    for clip, tag in CLIPS.items():
        write_images(video(data / "clips" / f"{clip}.mp4"), root / "videos" / tag / clip)
    horses = data / "weizmann_horse"
    write_images(files(horses / "rgb"), root / "horses" / "images")
    shapes = {
        path.stem: cv2.imread(str(path)).shape[:2] for path in (root / "horses/images").iterdir()
    }
    (root / "horses" / "masks").mkdir()
    for path in sorted((horses / "figure_ground").iterdir()):
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        mask = cv2.resize(mask, shapes[path.stem][::-1], interpolation=cv2.INTER_LINEAR)
        cv2.imwrite(str(root / "horses" / "masks" / f"{path.stem}.png"), mask)
    build_voc(data / "voc2012", root / "VOC2012")


def build_voc(voc: Path, root: Path) -> None:
    """Write the images and masks that a list names, the list and the table of tags."""
    path = Path("ImageSets", "Segmentation", f"{VOC_LIST}.txt")
    names = (voc / path).read_text().split()
    images = ((name, cv2.imread(str(voc / "JPEGImages" / f"{name}.jpg"))) for name in names)
    write_images(images, root / "JPEGImages")
    masks = (voc / "SegmentationClass" / f"{name}.png" for name in names)
    write_masks(masks, root / "SegmentationClass")
    for copied in (path, Path("image_tags.csv")):
        (root / copied).parent.mkdir(parents=True, exist_ok=True)
        (root / copied).write_bytes((voc / copied).read_bytes())


def overlay(data: Path, root: Path, seeds: list[int], iterations: int) -> dict[str, Any]:
    """The configuration, over that of one's own videos."""
    folders = {
        name: {"format": "image_folder", "images": str(images), "masks": str(masks), "tag": tag}
        for name, images, masks, tag in [
            ("weizmann", root / "horses/images", root / "horses/masks", "horse"),
            *(
                (sequence, root / "videos" / tag / sequence, root / "truth" / tag / sequence, tag)
                for sequence, tag in SEQUENCES.items()
            ),
        ]
    }
    for name in SEQUENCES:
        folders[name]["threshold"] = 1
    return {
        "run": "real",
        "seeds": seeds,
        "device": "cpu",
        "threads": 1,
        "classes": sorted(SEQUENCES.values()),
        "datasets": {
            "own": {
                "root": str(root / "videos"),
                "ground_truth": {"format": "png", "root": str(root / "truth")},
            }
        },
        "images": {
            **folders,
            "voc": {"format": "pascal_voc", "root": str(root / "VOC2012"), "split": VOC_LIST},
        },
        "network": {"weights": str(data / "weights/squeezenet1_1_imagenet_features.safetensors")},
        # The paper's balance of unary and pairwise terms on the grid of this crop.
        "labels": {"stride": 2, "lambda": round(50 * (CROP // 2) / 321, 1)},
        "training": {
            "initial": {
                "iterations": iterations,
                "step_size": iterations * 2 // 3,
                "warmup": iterations // 3,
            },
            "finetuned": {"iterations": iterations // 3, "step_size": iterations // 3},
            "crop_size": CROP,
            "iter_size": 3,
        },
        "experiments": {
            name: {
                "dataset": "own",
                "stages": ["initial"],
                "override": {"labels": {"predictor": predictor}},
            }
            for name, predictor in PREDICTORS.items()
        },
        "targets": [
            *(f"{name}/initial" for name in PREDICTORS),
            *("own/initial", "own/finetuned"),
        ],
        "colocalization": {
            "targets": ["hard/initial", "own/initial", "own/finetuned"],
            "frames": "annotated",
            "superpixels": 1500,
            "lambda": 10,
        },
        "evaluation": {"sets": ["voc", "weizmann", *SEQUENCES]},
    }


def show(results: Path) -> None:
    """Print the IoU of each set's class and CorLoc in per cent, mean and deviation over seeds."""
    sets = {"voc": "mean", "weizmann": "horse", **SEQUENCES}
    rows = []
    for path in results.glob("evaluation/*/seed*/*/iou.csv"):
        table = pd.read_csv(path).set_index(["set", "class"])["iou"]
        row = {name: 100 * table.get((name, tag), np.nan) for name, tag in sets.items()}
        rows.append({"row": row_name(path), **row, "davis": mean_of(row, SEQUENCES)})
    print("IoU; voc: mean over the background and the classes there; davis: mean of the six")
    print(summary(rows))
    rows = []
    for path in results.glob("colocalization/**/corloc.csv"):
        table = pd.read_csv(path).set_index("class")["corloc"]
        row = {name: table.get(tag, np.nan) for name, tag in SEQUENCES.items()}
        rows.append({"row": row_name(path), **row, "davis": mean_of(row, SEQUENCES)})
    print("CorLoc")
    print(summary(rows))


def row_name(path: Path) -> str:
    """Experiment and stage of a result, or what else it is of."""
    experiment, seed, stage = path.parts[-4:-1]
    return f"{experiment}/{stage}" if seed.startswith("seed") else "motion masks"


def mean_of(row: Mapping[str, float], names: Iterable[str]) -> float:
    """Mean of some values; NaN if one is."""
    return float(np.mean([row[name] for name in names]))


def summary(rows: list[dict[str, Any]]) -> str:
    """Mean and sample deviation of the rows of one name."""
    groups = pd.DataFrame(rows).groupby("row")
    mean, deviation = groups.mean().map("{:.1f}".format), groups.std().map(" ({:.1f})".format)
    return (mean + deviation).to_string()


def main() -> None:
    """Build, run and show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--iterations", type=int, default=180)
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    data, out = args.data.resolve(), args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "tree").is_dir():
        with tempfile.TemporaryDirectory(dir=out) as unfinished:
            build_tree(data, Path(unfinished) / "tree")
            (Path(unfinished) / "tree").rename(out / "tree")
    settings = overlay(data, out / "tree", args.seeds, args.iterations)
    run_workflow(out, settings, args.cores)
    show(out / "results" / "real")


if __name__ == "__main__":
    main()
