"""Silhouettes of the car, the boat and the aeroplane."""

from collections.abc import Mapping

import numpy as np

from mcnn.demo.geometry import Part, curve, ellipse, path, points, ribbon, rounded, smooth, turn

Variant = Mapping[str, float]


def car(variant: Variant, phase: float) -> list[Part]:
    """Car from the side: saloon, hatchback or van by variant style; `phase` turns the wheels."""
    top = -0.165 - 0.03 * variant["build"]
    rear: tuple[float, ...]
    panes: tuple[tuple[float, float, float, float], tuple[float, float, float, float]]
    if variant["style"] < 0.45:  # saloon
        roof = (-0.31, -0.045, -0.19, top, 0.05, top, 0.2, -0.04)
        rear = (-0.5, 0.1, -0.49, -0.01, -0.45, -0.045)
        panes = ((-0.245, -0.05, -0.17, top + 0.03), (0.055, top + 0.03, 0.155, -0.05))
    elif variant["style"] < 0.75:  # hatchback
        roof = (-0.43, -0.06, -0.35, top - 0.01, 0.02, top - 0.01, 0.2, -0.04)
        rear = (-0.47, 0.1, -0.47, 0.0)
        panes = ((-0.385, -0.05, -0.32, top + 0.025), (0.02, top + 0.025, 0.15, -0.05))
    else:  # van
        top -= 0.07
        roof = (-0.48, -0.02, -0.46, top, 0.2, top, 0.34, -0.05)
        rear = (-0.49, 0.1)
        panes = ((-0.42, -0.05, -0.41, top + 0.04), (0.19, top + 0.04, 0.29, -0.05))
    shell = points(*rear, *roof, 0.43, -0.01, 0.49, 0.03, 0.5, 0.11, 0.47, 0.15, -0.47, 0.15)
    glass = points(*panes[0], *panes[1])
    post = (panes[0][2] + panes[1][0]) / 2 + 0.02
    sill = points(-0.48, 0.11, 0.49, 0.11, 0.47, 0.15, -0.47, 0.15)
    parts = [
        Part("body", (rounded(shell),), "paint"),
        Part("body", (sill,), "paint", 0.6),
        Part("windows", (rounded(glass, 1),), "glass"),
        Part(
            "body",
            (
                points(
                    post - 0.012,
                    top + 0.01,
                    post + 0.012,
                    top + 0.01,
                    post + 0.012,
                    -0.04,
                    post - 0.012,
                    -0.04,
                ),
            ),
            "paint",
            0.85,
        ),
        Part(
            "body",
            (
                points(
                    post - 0.004, -0.04, post + 0.004, -0.04, post + 0.004, 0.11, post - 0.004, 0.11
                ),
            ),
            "paint",
            0.6,
        ),
        Part("body", (ellipse(0.465, 0.035, 0.025, 0.022),), "lamp"),
        Part("body", (ellipse(-0.465, 0.02, 0.018, 0.028),), "tail_lamp"),
    ]
    for x in (-0.3, 0.3):
        spoke = turn(points(-0.045, 0.0, 0.045, 0.0), phase) + np.array([x, 0.16])
        parts += [
            Part("wheels", (ellipse(x, 0.145, 0.105, 0.1),), "dark", 0.8),
            Part("wheels", (ellipse(x, 0.16, 0.088, 0.088),), "tyre"),
            Part("wheels", (ellipse(x, 0.16, 0.05, 0.05),), "hub"),
            Part("wheels", ribbon(spoke, (0.01, 0.01)), "tyre"),
        ]
    return parts


def boat(variant: Variant, phase: float) -> list[Part]:
    """Boat from the side: sailing boat, motor boat or trawler by variant style."""
    if variant["style"] < 0.5:
        return _sailing_boat(variant, phase)
    return _motor_boat() if variant["style"] < 0.75 else _trawler()


def _sailing_boat(variant: Variant, phase: float) -> list[Part]:
    hull = path("-0.44,0.07 0,0.1 0.52,0.05 0.44,0.16 0.34,0.23 -0.36,0.23 -0.42,0.17")
    belly = 0.05 + 0.02 * np.sin(0.5 * phase)
    high = -0.5 - 0.12 * variant["build"]
    main = np.concatenate(
        [
            points(0.035, 0.03),
            points(0.035, high),
            curve(points(0.03, high, -0.2 - belly, high / 2, -0.38, 0.02), 8),
        ]
    )
    jib = np.concatenate(
        [
            points(0.09, 0.03),
            points(0.075, high * 0.85),
            curve(points(0.08, high * 0.85, 0.25 + belly, high / 3, 0.46, 0.04), 8),
        ]
    )
    return [
        Part("sail", (points(0.04, 0.1, 0.04, high - 0.04, 0.06, high - 0.04, 0.06, 0.1),), "mast"),
        Part("sail", (main,), "sail"),
        Part("sail", (jib,), "sail", 0.9),
        Part("sail", (points(-0.4, 0.02, 0.05, 0.03, 0.05, 0.05, -0.4, 0.045),), "mast", 0.9),
        Part("hull", (points(-0.2, 0.1, -0.16, 0.04, 0.12, 0.04, 0.2, 0.1),), "cabin"),
        Part("hull", (hull,), "paint"),
        Part("hull", (points(-0.43, 0.13, 0.47, 0.13, 0.455, 0.15, -0.425, 0.15),), "stripe"),
    ]


def _motor_boat() -> list[Part]:
    hull = path("-0.48,0.02 0.1,0.03 0.5,-0.05 0.42,0.1 0.3,0.2 -0.46,0.2")
    cabin = points(-0.22, 0.03, -0.2, -0.1, 0.06, -0.1, 0.2, 0.02)
    return [
        Part("sail", ribbon(points(-0.12, -0.1, -0.15, -0.24), (0.008, 0.006)), "mast"),
        Part("hull", (points(-0.56, 0.0, -0.47, -0.02, -0.46, 0.2, -0.53, 0.2),), "dark"),
        Part("sail", (rounded(cabin, 1),), "cabin"),
        Part("sail", (points(-0.17, -0.01, -0.16, -0.075, -0.05, -0.075, -0.05, -0.01),), "glass"),
        Part("sail", (points(-0.03, -0.01, -0.03, -0.075, 0.045, -0.075, 0.12, -0.01),), "glass"),
        Part("hull", (hull,), "paint"),
        Part("hull", (points(-0.48, 0.07, 0.43, 0.055, 0.41, 0.1, -0.47, 0.11),), "stripe"),
    ]


def _trawler() -> list[Part]:
    hull = path(
        "-0.47,-0.02 -0.2,0.04 0.2,0.03 0.38,-0.04 0.52,-0.12 0.44,0.12 0.38,0.22 -0.42,0.22"
    )
    house = points(0.0, 0.05, 0.0, -0.22, 0.2, -0.22, 0.24, 0.05)
    return [
        Part("sail", ribbon(points(-0.28, 0.02, -0.28, -0.4), (0.014, 0.01)), "mast"),
        Part("sail", ribbon(points(-0.28, -0.36, -0.02, -0.08), (0.008, 0.008)), "mast"),
        Part("sail", ribbon(points(0.1, -0.22, 0.1, -0.42), (0.01, 0.008)), "mast"),
        Part("sail", (house,), "cabin"),
        Part("sail", (points(-0.02, -0.22, 0.22, -0.22, 0.2, -0.26, 0.0, -0.26),), "stripe"),
        Part("sail", (points(0.03, -0.1, 0.03, -0.18, 0.1, -0.18, 0.1, -0.1),), "glass"),
        Part("sail", (points(0.125, -0.1, 0.125, -0.18, 0.19, -0.18, 0.2, -0.1),), "glass"),
        Part("hull", (points(-0.18, 0.05, -0.18, -0.04, -0.04, -0.04, -0.04, 0.05),), "cabin", 0.8),
        Part("hull", (hull,), "paint"),
        Part("hull", (points(-0.44, 0.14, 0.43, 0.14, 0.385, 0.22, -0.42, 0.22),), "stripe"),
    ]


def aeroplane(variant: Variant, phase: float) -> list[Part]:
    """Aeroplane, a jet or (variant style above 0.65) a propeller plane, wings seen aslant."""
    bank = 0.45 + 0.6 * variant["bank"] + 0.04 * np.sin(0.3 * phase)
    return _propeller(bank, phase) if variant["style"] > 0.65 else _jet(bank)


def _jet(bank: float) -> list[Part]:
    fuselage = smooth(
        path(
            "0.52,0.015 0.47,-0.03 0.36,-0.06 0.1,-0.065 -0.25,-0.06 -0.45,-0.055 "
            "-0.54,-0.045 -0.42,-0 -0.2,0.05 0.1,0.065 0.36,0.06 0.48,0.04"
        )
    )
    fin = points(-0.3, -0.05, -0.46, -0.25, -0.55, -0.25, -0.5, -0.045)
    near = points(0.14, 0.035, -0.1, 0.045, -0.31, 0.03 + 0.36 * bank, -0.24, 0.03 + 0.36 * bank)
    far = points(0.14, -0.03, -0.06, -0.04, -0.22, -0.04 - 0.27 * bank, -0.16, -0.04 - 0.27 * bank)
    tail = points(-0.36, -0.02, -0.5, -0.03, -0.62, 0.1 * bank, -0.56, 0.1 * bank)
    engine = 0.04 + 0.15 * bank
    return [
        Part("wings", (far,), "paint", 0.72),
        Part("wings", (ellipse(0.08, -0.05 - 0.1 * bank, 0.06, 0.024),), "engine", 0.7),
        Part(
            "fin",
            (
                points(
                    -0.4, -0.045, -0.5, -0.05, -0.55, -0.05 - 0.1 * bank, -0.51, -0.05 - 0.1 * bank
                ),
            ),
            "paint",
            0.7,
        ),
        Part("body", (fuselage,), "paint"),
        Part("body", (points(0.45, 0.012, -0.46, -0.025, -0.4, -0.005, 0.46, 0.028),), "stripe"),
        Part("body", (points(0.34, -0.026, -0.3, -0.038, -0.3, -0.026, 0.34, -0.012),), "glass"),
        Part("body", (points(0.42, -0.045, 0.475, -0.02, 0.46, -0.01, 0.41, -0.018),), "glass"),
        Part("fin", (fin,), "stripe"),
        Part("fin", (tail,), "paint", 0.85),
        Part("wings", (ellipse(0.07, engine + 0.02, 0.075, 0.032),), "engine"),
        Part("wings", (near,), "paint", 0.85),
    ]


def _propeller(bank: float, phase: float) -> list[Part]:
    fuselage = smooth(
        path(
            "0.38,0 0.34,-0.055 0.2,-0.07 0.12,-0.12 -0.04,-0.13 -0.14,-0.06 "
            "-0.46,-0.035 -0.48,0.01 -0.2,0.055 0.1,0.085 0.32,0.07"
        )
    )
    fin = points(-0.34, -0.03, -0.46, -0.2, -0.53, -0.2, -0.49, 0.0)
    near = points(0.16, -0.11, -0.04, -0.11, -0.15, -0.1 + 0.42 * bank, 0.02, -0.1 + 0.42 * bank)
    far = points(0.14, -0.12, -0.03, -0.12, -0.06, -0.12 - 0.24 * bank, 0.07, -0.12 - 0.24 * bank)
    blur = 0.02 + 0.012 * np.abs(np.sin(phase * 3))
    tail = points(-0.37, 0.0, -0.48, 0.0, -0.55, 0.13 * bank, -0.45, 0.13 * bank)
    return [
        Part("wings", (far,), "paint", 0.72),
        Part("body", ribbon(points(0.14, 0.06, 0.18, 0.15), (0.01, 0.01)), "dark"),
        Part("body", (ellipse(0.18, 0.16, 0.035, 0.035),), "tyre"),
        Part("body", (fuselage,), "paint"),
        Part("body", (points(0.35, 0.01, -0.46, -0.018, -0.46, 0.006, 0.33, 0.04),), "stripe"),
        Part("body", (points(0.19, -0.06, 0.11, -0.105, 0.0, -0.11, -0.08, -0.06),), "glass"),
        Part("fin", (fin,), "stripe"),
        Part("fin", (tail,), "paint", 0.85),
        Part("body", (ellipse(0.395, 0.0, blur, 0.15),), "propeller"),
        Part("body", (ellipse(0.39, 0.0, 0.03, 0.022),), "stripe", 0.8),
        Part("wings", (near,), "paint", 0.95),
    ]
