"""The motion segmentation on DAVIS-2016, as the benchmark scores it.

Prints a JSON line a sequence, in the order of their J: region similarity J and contour accuracy F
(mean, recall, decay) without the first and the last frame, and frames a second of CPU time; then
the mean over sequences. --out writes the table as Markdown, the published figures beside ours, and
a sheet of the frames with the lowest J, ours in red, the truth's outline in white.

    python benchmarks/davis.py ROOT [--settings '{window: 30}'] [--published CSV] [--out FOLDER]

--variants names settings, as '{coarse: {flow: dis}}', and prints J, its gain and the speed of each
beside the default's. --tune takes lists of values, as '{location_share: [0.4, 0.5]}', scores their
combinations, and says by cross-validation over sequences what choosing the best of them is worth.
--calibrate fits the confidence to J, and says by leaving sequences out how well it foretells it.

ROOT has the official layout, JPEGImages and Annotations, with or without 480p/ in them. The CSV has
a column `sequence` and one of each method's J.
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
import yaml
from PIL import Image
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from mcnn.config.motion import MotionSegmentation
from mcnn.evaluation.video_masks import contour, contour_accuracy, region_similarity, statistics
from mcnn.imaging.drawing import contact_sheet, tint
from mcnn.motion.confidence import expected_overlap
from mcnn.motion.segment import segment_shot

WORST = 12
"""Frames on the sheet."""
FOLDS = 5


class Scored(NamedTuple):
    """A sequence: its row of the table, J of its frames, and the picture of the worst one."""

    row: dict[str, Any]
    worst: tuple[float, str, np.ndarray]
    evidence: np.ndarray
    regions: np.ndarray


Run = Callable[[MotionSegmentation], list[Scored]]
"""Scores all sequences with these settings."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--sequences", nargs="+", help="these alone")
    parser.add_argument("--settings", default="{}", help="of `motion`, as YAML: '{window: 30}'")
    parser.add_argument("--published", type=Path, help="CSV of other methods' J by sequence")
    parser.add_argument("--out", type=Path, help="folder for davis.md and worst.jpg")
    parser.add_argument("--variants", type=yaml.safe_load, help="settings by name, as YAML")
    parser.add_argument("--tune", type=yaml.safe_load, help="lists of values by setting, as YAML")
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    settings = MotionSegmentation.model_validate(yaml.safe_load(arguments.settings))
    names = arguments.sequences or sorted(path.name for path in images_of(arguments.root).iterdir())
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.processes, mp_context=spawn) as pool:

        def run(chosen: MotionSegmentation) -> list[Scored]:
            return list(pool.map(partial(score, arguments.root, chosen), names))

        if arguments.variants is not None:
            compare(run, {"default": {}, **arguments.variants})
            return
        if arguments.tune is not None:
            tune(run, arguments.tune)
            return
        scored = run(settings)
    if arguments.calibrate:
        calibrate(scored)
        return
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
    result = segment_shot(frames, settings)
    masks = list(result.masks())
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
    worst = float(regions[k]), title, picture
    return Scored(rounded, worst, np.array(result.evidence)[1:-1], regions)


def compare(run: Run, variants: dict[str, dict[str, Any]]) -> None:
    """Print a line a variant: mean J, its gain over the first one, frames a second."""
    first = 0.0
    for name, changes in variants.items():
        table = pd.DataFrame([each.row for each in run(MotionSegmentation(**changes))])
        mean = float(table["J"].mean())
        first = first or mean
        row = {"J": mean, "gain": mean - first, "F": table["F"].mean()}
        row |= {"frames/s": table["frames/s"].mean()}
        print(json.dumps({"variant": name} | {k: round(v, 4) for k, v in row.items()}), flush=True)


def tune(run: Run, grid: dict[str, list[Any]]) -> None:
    """Print the mean J of each combination, and what the best of them has where it was not chosen.

    A fold is every fifth sequence; the best combination on the others is scored on it.
    """
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    scores = []
    for changes in combinations:
        scores.append([each.row["J"] for each in run(MotionSegmentation(**changes))])
        print(json.dumps(changes | {"J": round(float(np.mean(scores[-1])), 4)}), flush=True)
    table = np.array(scores)
    fold = np.arange(table.shape[1]) % FOLDS
    held_back = np.empty(table.shape[1])
    for k in range(FOLDS):
        held_back[fold == k] = table[table[:, fold != k].mean(axis=1).argmax(), fold == k]
    print(json.dumps({"cross-validated J": round(float(held_back.mean()), 4)}))


def calibrate(scored: list[Scored]) -> None:
    """Print the logistic fit of J to the evidence, and its errors on sequences left out of it."""
    names = [each.row["sequence"] for each in scored]
    guesses = []
    for k, each in enumerate(scored):
        weights = fit([other for i, other in enumerate(scored) if i != k])
        guesses.append(expected_overlap(each.evidence, weights[:-1], weights[-1]))
    truths = [each.regions for each in scored]
    means = np.array([[g.mean(), t.mean()] for g, t in zip(guesses, truths, strict=True)])
    for name, (guess, truth) in zip(names, means, strict=True):
        print(json.dumps({"sequence": name, "expected": round(guess, 3), "J": round(truth, 3)}))
    for what, pairs in (
        ("sequences", means.T),
        ("frames", list(map(np.concatenate, (guesses, truths)))),
    ):
        row = {
            "correlation": np.corrcoef(*pairs)[0, 1],
            "error": np.abs(pairs[0] - pairs[1]).mean(),
        }
        print(json.dumps({"of": what} | {k: round(float(v), 3) for k, v in row.items()}))
    print(json.dumps({"weights and bias": fit(scored).round(3).tolist()}))


def fit(scored: list[Scored]) -> np.ndarray:
    """Weights and bias of the logit of J, each sequence counting once, with a little ridge."""
    evidence, logit, weight = [], [], []
    for each in scored:
        known = ~np.isnan(each.evidence).any(axis=1)
        share = np.clip(each.regions[known], 0.02, 0.98)
        evidence.append(each.evidence[known])
        logit.append(np.log(share / (1 - share)))
        weight.append(np.full(known.sum(), 1 / max(known.sum(), 1)))
    ridge = Ridge(alpha=1.0).fit(
        (scaled := StandardScaler()).fit_transform(
            np.concatenate(evidence), sample_weight=np.concatenate(weight)
        ),
        np.concatenate(logit),
        sample_weight=np.concatenate(weight),
    )
    slopes = ridge.coef_ / scaled.scale_
    return np.append(slopes, ridge.intercept_ - slopes @ scaled.mean_)


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
