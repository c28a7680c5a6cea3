"""CorLoc: the share of annotated frames whose object is localized (paper, section 4.1)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mcnn.artefacts.annotations import COORDINATES, EMPTY, KEY, REPAIRED
from mcnn.artefacts.scores import MEAN
from mcnn.config.colocalization import Rule

THRESHOLD = 0.5

Floats = NDArray[np.float64]


def matches(boxes: Floats, truth: Floats, threshold: float = THRESHOLD) -> NDArray[np.bool_]:
    """Whether boxes overlap with objects by more than a threshold of intersection over union.

    Parameters
    ----------
    boxes, truth
        ``(N, 4)`` x0, y0, x1, y1 in pixels, edges: see `mcnn.artefacts.annotations.AnnotatedBox`.
        A row of NaN matches nothing.
    threshold
        An overlap of exactly that is no match.

    Returns
    -------
    ``(N,)`` bool.

    Examples
    --------
    >>> matches(np.array([[0.0, 0, 4, 4]]), np.array([[0.0, 0, 4, 2]])).tolist()
    [False]
    """
    sides = np.minimum(boxes[:, 2:], truth[:, 2:]) - np.maximum(boxes[:, :2], truth[:, :2])
    intersection = np.maximum(sides, 0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (truth[:, 2:] - truth[:, :2]).prod(1)
    # Without a division, so that whole pixels are compared exactly.
    return np.asarray(intersection > threshold * (areas - intersection))


def corloc(
    boxes: pd.DataFrame, truth: pd.DataFrame, classes: Sequence[str], rule: Rule
) -> pd.DataFrame:
    """Share of annotated frames in which the box of the class matches an object of the class.

    Parameters
    ----------
    boxes
        Columns video, shot, frame, class, x0, y0, x1, y1; at most one row for a frame and class.
        A frame without box is a miss.
    truth
        Table of `mcnn.artefacts.annotations.annotation_table`. Frames without ground truth, and
        boxes of which nothing was left, do not count.
    classes
        Rows of the result.
    rule
        ``any_box``: the box has to match one of the frame's objects; ``one_box``: the same, over
        the frames with a single object alone.

    Returns
    -------
    A row per class and one for ``mean``, with columns class, corloc (per cent; NaN without
    frames; the mean is over the classes that have one), frames, boxes (of the ground truth that
    were scored), found (frames with a box), repaired, empty (flawed boxes of the ground truth).

    Raises
    ------
    ValueError
        If `boxes` has two for a frame and class.
    """
    if boxes.duplicated(KEY).any():
        raise ValueError("there are two boxes for one frame and class")
    scored = truth[truth["flaw"] != EMPTY]
    if rule == "one_box":
        scored = scored[~scored.duplicated(KEY, keep=False)]
    pairs = scored.merge(boxes[[*KEY, *COORDINATES]], "left", KEY, suffixes=("_true", ""))
    given = pairs[COORDINATES].to_numpy(np.float64)
    true = pairs[[f"{name}_true" for name in COORDINATES]].to_numpy(np.float64)
    pairs = pairs.assign(matched=matches(given, true), found=~np.isnan(given).any(1))
    frames = pairs.groupby(KEY, as_index=False)[["matched", "found"]].any()
    rows = []
    for name in classes:
        mine, flaws = frames[frames["class"] == name], truth.loc[truth["class"] == name, "flaw"]
        rows.append(
            {
                "class": name,
                "corloc": 100 * mine["matched"].mean() if len(mine) else np.nan,
                "frames": len(mine),
                "boxes": int((pairs["class"] == name).sum()),
                "found": int(mine["found"].sum()),
                "repaired": int((flaws == REPAIRED).sum()),
                "empty": int((flaws == EMPTY).sum()),
            }
        )
    table = pd.DataFrame(rows)
    total = table.drop(columns=["class", "corloc"]).sum()
    mean = {"class": MEAN, "corloc": table["corloc"].mean(), **total}
    return pd.concat([table, pd.DataFrame([mean])], ignore_index=True)
