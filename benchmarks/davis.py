"""The motion segmentation on DAVIS-2016, as the benchmark scores it.

Prints a JSON line a sequence, in the order of their J: region similarity J and contour accuracy F
(mean, recall, decay) without the first and the last frame, and frames a second of CPU time; then
the mean over sequences. --out writes the table as Markdown, the published figures beside ours, and
a sheet of the frames with the lowest J, ours in red, the truth's outline in white.

    python benchmarks/davis.py ROOT [--settings '{window: 30}'] [--published CSV] [--out FOLDER]

ROOT has the official layout, JPEGImages and Annotations, with or without 480p/ in them. The CSV has
a column `sequence` and one of each method's J.
"""

import argparse
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
import yaml
from PIL import Image

from mcnn.config.motion import MotionSegmentation
from mcnn.evaluation.video_masks import contour, contour_accuracy, region_similarity, statistics
from mcnn.imaging.drawing import contact_sheet, tint
from mcnn.motion.segment import segment_shot

WORST = 12
"""Frames on the sheet."""


class Scored(NamedTuple):
    """A sequence: its row of the table, J of its frames, and the picture of the worst one."""

    row: dict[str, Any]
    worst: tuple[float, str, np.ndarray]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--sequences", nargs="+", help="these alone")
    parser.add_argument("--settings", default="{}", help="of `motion`, as YAML: '{window: 30}'")
    parser.add_argument("--published", type=Path, help="CSV of other methods' J by sequence")
    parser.add_argument("--out", type=Path, help="folder for davis.md and worst.jpg")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    settings = MotionSegmentation.model_validate(yaml.safe_load(arguments.settings))
    names = arguments.sequences or sorted(path.name for path in images_of(arguments.root).iterdir())
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.processes, mp_context=spawn) as pool:
        scored = list(pool.map(partial(score, arguments.root, settings), names))
    table = pd.DataFrame([each.row for each in scored]).sort_values("J")
    for row in [*table.to_dict("records"), mean_of(table)]:
        print(json.dumps(row), flush=True)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        text = markdown(table, arguments.published)
        (arguments.out / "davis.md").write_text(text)
        worst = sorted((each.worst for each in scored), key=lambda worst: worst[0])[:WORST]
        sheet = contact_sheet([tile for *_, tile in worst], [title for _, title, _ in worst])
        Image.fromarray(sheet).save(arguments.out / "worst.jpg", quality=90)


def images_of(root: Path, kind: str = "JPEGImages") -> Path:
    """Folder of the sequences' images or annotations."""
    folder = root / kind
    return folder / "480p" if (folder / "480p").is_dir() else folder


def score(root: Path, settings: MotionSegmentation, name: str) -> Scored:
    """Segment a sequence and compare it with the truth."""
    cv2.setNumThreads(1)
    paths = sorted((images_of(root) / name).glob("*.jpg"))
    frames = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    segment_shot(frames[:3], settings)  # Compiles.
    began = time.process_time()
    masks = list(segment_shot(frames, settings).masks())
    seconds = time.process_time() - began
    truths = [truth_of(images_of(root, "Annotations") / name / f"{p.stem}.png") for p in paths]
    pairs = list(zip(masks, truths, strict=True))[1:-1]
    regions = np.array([region_similarity(*pair) for pair in pairs])
    contours = np.array([contour_accuracy(*pair) for pair in pairs])
    j, f = statistics(regions), statistics(contours)
    row = {
        "sequence": name,
        **{"J": j.mean, "J recall": j.recall, "J decay": j.decay},
        **{"F": f.mean, "F recall": f.recall, "F decay": f.decay},
        "frames/s": len(frames) / seconds,
    }
    k = int(regions.argmin())
    picture = tint(frames[k + 1], masks[k + 1])
    picture[contour(truths[k + 1])] = 255
    title = f"{name} {paths[k + 1].stem}: {regions[k]:.2f}"
    rounded = {key: value if key == "sequence" else round(value, 4) for key, value in row.items()}
    return Scored(rounded, (float(regions[k]), title, picture))


def truth_of(path: Path) -> np.ndarray:
    """A mask of the truth; whatever is not 0 is an object."""
    return np.asarray(Image.open(path).convert("L")) > 0


def mean_of(table: pd.DataFrame) -> dict[str, Any]:
    """The mean over sequences."""
    means = table.drop(columns="sequence").mean().round(4)
    return {"sequence": f"mean of {len(table)}", **means.to_dict()}


def markdown(table: pd.DataFrame, published: Path | None) -> str:
    """The table for people, other methods' J beside ours."""
    if published is not None:
        table = table.merge(pd.read_csv(published), on="sequence", how="left")
    table = pd.concat([table, pd.DataFrame([mean_of(table)])])
    return table.round(3).to_markdown(index=False) + "\n"


if __name__ == "__main__":
    main()
