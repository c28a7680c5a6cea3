import numpy as np
import pytest
from paper_energy import kmeans_start
from scipy.stats import multivariate_normal

from mcnn.mixtures.gmm import GaussianMixture, quantise, refine, start


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def mixture(rng):
    spread = rng.normal(size=(3, 3, 3))
    return GaussianMixture(
        np.array([0.5, 0.3, 0.2]),
        rng.uniform(0, 255, (3, 3)),
        100 * spread @ spread.transpose(0, 2, 1) + 50 * np.eye(3),
    )


def test_log_likelihood_is_scipys(mixture, rng):
    colours = rng.uniform(0, 255, (700, 3))
    density = sum(
        weight * multivariate_normal(mean, covariance).pdf(colours)
        for weight, mean, covariance in zip(
            mixture.weights, mixture.means, mixture.covariances, strict=True
        )
    )
    np.testing.assert_allclose(mixture.log_likelihood(colours), np.log(density), rtol=1e-4)


def test_one_component_is_the_weighted_mean_and_covariance(rng):
    colours, weight = rng.uniform(0, 255, (200, 3)), rng.uniform(0, 2, 200)
    fitted = refine(start(colours, weight, 1, rng), colours, weight, 3)
    np.testing.assert_allclose(
        fitted.means[0], np.average(colours, axis=0, weights=weight), rtol=1e-4
    )
    expected = np.cov(colours.T, aweights=weight, ddof=0) + np.eye(3)
    np.testing.assert_allclose(fitted.covariances[0], expected, rtol=1e-4)


def test_em_is_the_textbook_step(mixture, rng):
    colours, weight = rng.uniform(0, 255, (700, 3)), rng.uniform(-1, 2, 700).clip(0)
    copies = [array.copy() for array in (mixture.weights, mixture.means, mixture.covariances)]
    joint = np.stack(
        [
            w * multivariate_normal(m, c).pdf(colours)
            for w, m, c in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
        ],
        axis=1,
    )
    responsibility = joint / joint.sum(1, keepdims=True) * weight[:, None]
    mass = responsibility.sum(0)
    fitted = refine(mixture, colours, weight, 1)
    np.testing.assert_allclose(fitted.weights, mass / weight.sum(), rtol=1e-4)
    for array, copy in zip(vars(mixture).values(), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_allclose(fitted.means, responsibility.T @ colours / mass[:, None], rtol=1e-4)
    for k in range(3):
        offset = colours - fitted.means[k]
        expected = (responsibility[:, k, None] * offset).T @ offset / mass[k]
        np.testing.assert_allclose(fitted.covariances[k], expected + np.eye(3), rtol=1e-3)


@pytest.mark.parametrize("n_components", [1, 2, 5])
def test_a_start_is_drawn_by_kmeans_plus_plus(rng, n_components):
    colours, weight = rng.uniform(0, 255, (40, 3)), rng.integers(0, 4, 40).astype(float)
    for seed in range(5):
        found = start(colours, weight, n_components, np.random.default_rng(seed))
        weights, means, covariances = kmeans_start(
            colours, weight, n_components, np.random.default_rng(seed)
        )
        np.testing.assert_allclose(found.weights, weights)
        np.testing.assert_allclose(found.means, means)
        np.testing.assert_allclose(found.covariances, covariances, atol=1e-9)


def test_iterations_are_repeated_steps(mixture, rng):
    colours, weight = rng.uniform(0, 255, (300, 3)), rng.uniform(0, 2, 300)
    twice = refine(refine(mixture, colours, weight, 1), colours, weight, 1)
    np.testing.assert_allclose(refine(mixture, colours, weight, 2).means, twice.means, rtol=1e-6)
    np.testing.assert_array_equal(refine(mixture, colours, weight, 0).means, mixture.means)


def test_a_component_that_loses_its_samples_keeps_its_shape_without_weight():
    far = GaussianMixture(
        np.array([0.5, 0.5]), np.array([[50.0, 50, 50], [250, 250, 250]]), np.stack([np.eye(3)] * 2)
    )
    colours = np.array([[48.0, 50, 50], [52, 50, 50]])
    fitted = refine(far, colours, np.ones(2), 2)
    np.testing.assert_allclose(fitted.weights, [1, 0])
    np.testing.assert_array_equal(fitted.means[1], far.means[1])
    np.testing.assert_array_equal(fitted.covariances[1], far.covariances[1])
    alone = multivariate_normal([50, 50, 50], np.diag([5, 1, 1])).logpdf(colours)
    np.testing.assert_allclose(fitted.log_likelihood(colours), alone, rtol=1e-5)


def test_a_component_with_few_samples_follows_them():
    far = GaussianMixture(
        np.array([0.5, 0.5]), np.array([[50.0, 50, 50], [240, 240, 240]]), np.stack([np.eye(3)] * 2)
    )
    colours = np.array([[50.0, 50, 50], [242, 240, 240]])
    fitted = refine(far, colours, np.array([1, 1e-6]), 1)
    np.testing.assert_allclose(fitted.weights[1], 1e-6, rtol=1e-3)
    np.testing.assert_allclose(fitted.means[1], colours[1])


def test_fewer_colours_than_components_are_no_problem(rng):
    colours = np.array([[10.0, 10, 10], [200, 200, 200]])
    fitted = refine(start(colours, np.array([1.0, 3]), 5, rng), colours, np.array([1.0, 3]), 3)
    order = fitted.weights.argsort()
    np.testing.assert_allclose(fitted.weights[order], [0.25, 0.75])
    np.testing.assert_allclose(fitted.means[order], colours, atol=1e-4)
    expected = np.log([0.25, 0.75]) - 1.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(fitted.log_likelihood(colours), expected, rtol=1e-5)


def test_a_constant_colour_stays_regular(rng):
    colours = np.full((1, 3), 77.0)
    fitted = refine(start(colours, np.ones(1), 5, rng), colours, np.ones(1), 10)
    found = fitted.log_likelihood(np.array([[77.0, 77, 77], [74, 77, 77], [0, 0, 0]]))
    constant = 1.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(found, -constant - np.array([0, 4.5, 1.5 * 77**2]), rtol=1e-5)


def test_no_weight_is_refused_at_the_start_and_changes_nothing_later(mixture, rng):
    colours = rng.uniform(0, 255, (10, 3))
    with pytest.raises(ValueError, match="positive weight"):
        start(colours, np.zeros(10), 2, rng)
    unchanged = refine(mixture, colours, np.zeros(10), 2)
    for array, copy in zip(vars(unchanged).values(), vars(mixture).values(), strict=True):
        np.testing.assert_array_equal(array, copy)


def test_quantise_gives_the_mean_colour_of_each_bin(rng):
    images = rng.integers(0, 256, (2, 5, 6, 3)).astype(np.uint8)
    images[0, 0, :2] = [[8, 16, 24], [15, 23, 31]]
    bins, colours = quantise(images)
    assert bins.shape == (2, 5, 6)
    assert len(np.unique(bins)) == len(colours)
    for index, colour in enumerate(colours):
        np.testing.assert_allclose(images[bins == index].mean(0), colour)
    assert np.abs(colours[bins] - images).max() < 8
    assert bins[0, 0, 0] == bins[0, 0, 1]
    codes = (colours // 8).astype(int) @ [1024, 32, 1]
    assert (np.diff(codes) > 0).all()  # By red, then green, then blue.
