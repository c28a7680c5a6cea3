import cv2
import numpy as np
import pytest
from scipy.special import softmax

import mcnn.evaluation.dense_crf as crf
from mcnn.evaluation.dense_crf import DenseCrf, appearance_filter, dense_crf, smoothness_filter
from mcnn.evaluation.permutohedral import gaussian_filter

SIDE, LABELS = 24, 4
WIDTHS = [(121, 5), (10, 13), (4, 30)]


def random_image(kind):
    """Noise, a smooth field of colours, or two noisy halves."""
    rng = np.random.default_rng(1)
    if kind == "noise":
        return rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    if kind == "smooth":
        field = cv2.GaussianBlur(rng.random((SIDE, SIDE, 3)), (0, 0), 3)
        return (30 + 120 * (field - field.min()) / np.ptp(field)).astype(np.uint8)
    halves = np.where(np.arange(SIDE)[None, :, None] < SIDE // 2, 100, 130)
    return (halves + rng.normal(0, 4, (SIDE, SIDE, 3))).astype(np.uint8)


def random_probabilities():
    rng = np.random.default_rng(2)
    coarse = cv2.resize(rng.normal(0, 2, (6, 6, LABELS)), (SIDE, SIDE))
    scores = coarse + rng.normal(0, 0.7, (SIDE, SIDE, LABELS))
    return np.moveaxis(softmax(scores, axis=2), 2, 0).astype(np.float32)


def positions(image):
    rows, columns = np.indices(image.shape[:2])
    return np.column_stack([rows.ravel(), columns.ravel()])


def exact_kernel(features):
    """All N x N values of the Gaussian, normalised symmetrically."""
    kernel = np.exp(-((features[:, None] - features) ** 2).sum(-1) / 2)
    sums = kernel.sum(1)
    return kernel / np.sqrt(np.outer(sums, sums))


def exact_appearance(image, theta_alpha, theta_beta):
    colours = image.reshape(-1, 3) / theta_beta
    return exact_kernel(np.column_stack([positions(image) / theta_alpha, colours]))


def exact_crf(probabilities, image, settings):
    """The update equations, with a penalty for each label that a neighbour disagrees with."""
    unary = -np.log(probabilities.reshape(len(probabilities), -1).astype(float))
    kernel = settings.w_smooth * exact_kernel(positions(image) / settings.theta_gamma)
    kernel += settings.w_app * exact_appearance(image, settings.theta_alpha, settings.theta_beta)
    compatibility = 1 - np.eye(len(unary))
    marginals = softmax(-unary, axis=0)
    for _ in range(settings.iterations):
        marginals = softmax(-unary - compatibility @ marginals @ kernel, axis=0)
    return marginals.reshape(probabilities.shape)


@pytest.mark.parametrize("kind", ["noise", "smooth", "halves"])
@pytest.mark.parametrize(("theta_alpha", "theta_beta"), WIDTHS)
def test_the_appearance_filter_is_near_the_exact_sums(kind, theta_alpha, theta_beta):
    image = random_image(kind)
    values = np.random.default_rng(3).random((SIDE**2, LABELS)).astype(np.float32)
    filtered = appearance_filter(image, theta_alpha, theta_beta)(values)
    exact = exact_appearance(image, theta_alpha, theta_beta) @ values
    assert np.sqrt(np.mean((filtered - exact) ** 2) / np.mean(exact**2)) < 0.06
    assert np.abs(filtered - exact).max() < 0.15 * exact.max()


def test_the_smoothness_filter_equals_the_exact_sums():
    image = random_image("noise")[:, :17]
    values = np.random.default_rng(3).random((SIDE * 17, LABELS)).astype(np.float32)
    filtered = smoothness_filter((SIDE, 17), 3)(values)
    np.testing.assert_allclose(filtered, exact_kernel(positions(image) / 3) @ values, atol=5e-4)


@pytest.mark.parametrize("kind", ["noise", "smooth", "halves"])
@pytest.mark.parametrize(("theta_alpha", "theta_beta"), WIDTHS)
def test_the_mean_field_is_near_that_of_exact_kernels(kind, theta_alpha, theta_beta):
    image, probabilities = random_image(kind), random_probabilities()
    settings = DenseCrf(theta_alpha=theta_alpha, theta_beta=theta_beta)
    exact = exact_crf(probabilities, image, settings)
    assert (exact.argmax(0) != probabilities.argmax(0)).mean() > 0.1
    marginals = dense_crf(probabilities, image, settings)
    assert (marginals.argmax(0) == exact.argmax(0)).mean() >= 0.95
    assert np.abs(marginals - exact).mean() < 0.03


@pytest.mark.parametrize("kind", ["noise", "halves"])
def test_without_appearance_the_mean_field_is_exact(kind):
    image, probabilities = random_image(kind), random_probabilities()
    settings = DenseCrf(w_app=0, iterations=3)
    exact = exact_crf(probabilities, image, settings)
    np.testing.assert_allclose(dense_crf(probabilities, image, settings), exact, atol=5e-3)


def test_labels_of_a_constant_image_stay():
    image = np.full((20, 30, 3), 127, np.uint8)
    probabilities = np.empty((3, 20, 30), np.float32)
    probabilities[:] = np.array([0.3, 0.45, 0.25])[:, None, None]
    assert (dense_crf(probabilities, image).argmax(0) == 1).all()


def test_without_kernels_probabilities_stay():
    probabilities = random_probabilities()
    marginals = dense_crf(probabilities, random_image("noise"), DenseCrf(w_app=0, w_smooth=0))
    np.testing.assert_allclose(marginals, probabilities, atol=1e-5)


def test_an_isolated_wrong_pixel_is_repaired_and_an_edge_is_kept():
    image = np.full((20, 30, 3), 60, np.uint8)
    image[:, 15:] = 180
    truth = (np.arange(30) >= 15).astype(int) * np.ones((20, 1), int)
    labels = truth.copy()
    labels[10, 5] = 1
    probabilities = np.where(labels == np.arange(2)[:, None, None], 0.8, 0.2).astype(np.float32)
    assert (dense_crf(probabilities, image).argmax(0) == truth).all()


def test_marginals_are_distributions_even_where_probabilities_are_0():
    probabilities = np.zeros((LABELS, SIDE, SIDE), np.float32)
    probabilities[0, :, :12] = probabilities[1, :, 12:] = 1
    marginals = dense_crf(probabilities, random_image("smooth"))
    assert marginals.dtype == np.float32
    assert (marginals >= 0).all()
    np.testing.assert_allclose(marginals.sum(0), 1, atol=1e-5)


def test_the_constants_are_those_of_deeplab_large_fov():
    """They are quoted for its release: pairwise weights 4 and 3, deviations 121, 5 and 3."""
    published = DenseCrf(4, 121, 5, 3, 3, 10)
    assert DenseCrf() == published
    named = {"w_app": 4, "theta_alpha": 121, "theta_beta": 5, "w_smooth": 3, "theta_gamma": 3}
    assert DenseCrf(**named, iterations=10) == published


def test_appearance_is_where_a_pixel_is_and_its_red_green_and_blue(monkeypatch):
    seen = []

    def gaussian_filter(features):
        seen.append(features)
        return lambda values: values

    monkeypatch.setattr(crf, "gaussian_filter", gaussian_filter)
    image = random_image("noise")[:3, :5]
    appearance_filter(image, theta_alpha=10, theta_beta=13)
    (features,) = seen
    expected = [(x / 10, y / 10, *(image[y, x] / 13)) for y in range(3) for x in range(5)]
    np.testing.assert_allclose(features, expected, rtol=1e-6)


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match="image of"):
        dense_crf(random_probabilities(), np.zeros((SIDE, SIDE + 1, 3), np.uint8))
    with pytest.raises(ValueError, match="image of"):
        dense_crf(random_probabilities(), np.zeros((SIDE + 1, SIDE, 3), np.uint8))


def test_features_beyond_64_bits_are_refused():
    with pytest.raises(ValueError, match="standard deviations"):
        gaussian_filter(np.array([[0] * 5, [1e5] * 5], np.float32))
