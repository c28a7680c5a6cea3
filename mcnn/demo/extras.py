"""Silhouettes of what no tag names: the distractors and the bottle."""

from collections.abc import Mapping

import numpy as np

from mcnn.demo.geometry import Part, ellipse, leg, path, points, ribbon, rounded, smooth

Variant = Mapping[str, float]


def person(variant: Variant, phase: float) -> list[Part]:
    """Walking person of height 1."""
    stride = 0.35 + 0.2 * variant["stride"]
    width = 0.85 + 0.35 * variant["build"]
    parts = []
    for k, shade in ((0, 0.7), (1, 1.0)):
        swing = stride * np.sin(phase + np.pi * k)
        bend = stride * max(0.0, np.cos(phase + np.pi * k))
        bones, foot = leg((0.0, 0.08), (0.2, 0.2), (0.06 * width, 0.045, 0.03), swing, bend)
        parts.append(Part("legs", bones, "trousers", shade))
        parts.append(Part("legs", (ellipse(foot[0] + 0.03, foot[1] + 0.01, 0.055, 0.025),), "dark"))
        if k == 0:
            parts += _arm(-swing, width, 0.75)
    torso = path("-0.09,-0.26 0.09,-0.26 0.1,-0.1 0.08,0.1 -0.08,0.1 -0.1,-0.1")
    parts += [
        Part("body", (smooth(torso * (width, 1)),), "shirt"),
        Part("body", ribbon(points(0.0, -0.25, 0.01, -0.32), (0.035, 0.035)), "skin", 0.85),
        Part("head", (ellipse(0.015, -0.385, 0.065, 0.08),), "skin"),
        Part(
            "head",
            (smooth(path("-0.06,-0.36 -0.065,-0.43 0,-0.475 0.075,-0.44 0.03,-0.42 -0.02,-0.38")),),
            "hair",
        ),
    ]
    swing = stride * np.sin(phase)
    return parts + _arm(swing, width, 1.0)


def _arm(swing: float, width: float, shade: float) -> list[Part]:
    bones, hand = leg((0.0, -0.22), (0.16, 0.15), (0.04 * width, 0.032, 0.026), swing, -0.35)
    return [
        Part("arms", bones, "shirt", 0.85 * shade),
        Part("arms", (ellipse(hand[0], hand[1], 0.03, 0.03),), "skin", shade),
    ]


def ball(variant: Variant, phase: float) -> list[Part]:
    """Rolling ball of diameter 0.6 with two coloured spots."""
    c, s = np.cos(phase), np.sin(phase)
    spot = ellipse(0.15 * c, 0.15 * s, 0.1, 0.1)
    other = ellipse(-0.15 * c, -0.15 * s, 0.1, 0.1)
    return [
        Part("body", (ellipse(0, 0, 0.3, 0.3),), "paint"),
        Part("body", (spot, other), "stripe"),
    ]


def box(variant: Variant, phase: float) -> list[Part]:
    """Crate on small wheels."""
    high = -0.2 - 0.15 * variant["build"]
    front = points(-0.35, high, 0.35, high, 0.35, 0.25, -0.35, 0.25)
    planks = tuple(
        points(-0.35, y, 0.35, y, 0.35, y + 0.02, -0.35, y + 0.02)
        for y in np.linspace(high, 0.25, 4)[1:3]
    )
    return [
        Part("body", (front,), "paint"),
        Part("body", planks, "dark"),
        Part("body", (points(-0.35, high, -0.28, high, 0.35, 0.25, 0.28, 0.25),), "paint", 0.75),
        Part("wheels", (ellipse(-0.24, 0.27, 0.06, 0.06), ellipse(0.24, 0.27, 0.06, 0.06)), "tyre"),
    ]


def bottle(variant: Variant, phase: float) -> list[Part]:
    """Bottle of height 1."""
    w = 0.12 + 0.06 * variant["build"]
    outline = points(
        -0.045,
        -0.46,
        0.045,
        -0.46,
        0.05,
        -0.22,
        w,
        -0.08,
        w,
        0.46,
        -w,
        0.46,
        -w,
        -0.08,
        -0.05,
        -0.22,
    )
    return [
        Part("body", (rounded(outline),), "paint"),
        Part("body", (points(-0.05, -0.5, 0.05, -0.5, 0.05, -0.42, -0.05, -0.42),), "stripe"),
        Part("body", (points(-w, 0.02, w, 0.02, w, 0.3, -w, 0.3),), "sail"),
        Part(
            "body",
            (points(-w * 0.7, -0.06, -w * 0.45, -0.06, -w * 0.45, 0.42, -w * 0.7, 0.42),),
            "lamp",
        ),
    ]
