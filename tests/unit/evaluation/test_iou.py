import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearns_matrix
from sklearn.metrics import jaccard_score

from mcnn.evaluation.iou import confusion_matrix, iou_per_class, mean_iou

N_LABELS = 21


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(1, N_LABELS), st.integers(1, N_LABELS))
def test_it_agrees_with_scikit_learn(seed, n_true, n_predicted):
    """Few of the labels are true and others predicted, some pixels are to be ignored."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(N_LABELS)[:n_true][rng.integers(0, n_true, (3, 8, 7))]
    prediction = rng.permutation(N_LABELS)[:n_predicted][rng.integers(0, n_predicted, (3, 8, 7))]
    used = rng.random(truth.shape) < 0.9
    truth, prediction = (labels.astype(np.uint8) for labels in (truth, prediction))
    truth[~used] = 255
    matrix = confusion_matrix(truth, prediction, N_LABELS)
    assert matrix.dtype == np.int64
    truth, prediction = truth[used], prediction[used]
    expected = sklearns_matrix(truth, prediction, labels=range(N_LABELS))
    np.testing.assert_array_equal(matrix, expected)
    present = np.unique(truth)
    scores = jaccard_score(truth, prediction, labels=present, average=None)
    np.testing.assert_allclose(iou_per_class(matrix)[present], scores)
    assert np.isnan(np.delete(iou_per_class(matrix), present)).all()
    assert mean_iou(matrix) == pytest.approx(scores.mean())


def test_confusion_counts_truth_in_rows():
    truth = np.array([[0, 0, 1], [1, 255, 2]])
    prediction = np.array([[0, 1, 1], [0, 2, 2]])
    expected = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert confusion_matrix(truth, prediction, 3).tolist() == expected


def test_one_matrix_over_the_dataset_is_not_a_mean_over_images():
    small = confusion_matrix(np.array([1, 0]), np.array([1, 0]), 2)
    large = confusion_matrix(np.array([1] * 8), np.array([1, 0] * 4), 2)
    assert iou_per_class(small + large).tolist() == [1 / 5, 5 / 9]


def test_a_class_counts_if_the_ground_truth_has_it():
    confusion = np.array([[2, 3, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(iou_per_class(confusion), [2 / 7, np.nan, 0, np.nan])
    assert mean_iou(confusion) == pytest.approx(1 / 7)
    # A single pixel counts.
    np.testing.assert_array_equal(iou_per_class(np.array([[0, 0], [1, 0]])), [np.nan, 0])


def test_foreign_labels_and_shapes_are_refused():
    for truth, prediction in (([3], [0]), ([0], [3]), ([0], [255])):
        with pytest.raises(ValueError, match="below 3"):
            confusion_matrix(np.array(truth), np.array(prediction), 3)
    with pytest.raises(ValueError, match="shape"):
        confusion_matrix(np.zeros(3), np.zeros(4), 3)
    assert confusion_matrix(np.array([255, 255]), np.array([0, 2]), 3).sum() == 0
