"""Rendering the whole world of the demo."""

import csv
import io
import json
import multiprocessing
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import cv2

from mcnn.config.demo import Demo
from mcnn.demo import layout
from mcnn.demo.images import box_of, render_image
from mcnn.demo.layout import Box
from mcnn.demo.plan import ShotPlan, plan_shots
from mcnn.demo.videos import render_shot
from mcnn.errors import DataError
from mcnn.progress import track

_MARKER = ".rendered-by-mcnn"
_PARTS = ("YouTube-Objects", "ground_truth", "VOCdevkit")


class _Annotated(NamedTuple):
    """A shot with the frames that are annotated in it and their boxes."""

    shot: ShotPlan
    boxes: list[tuple[int, Box]]


def render_world(settings: Demo, *, progress: bool = True, n_jobs: int = 1) -> None:
    """Render the videos and the images of the demo below `settings.root`.

    Leaves YouTube-Objects (frames, Ranges, GroundTruth), VOCdevkit/VOC2012
    and world.json, which is written last; ground_truth (true masks of the frames and kinds.csv,
    the kinds of the shots) is for diagnosis, and no step reads it. The same settings give the
    same bytes, whatever `n_jobs`. A world that is already there is removed first.

    Parameters
    ----------
    settings
        Size and seed of the world.
    progress
        Whether to report progress.
    n_jobs
        Number of processes.

    Raises
    ------
    DataError
        If the root holds files that are not a rendered world.
    """
    root = Path(settings.root)
    _clean(root)
    layout.write_bytes(root / _MARKER, b"")
    shots = plan_shots(settings)
    kinds = {(shot.tag, shot.number): shot.kind for shot in shots}
    videos = [list(group) for _, group in groupby(shots, key=lambda s: (s.tag, s.video))]
    n_images = settings.train_images + settings.val_images
    jobs = [*(partial(_video, settings, video, kinds) for video in videos)]
    jobs += [partial(_image, settings, number) for number in range(n_images)]
    done = _run(jobs, n_jobs)
    if progress:
        done = track(done, len(jobs), "videos and images rendered")
    annotated = [item for part in done for item in part]
    _write_annotations(root / "YouTube-Objects", settings.classes, annotated)
    _write_kinds(root / "ground_truth" / "kinds.csv", annotated)
    voc = root / "VOCdevkit" / "VOC2012"
    names = [_image_name(number) for number in range(n_images)]
    layout.write_list(voc, "train", names[: settings.train_images])
    layout.write_list(voc, "val", names[settings.train_images :])
    layout.write_list(voc, "trainval", names)
    counts = {
        "videos": len(videos),
        "shots": len(shots),
        "frames": sum(shot.last - shot.first + 1 for shot in shots),
        "train_images": settings.train_images,
        "val_images": settings.val_images,
    }
    settings_used = settings.model_dump(exclude={"root", "enabled", "classes"})
    world = {"classes": settings.classes, "counts": counts, "settings": settings_used}
    layout.write_bytes(root / "world.json", (json.dumps(world, indent=2) + "\n").encode())


def _run(jobs: list[partial[list[_Annotated]]], n_jobs: int) -> Iterator[list[_Annotated]]:
    if n_jobs == 1:
        yield from (job() for job in jobs)
        return
    # The pictures are too small for OpenCV's own threads, which only get into each other's way.
    # Spawned, not forked: the caller may have threads, and a fork would inherit their locks.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_jobs, context, cv2.setNumThreads, (1,)) as pool:
        futures = [pool.submit(job) for job in jobs]
        yield from (future.result() for future in futures)


def _clean(root: Path) -> None:
    if not root.is_dir():
        return
    if not (root / _MARKER).exists() and any(path.is_file() for path in root.rglob("*")):
        raise DataError(
            root, "the folder holds files that the demo did not write",
            "set demo.root to a folder of its own",
        )  # fmt: skip
    (root / "world.json").unlink(missing_ok=True)
    for part in _PARTS:
        if (root / part).exists():
            shutil.rmtree(root / part)


def _video(
    settings: Demo, shots: list[ShotPlan], kinds: dict[tuple[str, int], str]
) -> list[_Annotated]:
    root = Path(settings.root)
    annotated = []
    for shot in shots:
        kind = kinds[shot.tag, shot.original]
        length = shot.last - shot.first
        chosen = (shot.first + length // 3, shot.first + 2 * length // 3)
        boxes = []
        frames = render_shot(settings.seed, shot, kind, settings.height, settings.width)
        for number, frame in enumerate(frames, shot.first):
            name = f"{shot.tag}/{number:08d}"
            layout.write_jpeg(root / "YouTube-Objects" / f"{name}.jpg", frame.image)
            layout.write_mask(root / "ground_truth" / f"{name}.png", frame.truth)
            if number in chosen and frame.truth.any():
                boxes.append((number, box_of(frame.truth)))
        annotated.append(_Annotated(shot, boxes))
    return annotated


def _image_name(number: int) -> str:
    return f"2012_{number + 1:06d}"


def _image(settings: Demo, number: int) -> list[_Annotated]:
    still = render_image(settings.seed, number, settings.height, settings.width, settings.classes)
    voc = Path(settings.root) / "VOCdevkit" / "VOC2012"
    layout.write_still(voc, _image_name(number), still)
    return []


def _write_annotations(root: Path, classes: Iterable[str], annotated: Iterable[_Annotated]) -> None:
    for tag in classes:
        mine = [item for item in annotated if item.shot.tag == tag]
        ranges = [(item.shot.first, item.shot.last, item.shot.video + 1) for item in mine]
        layout.write_ranges(root, tag, ranges)
        last = max(item.shot.video for item in mine)
        for split, is_test in (("Training", False), ("Test", True)):
            chosen = [item for item in mine if (item.shot.video == last > 0) == is_test]
            layout.write_boxes(root, tag, split, [box for item in chosen for box in item.boxes])


def _write_kinds(path: Path, annotated: Iterable[_Annotated]) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["class", "video", "shot", "kind", "original", "first", "last"])
    for shot, _ in annotated:
        numbers = (shot.video + 1, shot.number + 1, shot.kind, shot.original + 1)
        table.writerow([shot.tag, *numbers, shot.first, shot.last])
    layout.write_bytes(path, text.getvalue().encode())
