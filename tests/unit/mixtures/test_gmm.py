import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mcnn.mixtures.gmm import REG_COVAR, GaussianMixture, quantise, refine, start


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
    colours = rng.uniform(0, 255, (50, 3))
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
    expected = np.cov(colours.T, aweights=weight, ddof=0) + REG_COVAR * np.eye(3)
    np.testing.assert_allclose(fitted.covariances[0], expected, rtol=1e-4)


def test_em_is_the_textbook_step(mixture, rng):
    colours, weight = rng.uniform(0, 255, (300, 3)), rng.uniform(0, 2, 300)
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
    np.testing.assert_allclose(fitted.means, responsibility.T @ colours / mass[:, None], rtol=1e-4)
    for k in range(3):
        offset = colours - fitted.means[k]
        expected = (responsibility[:, k, None] * offset).T @ offset / mass[k]
        np.testing.assert_allclose(
            fitted.covariances[k], expected + REG_COVAR * np.eye(3), rtol=1e-3
        )


def test_em_finds_well_separated_clusters(rng):
    centres = np.array([[20.0, 20, 20], [200, 30, 40], [60, 220, 90]])
    colours = np.concatenate([rng.normal(centre, 5, (300, 3)) for centre in centres])
    fitted = refine(start(colours, np.ones(900), 3, rng), colours, np.ones(900), 10)
    found = fitted.means[np.argsort(fitted.means[:, 0])]
    np.testing.assert_allclose(found, centres[np.argsort(centres[:, 0])], atol=1.5)


def test_a_weight_counts_like_that_many_samples(rng):
    colours, weight = rng.uniform(0, 255, (40, 3)), rng.integers(0, 4, 40)
    begin = start(colours, np.ones(40), 2, rng)
    weighted = refine(begin, colours, weight.astype(float), 2)
    repeated = refine(begin, np.repeat(colours, weight, axis=0), np.ones(weight.sum()), 2)
    np.testing.assert_allclose(weighted.means, repeated.means, rtol=1e-4)


def test_fewer_colours_than_components_are_no_problem(rng):
    colours = np.array([[10.0, 10, 10], [200, 200, 200]])
    fitted = refine(start(colours, np.ones(2), 5, rng), colours, np.ones(2), 3)
    assert len(fitted.weights) == 2
    assert np.isfinite(fitted.log_likelihood(colours)).all()


def test_a_constant_colour_stays_regular(rng):
    colours = np.full((1, 3), 77.0)
    fitted = refine(start(colours, np.ones(1), 5, rng), colours, np.ones(1), 10)
    assert np.isfinite(fitted.log_likelihood(np.array([[77.0, 77, 77], [0, 0, 0]]))).all()


def test_no_weight_is_refused_at_the_start_and_changes_nothing_later(mixture, rng):
    colours = rng.uniform(0, 255, (10, 3))
    with pytest.raises(ValueError, match="positive weight"):
        start(colours, np.zeros(10), 2, rng)
    assert refine(mixture, colours, np.zeros(10), 2).means == pytest.approx(mixture.means)


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
