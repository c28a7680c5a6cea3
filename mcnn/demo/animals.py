"""Silhouettes of the horse and the cat."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from mcnn.demo.geometry import (
    Part,
    Polygons,
    curve,
    ellipse,
    leg,
    path,
    points,
    ribbon,
    rounded,
    smooth,
    turn,
)

Variant = Mapping[str, float]

_GAIT = (0.0, np.pi, np.pi * 0.9, np.pi * 1.9)


def horse(variant: Variant, phase: float) -> list[Part]:
    """Horse from the side; `phase` in radians drives the legs, the neck and the tail.

    `variant`: build (thickness), neck (turn of the neck, radians), stride (radians).
    """
    build, stride = 0.9 + 0.25 * variant["build"], 0.22 + 0.4 * variant["stride"]
    torso = path(
        "0.17,-0.19 0.02,-0.155 -0.16,-0.19 -0.28,-0.16 -0.335,-0.06 -0.29,0.05 "
        "-0.15,0.055 -0.02,0.085 0.12,0.085 0.24,0.03 0.28,-0.07"
    ) * (1, build)
    nod = (variant["neck"] - 0.4) * 0.7 + 0.06 * np.sin(phase)
    nodding = partial(turn, angle=nod, centre=(0.18, -0.10))
    neck = nodding(
        path("0.08,-0.18 0.22,-0.34 0.33,-0.47 0.42,-0.39 0.33,-0.2 0.28,-0.02 0.15,0"),
    )
    head = nodding(
        path(
            "0.31,-0.48 0.38,-0.5 0.47,-0.42 0.57,-0.3 0.56,-0.25 0.5,-0.245 0.43,-0.31 0.36,-0.36"
        )
    )
    ear = nodding(path("0.33,-0.47 0.345,-0.57 0.385,-0.48"))
    mane = nodding(
        path(
            "0.07,-0.19 0.17,-0.36 0.29,-0.51 0.37,-0.52 "
            "0.38,-0.46 0.31,-0.42 0.22,-0.28 0.14,-0.15"
        )
    )
    eye, nostril = nodding(path("0.425,-0.425 0.545,-0.285"))
    wag = 0.10 * np.sin(0.7 * phase)
    tail = curve(points(-0.31, -0.15, -0.42 - wag / 2, -0.08, -0.42 - wag, 0.2), 6)
    parts: list[Part] = []
    hips = ((-0.25, 0.0), (0.16, 0.03), (-0.19, 0.0), (0.21, 0.03))
    for k in (0, 1):
        parts += _leg(hips[k], phase + _GAIT[k], stride, (0.21, 0.21), (0.062, 0.030, 0.022), 0.68)
    parts += [
        Part("tail", ribbon(tail, (0.025, 0.04, 0.045, 0.045, 0.04, 0.015)), "mane"),
        Part("neck", (smooth(neck),), "coat"),
        Part("body", (smooth(torso),), "coat"),
    ]
    for k in (2, 3):
        parts += _leg(hips[k], phase + _GAIT[k], stride, (0.21, 0.21), (0.072, 0.032, 0.023), 0.95)
    return [
        *parts,
        Part("head", (ear,), "coat", 0.9),
        Part("neck", (smooth(mane),), "mane"),
        Part("head", (smooth(head),), "coat"),
        Part("head", (ellipse(eye[0], eye[1], 0.014, 0.014),), "dark"),
        Part("head", (ellipse(nostril[0], nostril[1], 0.014, 0.01),), "dark"),
    ]


def _leg(
    hip: tuple[float, float],
    phase: float,
    stride: float,
    lengths: tuple[float, float],
    radii: tuple[float, float, float],
    shade: float,
) -> list[Part]:
    swing = stride * np.sin(phase)
    bend = 1.3 * stride * max(0.0, np.cos(phase)) + 0.05
    bones, foot = leg(hip, lengths, radii, swing, bend)
    hoof = ellipse(foot[0] + 0.01, foot[1], radii[2] * 1.5, radii[2] * 1.1)
    return [Part("legs", bones, "coat", shade), Part("legs", (hoof,), "hoof", shade)]


def cat(variant: Variant, phase: float) -> list[Part]:
    """Cat, walking or (variant pose above 0.6) sitting towards the viewer."""
    return _sitting(variant, phase) if variant["pose"] > 0.6 else _walking(variant, phase)


def _walking(variant: Variant, phase: float) -> list[Part]:
    build, stride = 0.9 + 0.3 * variant["build"], 0.25 + 0.3 * variant["stride"]
    torso = path(
        "0.22,-0.17 0.06,-0.155 -0.12,-0.19 -0.27,-0.16 -0.33,-0.06 "
        "-0.28,0.05 -0.1,0.065 0.1,0.06 0.24,0.04 0.28,-0.06"
    ) * (1, build)
    lift = 0.05 * np.sin(phase) - 0.12 * (variant["neck"] - 0.5)
    sway = 0.12 * np.sin(0.6 * phase)
    tail = curve(points(-0.30, -0.11, -0.50, -0.28 + sway / 2, -0.38 + sway, -0.56), 7)
    parts: list[Part] = []
    hips = ((-0.24, 0.0), (0.16, 0.02), (-0.18, 0.0), (0.21, 0.02))
    for k in (0, 1):
        parts += _leg(hips[k], phase + _GAIT[k], stride, (0.12, 0.13), (0.06, 0.036, 0.030), 0.7)
    parts += [
        Part("tail", ribbon(tail, (0.03, 0.034, 0.034, 0.034, 0.033, 0.031, 0.026)), "coat", 0.9),
        Part("body", (smooth(torso),), "coat"),
    ]
    for k in (2, 3):
        parts += _leg(hips[k], phase + _GAIT[k], stride, (0.12, 0.13), (0.072, 0.038, 0.032), 0.97)
    parts.append(Part("body", (ellipse(0.26, -0.10, 0.09, 0.10, -0.5),), "coat", 0.97))
    return parts + _face((0.36, -0.20 + lift), 0.135)


def _sitting(variant: Variant, phase: float) -> list[Part]:
    build = 0.9 + 0.25 * variant["build"]
    sway = 0.08 * np.sin(0.6 * phase)
    torso = path(
        "0,-0.16 0.12,-0.08 0.19,0.12 0.22,0.28 0.12,0.34 "
        "-0.12,0.34 -0.22,0.28 -0.19,0.12 -0.12,-0.08"
    ) * (build, 1)
    tail = curve(points(0.16, 0.31, 0.44, 0.28, 0.42 + sway, -0.02), 7)
    legs: Polygons = ()
    for side in (-1, 1):
        line = points(side * 0.06, 0.05, side * 0.065, 0.2, side * 0.07, 0.34)
        legs += ribbon(line, (0.05, 0.045, 0.05))
    tilt = 0.03 * np.sin(phase)
    return [
        Part("tail", ribbon(tail, (0.035, 0.036, 0.036, 0.036, 0.034, 0.03, 0.026)), "coat", 0.85),
        Part("body", (smooth(torso),), "coat", 0.9),
        Part("body", (ellipse(0.0, 0.06, 0.09, 0.12),), "belly"),
        Part("legs", legs, "coat", 1.02),
        *_face((tilt, -0.26), 0.18),
    ]


def _face(centre: tuple[float, float], r: float) -> list[Part]:
    x, y = centre
    skull = smooth(path("-0.55,-0.75 0.55,-0.75 1,0.05 0.55,0.72 -0.55,0.72 -1,0.05") * r + centre)
    parts = []
    for side in (-1, 1):
        ear = rounded(points(side * 0.12, -0.62, side * 0.78, -1.5, side * 0.98, -0.1), 1)
        inner = points(side * 0.38, -0.75, side * 0.74, -1.25, side * 0.82, -0.5)
        parts += [
            Part("head", (ear * r + centre,), "coat", 0.92),
            Part("head", (inner * r + centre,), "pink", 0.9),
        ]
    parts.append(Part("head", (skull,), "coat", 1.03))
    parts.append(Part("head", (ellipse(x, y + 0.4 * r, 0.42 * r, 0.28 * r),), "belly"))
    for side in (-1, 1):
        parts.append(
            Part("head", (ellipse(x + side * 0.45 * r, y - 0.05 * r, 0.2 * r, 0.17 * r),), "eye")
        )
        parts.append(
            Part("head", (ellipse(x + side * 0.45 * r, y - 0.05 * r, 0.08 * r, 0.16 * r),), "dark")
        )
    nose = points(-0.14, 0.22, 0.14, 0.22, 0.0, 0.4) * r + centre
    return [*parts, Part("head", (nose,), "pink")]
