"""A dataset of any number of videos: some rendered ones under many names, and what steps leave.

The frames are hard links, so that a hundred times the videos take no more room on the disk.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from mcnn.artefacts.annotations import AnnotatedBox, write_annotations
from mcnn.artefacts.localized import Localized, write_localized
from mcnn.artefacts.motion import ShotMotion, encode_shot, write_motion
from mcnn.artefacts.shots import Shot, read_shots, videos_of, write_shots
from mcnn.config.datasets import MotionMasks, VideoDataset
from mcnn.config.demo import Demo
from mcnn.config.network import Network
from mcnn.datasets.manifest import build_manifest
from mcnn.demo.layout import write_ranges
from mcnn.demo.plan import ShotPlan, plan_shots
from mcnn.demo.render import render_world
from mcnn.imaging.boxes import Box
from mcnn.networks.build import build_network
from mcnn.networks.weights import save_network

NETWORK = Network(architecture="shallow", width=0.25, weights="none")
VIDEOS_PER_JOB = 20


@dataclass(frozen=True)
class World:
    """Where the artefacts of a dataset of some size lie."""

    folder: Path

    @property
    def root(self) -> Path:
        """The dataset, in the layout of YouTube-Objects."""
        return self.folder / "YouTube-Objects"

    @property
    def dataset(self) -> VideoDataset:
        """Its section of the configuration."""
        motion = MotionMasks(format="png", root=str(self.root))
        return VideoDataset(format="youtube_objects", root=str(self.root), motion=motion)

    @property
    def shots(self) -> Path:
        """The manifest."""
        return self.folder / "shots.parquet"

    @property
    def annotations(self) -> Path:
        """A box in a frame of each shot."""
        return self.folder / "annotations.csv"

    def masks(self) -> list[Path]:
        """Motion masks of each video, in the order of the manifest."""
        return [self.folder / "motion" / f"{v}.parquet" for v in videos_of(read_shots(self.shots))]

    def localized(self) -> list[Path]:
        """Localized videos, a file for each job of `VIDEOS_PER_JOB`."""
        return sorted((self.folder / "localized").iterdir())


def demo(folder: Path, videos: int) -> Demo:
    """Settings of the rendered videos."""
    base = Demo(root=str(folder))
    per_class = -(-videos // len(base.classes))
    sizes = {"videos_per_class": per_class, "shots_per_video": 3}
    return base.model_copy(update={**sizes, "train_images": 1, "val_images": 1})


def build_worlds(folder: Path, videos: int, factors: Sequence[int]) -> None:
    """Render videos, and make datasets of that many times as many, with what steps leave."""
    settings = demo(folder / "rendered", videos)
    render_world(settings, progress=False)
    plans = plan_shots(settings)
    masks = {(plan.tag, plan.number): _masks(settings, plan) for plan in plans}
    save_network(
        build_network(NETWORK, 1 + len(settings.classes)),
        *(folder / "model.safetensors", settings.classes, NETWORK),
    )
    for factor in factors:
        world = World(folder / f"{factor}x")
        for tag in settings.classes:
            mine = [plan for plan in plans if plan.tag == tag]
            _link(settings, mine, world.root, factor)
        shots, _ = build_manifest(world.dataset, settings.classes, "stop")
        write_shots(shots, world.shots)
        _write_artefacts(world, shots, masks, len(plans) // len(settings.classes))


def _masks(settings: Demo, plan: ShotPlan) -> ShotMotion:
    """True masks of a rendered shot, in place of the motion segmentation's."""
    folder = Path(settings.root) / "ground_truth" / plan.tag
    frames = range(plan.first, plan.last + 1)
    masks = [np.asarray(Pillow.open(folder / f"{frame:08d}.png")) > 0 for frame in frames]
    return encode_shot("", 0, frames, masks, confidences=[0.5] * len(masks))


def _link(settings: Demo, plans: Sequence[ShotPlan], root: Path, factor: int) -> None:
    """Frames and ranges of a class, `factor` times."""
    tag, length, videos = plans[0].tag, plans[-1].last, settings.videos_per_class
    rendered = Path(settings.root) / "YouTube-Objects" / tag
    (root / tag).mkdir(parents=True)
    ranges = []
    for copy in range(factor):
        for frame in range(1, length + 1):
            name = f"{copy * length + frame:08d}.jpg"
            os.link(rendered / f"{frame:08d}.jpg", root / tag / name)
        shift = copy * length
        ranges += [(p.first + shift, p.last + shift, copy * videos + p.video + 1) for p in plans]
    write_ranges(root, tag, ranges)


def _write_artefacts(
    world: World, shots: Sequence[Shot], masks: dict[tuple[str, int], ShotMotion], per_class: int
) -> None:
    """Motion masks, annotations and localizations."""
    videos = videos_of(shots)
    for video, mine in videos.items():
        encoded = [
            replace(
                masks[shot.tags[0], (shot.class_shot - 1) % per_class],
                video=shot.video,
                shot=shot.shot,
                frames=tuple(shot.indices),
            )
            for shot in mine
        ]
        write_motion(encoded, world.folder / "motion" / f"{video}.parquet")
    boxes = [AnnotatedBox(s.video, s.shot, s.first, s.tags[0], 20, 20, 80, 80) for s in shots]
    write_annotations(boxes, world.annotations)
    names = list(videos)
    for k in range(0, len(names), VIDEOS_PER_JOB):
        group = [shot for name in names[k : k + VIDEOS_PER_JOB] for shot in videos[name]]
        write_localized(_found(group), world.folder / "localized" / f"{k:08d}.parquet")


def _found(shots: Sequence[Shot]) -> Iterator[tuple[str, int, Localized]]:
    mask = np.zeros((24, 32), bool)
    for shot in shots:
        box = Box(20, 20, 80, 70)
        yield shot.video, shot.shot, Localized(shot.first, shot.tags[0], (96, 128), box, 0.9, mask)
