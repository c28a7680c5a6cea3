import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts.annotations import AnnotatedBox, annotation_table
from mcnn.evaluation.corloc import corloc, matches

CLASSES = ("car", "cow")


def pixels(box):
    """The set of pixels of a box with whole edges."""
    x0, y0, x1, y1 = map(int, box)
    return {(x, y) for x in range(x0, x1) for y in range(y0, y1)}


def brute_force(found, truth, rule):
    """CorLoc of each class, and counts, by counting pixels frame by frame."""
    result = {}
    for name in CLASSES:
        right, counts = [], {"frames": 0, "boxes": 0, "found": 0}
        for key, objects in truth.items():
            if key[3] != name or (rule == "one_box" and len(objects) > 1):
                continue
            box = pixels(found.get(key, (0, 0, 0, 0)))
            right.append(any(2 * len(box & pixels(o)) > len(box | pixels(o)) for o in objects))
            counts["frames"] += 1
            counts["boxes"] += len(objects)
            counts["found"] += key in found
        result[name] = {"corloc": 100 * np.mean(right) if right else np.nan, **counts}
    return result


# Few boxes, so that many match.
corner = st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 3), st.integers(1, 3))
box = corner.map(lambda c: (c[0], c[1], c[0] + c[2], c[1] + c[3]))
key = st.tuples(
    st.sampled_from("vw"), st.integers(0, 1), st.integers(0, 2), st.sampled_from(CLASSES)
)


def tables(found, truth):
    rows = [AnnotatedBox(*key, *map(float, b)) for key, b in found.items()]
    true = [AnnotatedBox(*key, *map(float, b)) for key, objects in truth.items() for b in objects]
    return annotation_table(rows), annotation_table(true)


@settings(max_examples=40)
@given(
    found=st.dictionaries(key, box, max_size=16),
    truth=st.dictionaries(key, st.lists(box, min_size=1, max_size=3), min_size=1, max_size=16),
    rule=st.sampled_from(["any_box", "one_box"]),
)
def test_agrees_with_counting_pixels(found, truth, rule):
    table = corloc(*tables(found, truth), CLASSES, rule).set_index("class")
    expected = brute_force(found, truth, rule)
    for name, values in expected.items():
        assert table.loc[name, list(values)].tolist() == pytest.approx(
            list(values.values()), nan_ok=True
        )
    scored = [values["corloc"] for values in expected.values() if values["frames"]]
    mean = np.mean(scored) if scored else np.nan
    assert table.loc["mean", "corloc"] == pytest.approx(mean, nan_ok=True)
    for name in ("frames", "boxes", "found"):
        assert table.loc["mean", name] == sum(values[name] for values in expected.values())


def test_half_an_overlap_is_no_match():
    truth = np.array([[0.0, 0, 10, 10]] * 3)
    boxes = np.array([[0.0, 0, 10, 5], [0, 0, 10, 5.0001], [np.nan] * 4])
    assert matches(boxes, truth).tolist() == [False, True, False]
    assert matches(boxes, truth, threshold=0.49).tolist() == [True, True, False]
    assert matches(boxes, truth, threshold=0.51).tolist() == [False] * 3


def test_two_fifths_of_a_wide_object_are_no_match():
    object_, part = np.array([[0.0, 0, 20, 10]]), np.array([[0.0, 0, 8, 10]])
    assert matches(part, object_).tolist() == matches(object_, part).tolist() == [False]


def test_where_in_the_frame_boxes_lie_does_not_matter():
    far = np.array([[100.0, 70, 110, 80]])
    farther = np.array([[100.0, 70, 110, 85]])
    assert matches(far, farther).tolist() == matches(farther, far).tolist() == [True]


def test_frames_without_ground_truth_and_empty_boxes_do_not_count():
    truth = annotation_table(
        [
            AnnotatedBox("v", 0, 1, "car", 0.0, 0.0, 4.0, 4.0, "repaired"),
            AnnotatedBox("v", 0, 2, "car", *[np.nan] * 4, "empty"),
            AnnotatedBox("v", 0, 3, "cow", *[np.nan] * 4, "empty"),
            AnnotatedBox("v", 0, 4, "cow", *[np.nan] * 4, "empty"),
            AnnotatedBox("v", 0, 5, "cow", 1.0, 1.0, 4.0, 4.0),
        ]
    )
    boxes = pd.DataFrame(
        [("v", 0, f, "car", 0.0, 0.0, 4.0, 4.0) for f in (1, 2, 3)],
        columns=["video", "shot", "frame", "class", "x0", "y0", "x1", "y1"],
    )
    table = corloc(boxes, truth, CLASSES, "any_box")
    assert list(table.index) == [0, 1, 2]
    car, cow, mean = table.to_dict("records")
    assert (car["corloc"], car["frames"], car["boxes"], car["found"]) == (100.0, 1, 1, 1)
    assert (car["repaired"], car["empty"]) == (1, 1)
    assert (cow["corloc"], cow["frames"], cow["boxes"], cow["found"]) == (0, 1, 1, 0)
    assert (cow["repaired"], cow["empty"]) == (0, 2)
    assert (mean["corloc"], mean["boxes"], mean["repaired"], mean["empty"]) == (50, 2, 1, 3)


def test_the_mean_is_over_classes_not_frames():
    truth = [AnnotatedBox("v", 0, f, "car", 0.0, 0.0, 4.0, 4.0) for f in range(9)]
    truth.append(AnnotatedBox("v", 0, 0, "cow", 0.0, 0.0, 4.0, 4.0))
    table = corloc(annotation_table(truth[:9]), annotation_table(truth), CLASSES, "any_box")
    assert table["corloc"].tolist() == [100.0, 0.0, 50.0]


def test_two_boxes_for_a_frame_are_refused():
    boxes = ((0.0, 0.0, 1.0, 1.0), (2.0, 2.0, 3.0, 3.0))
    twice = annotation_table([AnnotatedBox("v", 0, 0, "car", *box) for box in boxes])
    with pytest.raises(ValueError, match="two boxes"):
        corloc(twice, twice, CLASSES, "any_box")
