"""Shots to measure the label estimation on."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from mcnn.shots.sample import sample_positions

N_FRAMES = 10

Size = tuple[int, int]
"""Width and height."""


class Shot(NamedTuple):
    """Frames ``(T, H, W, 3)`` uint8 RGB and masks ``(T, H, W)`` bool."""

    name: str
    images: np.ndarray
    masks: np.ndarray


def read_shots(frames: Path, masks: Path, size: Size) -> list[Shot]:
    """Ten frames spread over each sequence, cropped to the aspect ratio and brought to a size."""
    folders = sorted(path for path in frames.iterdir() if path.is_dir())
    return [_read(folder, masks / folder.name, size) for folder in folders]


def _read(frames: Path, masks: Path, size: Size) -> Shot:
    paths = sorted(p for p in frames.iterdir() if p.suffix.lower() in (".jpg", ".png"))
    paths = [paths[k] for k in sample_positions(0, len(paths) - 1, N_FRAMES)]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    return Shot(
        frames.name,
        np.stack([_fit(image, size, cv2.INTER_AREA) for image in images]),
        _masks(masks, paths, size),
    )


def _masks(folder: Path, paths: list[Path], size: Size) -> np.ndarray:
    images = [np.asarray(Image.open(folder / f"{path.stem}.png").convert("L")) for path in paths]
    return np.stack([_fit(image, size, cv2.INTER_NEAREST_EXACT) for image in images]) > 0


def _fit(image: np.ndarray, size: Size, interpolation: int) -> np.ndarray:
    """Central crop of the size's aspect ratio, at that size."""
    height, width = image.shape[:2]
    scale = min(width / size[0], height / size[1])
    crop_width, crop_height = round(scale * size[0]), round(scale * size[1])
    top, left = (height - crop_height) // 2, (width - crop_width) // 2
    crop = image[top : top + crop_height, left : left + crop_width]
    return cv2.resize(crop, size, interpolation=interpolation)
