"""Charts as SVG that takes the colours of the text and the page around it."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 3.5
"""Inches, about what a telephone shows without shrinking it."""
POINTS = 120
"""Most points of a curve."""
COLOURS = (
    *("#3b82c4", "#d9702b", "#3a9d5d", "#c0504d", "#8e6bbf"),
    *("#9a7b4f", "#d16ba5", "#808080", "#a59f2a", "#2aa5b5"),
)
"""Readable on light and on dark."""
INK = "#010203"
"""Stands for the colour of the text in the page."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.35,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    ),
    "grid.color": INK,
}


def curves(name: str, series: Mapping[str, tuple[np.ndarray, np.ndarray]], x: str, y: str) -> str:
    """Lines of the same quantity, each with its x and y; `name` is the chart's in its page."""

    def draw(axes: Axes) -> None:
        for colour, (label, (xs, ys)) in zip(COLOURS * len(series), series.items(), strict=False):
            axes.plot(xs, ys, color=colour, linewidth=1.1, label=label)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        if len(series) > 1:
            axes.legend(frameon=False, fontsize=7.5, labelcolor=INK)

    return _svg(name, draw, 2.1)


def bars(
    name: str, names: Sequence[str], means: Sequence[float], deviations: Sequence[float]
) -> str:
    """A horizontal bar per name from the top down, with its deviation, in per cent."""

    def draw(axes: Axes) -> None:
        places = np.arange(len(names))[::-1]
        errors = np.nan_to_num(np.asarray(deviations, float))
        colours = [COLOURS[k % len(COLOURS)] for k in range(len(names))]
        axes.barh(places, means, 0.72, color=colours)
        shown = errors > 0
        centres = np.asarray(means, float)[shown]
        axes.errorbar(
            centres, places[shown], xerr=errors[shown], fmt="none", ecolor=INK, elinewidth=0.8
        )
        axes.set_yticks(places, names)
        axes.set_xlim(0, 100)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)

    return _svg(name, draw, 0.45 + 0.19 * len(names))


def points(
    name: str,
    series: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]],
    x: str,
    y: str,
) -> str:
    """Means with their deviations over the values of a setting, a line per name."""

    def draw(axes: Axes) -> None:
        for colour, (label, (xs, ys, errors)) in zip(
            COLOURS * len(series), series.items(), strict=False
        ):
            yerr = np.nan_to_num(np.asarray(errors, float))
            axes.errorbar(xs, ys, yerr=yerr, color=colour, marker="o", markersize=3, label=label)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.legend(frameon=False, fontsize=7.5, labelcolor=INK)

    return _svg(name, draw, 2.1)


def binned(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """At most `POINTS` means of consecutive values, and the middle of the index of each.

    Values that are missing are left out of the means.
    """
    groups = np.arange(len(values)) * POINTS // max(POINTS, len(values))
    means = values.groupby(groups).mean()
    middles = pd.Series(np.asarray(values.index, float)).groupby(groups).mean()
    known = means.notna().to_numpy()
    return middles.to_numpy()[known], means.to_numpy()[known]


def _svg(name: str, draw: Callable[[Axes], None], height: float) -> str:
    with mpl.rc_context(STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure.subplots())
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return _inline(file.getvalue())


def _inline(text: str) -> str:
    """The SVG element alone, its ink that of the page, without names that nothing refers to."""
    element = text[text.index("<svg") :].replace(INK, "currentColor")
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", element, count=1)
    element = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", element, count=1)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', element))

    def kept(match: re.Match[str]) -> str:
        return match[0] if match[1] in used else ""

    return re.sub(r' id="([^"]*)"', kept, element)
