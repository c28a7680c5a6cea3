import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from mcnn.report.charts import COLOURS, POINTS, bars, binned, curves, points


def texts(svg):
    return ["".join(e.itertext()).strip() for e in ET.fromstring(svg).iter() if "text" in e.tag]


def charts():
    xs, ys = np.arange(3.0), np.array([1.0, 0.5, 0.2])
    return {
        "curves": curves("a", {"seed 0": (xs, ys), "seed 1": (xs, 2 * ys)}, "iteration", "loss"),
        "bars": bars("b", ["m/initial", "hard & co"], [40.0, 60.0], [float("nan"), 2.0]),
        "points": points("c", {"M-CNN": ([1, 2], [3.0, 4.0], [0.1, 0.2])}, "alpha", "IoU"),
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("curves", {"iteration", "loss", "seed 0", "seed 1"}),
        ("bars", {"m/initial", "hard & co", "100"}),
        ("points", {"alpha", "IoU", "M-CNN"}),
    ],
)
def test_words_of_a_chart_are_text(name, expected):
    assert expected <= set(texts(charts()[name]))


def test_a_bar_has_its_colour_and_the_ink_is_that_of_the_page():
    svg = charts()["bars"]
    assert all(colour in svg for colour in COLOURS[:2])
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "#000000" not in svg


def test_a_chart_fits_its_place_and_its_names_are_its_own():
    found = [set(re.findall(r' id="([^"]+)"', svg)) for svg in charts().values()]
    assert not set.intersection(*found)
    for svg, names in zip(charts().values(), found, strict=True):
        head = svg[: svg.index(">")]
        assert "viewBox" in head
        assert " width=" not in head
        assert names <= set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))


def test_the_same_numbers_are_the_same_chart():
    assert charts() == charts()


def test_long_curves_are_means_of_pieces():
    values = pd.Series(np.arange(10.0 * POINTS))
    xs, ys = binned(values)
    assert len(xs) == POINTS
    assert xs[0] == ys[0] == 4.5
    assert ys[-1] == pytest.approx(10 * POINTS - 5.5)
    assert ys.mean() == pytest.approx(values.mean())


def test_short_curves_stay_and_missing_values_are_left_out():
    xs, ys = binned(pd.Series([3.0, None, 1.0], index=[5, 6, 7]))
    assert xs.tolist() == [5, 7]
    assert ys.tolist() == [3, 1]
