import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.evaluation.iou import confusion_matrix, iou_per_class, mean_iou


def test_confusion_counts_truth_in_rows():
    truth = np.array([[0, 0, 1], [1, 255, 2]])
    prediction = np.array([[0, 1, 1], [0, 2, 2]])
    expected = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert confusion_matrix(truth, prediction, 3).tolist() == expected


def test_255_is_ignored():
    truth = np.full((4, 4), 255)
    assert confusion_matrix(truth, np.ones((4, 4), int), 3).sum() == 0


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_mean_iou_agrees_with_torchmetrics(seed):
    from torchmetrics.classification import MulticlassJaccardIndex

    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 5, (3, 16, 16))
    truth[rng.random(truth.shape) < 0.1] = 255
    prediction = rng.integers(0, 5, truth.shape)
    oracle = MulticlassJaccardIndex(5, average="macro", ignore_index=255)
    expected = oracle(torch.from_numpy(prediction), torch.from_numpy(truth)).item()
    assert mean_iou(confusion_matrix(truth, prediction, 5)) == pytest.approx(expected, rel=1e-5)


def test_one_matrix_over_the_dataset_is_not_a_mean_over_images():
    small = confusion_matrix(np.array([1, 0]), np.array([1, 0]), 2)
    large = confusion_matrix(np.array([1] * 8), np.array([1, 0] * 4), 2)
    assert iou_per_class(small + large).tolist() == [1 / 5, 5 / 9]


def test_a_class_that_never_occurs_is_left_out_of_the_mean():
    confusion = np.array([[2, 0, 0], [2, 0, 0], [0, 0, 0]])
    assert np.isnan(iou_per_class(confusion)[2])
    assert mean_iou(confusion) == pytest.approx((0.5 + 0) / 2)


def test_foreign_labels_and_shapes_are_refused():
    with pytest.raises(ValueError, match="below 3"):
        confusion_matrix(np.array([3]), np.array([0]), 3)
    with pytest.raises(ValueError, match="shape"):
        confusion_matrix(np.zeros(3), np.zeros(4), 3)
