import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.label_space import IGNORE
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.em_adapt import EMAdapt, EMFixed, em_adapt, em_fixed

PREDICTORS = [EMAdapt(), EMFixed()]


def softmax(scores, axis):
    e = np.exp(scores - scores.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def predict(predictor, probabilities, tags, valid=None, seed=0):
    t, _, *size = probabilities.shape
    valid = np.ones((t, *size), bool) if valid is None else valid
    images = np.zeros((t, *size, 3), np.uint8)
    rng = np.random.default_rng(seed)
    return predictor(PredictorInput(images, valid, valid, probabilities, tags, rng))


def restated(scores, tags, orders, background, foreground):
    """The definition once more, a pixel and a number at a time; `orders` of the tags by round."""
    n_labels, n = len(scores), len(scores[0])
    f = [[float(value) for value in row] for row in scores]
    present = {0, *tags}
    for i in range(n):
        lowest = min(f[label][i] for label in present)
        for label in range(n_labels):
            if label not in present and f[label][i] > lowest:
                f[label][i] = lowest - 1e-5

    def maxima():
        return [max(f[label][i] for label in range(n_labels)) for i in range(n)]

    before = sum(maxima()) / n
    for order in orders:
        for label in [0, *order]:
            top = maxima()
            differences = sorted(top[i] - f[label][i] for i in range(n))
            rank = min(int((foreground if label > 0 else background) * n), n - 1)
            for i in range(n):
                f[label][i] += differences[rank]
    after = sum(maxima()) / n
    return [[value + before - after for value in row] for row in f]


def test_a_bias_by_hand():
    # The tag needs one pixel of five. Its distances are 1 to 5; rank 1 has 2. The means of the
    # maxima are 6 and then 6.2.
    scores = np.array([[4.0, 5, 6, 7, 8], [3, 3, 3, 3, 3]])
    biased = em_adapt(scores, [1], np.random.default_rng(0), rounds=1)
    np.testing.assert_allclose(biased + 0.2, [[4, 5, 6, 7, 8], [5, 5, 5, 5, 5]])


@settings(max_examples=80)
@given(
    seed=st.integers(0, 10**6),
    n_labels=st.integers(2, 6),
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    rounds=st.integers(0, 5),
    shares=st.sampled_from([(0.4, 0.2), (0.25, 0.5), (0.0, 0.9), (1.0, 1.0)]),
)
def test_agrees_with_a_restatement(seed, n_labels, height, width, rounds, shares):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 3, (n_labels, height, width))
    n_tags = int(rng.integers(0, n_labels))
    tags = sorted((1 + rng.permutation(n_labels - 1)[:n_tags]).tolist())
    again = np.random.default_rng(seed)
    orders = [again.permutation(np.array(tags, int)).tolist() for _ in range(rounds)]
    expected = restated(scores.reshape(n_labels, -1), tags, orders, *shares)
    biased = em_adapt(scores, tags, np.random.default_rng(seed), *shares, rounds)
    assert biased.shape == scores.shape
    assert biased.dtype == np.float64
    np.testing.assert_allclose(biased.reshape(n_labels, -1), expected, atol=1e-9)


def n_other(labels, biased):
    """Pixels whose label is not that of the highest score, but for draws."""
    biased = np.moveaxis(biased, -2, 0)
    lower, highest = np.sort(biased, axis=0)[-2:]
    wrong = labels.reshape(lower.shape) != biased.argmax(0)
    return (wrong & (highest - lower > 1e-4)).sum()


def test_published_settings_are_the_defaults():
    scores = np.random.default_rng(1).normal(0, 3, (6, 40))
    tags = [5, 1, 2, 4]
    again = np.random.default_rng(0)
    orders = [again.permutation(tags).tolist() for _ in range(5)]
    expected = restated(scores, tags, orders, 0.4, 0.2)
    np.testing.assert_allclose(em_adapt(scores, tags, np.random.default_rng(0)), expected)
    probabilities = softmax(scores, 0).astype(np.float32).reshape(1, 6, 5, 8)
    labels = predict(EMAdapt(), probabilities, tags)
    assert n_other(labels, expected) == 0
    assert n_other(labels, restated(scores, tags, orders[:4], 0.4, 0.2)) > 0


def test_settings_and_generator_are_passed_on():
    tags = [5, 1, 2, 4]
    scores = np.random.default_rng(1).normal(0, 3, (2, 6, 40))
    probabilities = softmax(scores, 1).astype(np.float32).reshape(2, 6, 5, 8)

    def expected(rounds, seed):
        rng = np.random.default_rng(seed)
        orders = [[rng.permutation(tags) for _ in range(rounds)] for _ in range(2)]
        return [restated(f, tags, order, 0.1, 0.3) for f, order in zip(scores, orders, strict=True)]

    for rounds, seed in ((1, 0), (1, 1), (2, 0)):
        found = predict(EMAdapt(0.1, 0.3, rounds), probabilities, tags, seed=seed)
        assert n_other(found, expected(rounds, seed)) == 0
        for other in {(1, 0), (1, 1), (2, 0)} - {(rounds, seed)}:
            assert n_other(found, expected(*other)) > 0
    biased = probabilities * np.exp([0.5, 1, -np.inf, 1, -np.inf, -np.inf])[:, None, None]
    found = predict(EMFixed(0.5, 1), probabilities, (3, 1))
    np.testing.assert_array_equal(found, biased.argmax(1))


def test_small_probabilities_keep_their_order_and_zeros_are_no_lower_than_the_smallest_number():
    # Clipped at a larger number, the tags would be equal, and the lower one would win.
    probabilities = np.array([1, 1e-36, 1e-35, 0, 0], np.float32).reshape(1, 5, 1, 1)
    assert predict(EMFixed(0, 200), probabilities, (1, 2)) == 2
    assert predict(EMFixed(0, 80), probabilities, (3,)) == 0
    assert predict(EMFixed(0, 90), probabilities, (3,)) == 3


def test_of_equals_the_lower_label_wins():
    probabilities = np.full((1, 4, 2, 3), 0.25, np.float32)
    assert (predict(EMFixed(0, 0), probabilities, (3, 1)) == 0).all()
    probabilities[:, 0] = 0
    assert (predict(EMFixed(0, 0), probabilities, (3, 1)) == 1).all()


def test_scores_are_left_as_they_were():
    scores = np.random.default_rng(0).normal(size=(4, 3, 3))
    copy = scores.copy()
    em_adapt(scores, [2], np.random.default_rng(0))
    em_fixed(scores, [2])
    np.testing.assert_array_equal(scores, copy)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.floats(-20, 20), st.floats(-20, 20))
def test_one_tag_and_background_have_their_shares(seed, background, tag):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (4, 11, 13))
    scores[0] += background
    scores[3] += tag
    labels = em_adapt(scores, [3], rng).argmax(axis=0)
    assert (labels == 0).sum() >= int(0.4 * labels.size)
    # The pixel at the rank is a draw, which the lower label wins.
    assert (labels == 3).sum() >= int(0.2 * labels.size)


@pytest.mark.parametrize("tags", [(1, 2), (1, 2, 3)])
def test_several_tags_have_about_their_shares(tags):
    rng = np.random.default_rng(1)
    for _ in range(20):
        scores = rng.normal(0, 2, (5, 20, 20)) + rng.normal(0, 8, (5, 1, 1))
        labels = em_adapt(scores, tags, rng).argmax(axis=0)
        shares = np.bincount(labels.ravel(), minlength=5) / labels.size
        assert shares[0] > 0.33
        assert (shares[list(tags)] > 0.16).all()
        assert shares[4] == 0


def test_nothing_is_added_where_the_shares_are_reached():
    scores = np.zeros((2, 10))
    scores[0, :6] = scores[1, 6:] = 5
    np.testing.assert_array_equal(em_adapt(scores, [1], np.random.default_rng(0)), scores)


def test_fixed_constants_by_hand():
    scores = np.array([[1.1, 0.9], [9.0, 9.0], [0, 0]])
    np.testing.assert_array_equal(em_fixed(scores, [2]), [[6.1, 5.9], [-np.inf] * 2, [6, 6]])
    probabilities = softmax(scores, 0).astype(np.float32).reshape(1, 3, 1, 2)
    np.testing.assert_array_equal(predict(EMFixed(), probabilities, (2,)), [[[0, 2]]])


@pytest.mark.parametrize("predictor", PREDICTORS)
@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6), tags=st.sampled_from([(), (1,), (4,), (2, 3), (3, 1), (1, 2, 3, 4)])
)
def test_absent_labels_are_never_chosen(predictor, seed, tags):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 5, (2, 5, 4, 6))
    # Even where absent labels alone have any probability, or all are equal.
    scores[0, [label for label in range(1, 5) if label not in tags]] += 200
    scores[1, :, :2] = 0
    labels = predict(predictor, softmax(scores, 1).astype(np.float32), tags)
    assert labels.dtype == np.uint8
    assert set(np.unique(labels)) <= {0, *tags}


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_padding_is_ignored_and_has_no_influence(predictor):
    probabilities = np.random.default_rng(3).dirichlet(np.full(4, 0.3), (3, 9, 7))
    probabilities = np.moveaxis(probabilities, -1, 1).astype(np.float32)
    expected = predict(predictor, probabilities, (1, 3))
    padded = np.zeros((3, 4, 14, 11), np.float32)
    padded[:, 3] = 1
    padded[:, :, :9, :7] = probabilities
    valid = np.zeros((3, 14, 11), bool)
    valid[:, :9, :7] = True
    labels = predict(predictor, padded, (1, 3), valid)
    np.testing.assert_array_equal(labels[:, :9, :7], expected)
    assert (labels[~valid] == IGNORE).all()


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_a_frame_of_padding_has_no_labels(predictor):
    valid = np.array([[[False, False]], [[True, True]]])
    labels = predict(predictor, np.full((2, 3, 1, 2), 1 / 3, np.float32), (1,), valid)
    assert (labels[0] == IGNORE).all()
    assert (labels[1] != IGNORE).all()


def test_frames_are_labelled_each_by_itself():
    probabilities = np.random.default_rng(4).dirichlet(np.ones(3), (2, 8, 8))
    probabilities = np.moveaxis(probabilities, -1, 1).astype(np.float32)
    both = predict(EMAdapt(), probabilities, (2,))
    np.testing.assert_array_equal(both[1:], predict(EMAdapt(), probabilities[1:], (2,)))
