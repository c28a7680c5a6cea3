"""Section 3.3 of the paper once more, in plain numpy and float64, for frames of a few pixels."""

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, eye_array, hstack, kron, vstack
from scipy.stats import multivariate_normal

from mcnn.label_space import IGNORE

STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


def latent_labels(frames, settings, alpha, motion=True):
    """Labels of all frames: `settings.rounds` cuts with motion, one without.

    Those before the last say what is foreground, where each pixel has its cheapest tag.
    """
    n_frames, height, width = frames.masks.shape
    allowed = np.array([0, *frames.tags])
    psi_fc = -np.log(np.maximum(frames.probabilities[:, allowed].astype(float), 1e-8))
    pairs = []
    for image, mask, valid in zip(frames.images, frames.masks, frames.valid, strict=True):
        near = band(mask, valid, settings.band * max(height, width)) & motion
        pairs.append(pairwise(image, valid, near, settings.lambda_, settings.gamma))
    components = settings.background_components, settings.foreground_components
    if motion:
        mixtures = Mixtures(frames.images, frames.masks, frames.valid, components, frames.rng)
    labels = np.empty(frames.masks.shape, np.uint8)
    rounds = settings.rounds if motion else 1
    for k in range(rounds):
        for t in range(n_frames):
            unary = alpha * psi_fc[t]
            if motion:
                background, foreground = mixtures.potential(t)
                unary = unary + np.stack([background, *[foreground] * len(frames.tags)])
            if k < rounds - 1:
                unary = np.stack([unary[0], unary[1:].min(0)])
            labels[t] = allowed[minimum(unary, *pairs[t])]
        if motion:
            mixtures.resample(labels > 0)
    labels[~frames.valid] = IGNORE
    return labels


def band(mask, valid, half_width):
    """Pixels that have one of the other side of the motion boundary at most so far away."""
    near = np.zeros_like(mask)
    for side in (mask, ~mask):
        other = ~side & valid
        if other.any():
            near |= side & valid & (distance_transform_edt(~other) <= half_width)
    return near


def pairwise(image, valid, near, lambda_, gamma):
    """Ends and weights of the pairs of neighbours, ``(E,)`` each; pixels are numbered by rows."""
    height, width = valid.shape
    edges = [
        ((y, x), (y + down, x + right), np.hypot(down, right))
        for down, right in STEPS
        for y, x in np.ndindex(height, width)
        if y + down < height and 0 <= x + right < width
    ]
    edges = [edge for edge in edges if valid[edge[0]] and valid[edge[1]]]
    first, second = (np.array([edge[k] for edge in edges], int).reshape(-1, 2).T for k in (0, 1))
    distance = np.array([edge[2] for edge in edges])
    z = image.astype(float)
    square = ((z[*first] - z[*second]) ** 2).sum(1)
    decay = np.exp(-gamma * square / np.mean(square / distance))
    delta = near[*first] & near[*second]
    ends = (np.ravel_multi_index(tuple(end), valid.shape) for end in (first, second))
    return *ends, lambda_ * (1 - delta) * decay / distance


def minimum(unary, first, second, weight):
    """Labels of least energy by the linear program, of which they have to be a whole solution.

    Shares x of the labels k in the pixels, and what they change by along the edges, are not
    negative; the former sum to 1 in each pixel.
    """
    n_labels, n, n_edges = len(unary), unary[0].size, len(first)
    edge, sign = np.tile(np.arange(n_edges), 2), np.repeat([1.0, -1.0], n_edges)
    difference = coo_array((sign, (edge, np.r_[first, second])), (n_edges, n))
    change = kron(eye_array(n_labels), difference)
    bound = -eye_array(n_labels * n_edges)
    sums = kron(np.ones((1, n_labels)), eye_array(n))
    result = linprog(
        np.r_[unary.ravel(), np.tile(weight / 2, n_labels)],
        A_ub=vstack([hstack([change, bound]), hstack([-change, bound])]),
        b_ub=np.zeros(2 * n_labels * n_edges),
        A_eq=hstack([sums, csr_array((n, n_labels * n_edges))]),
        b_eq=np.ones(n),
    )
    shares = result.x[: n_labels * n].reshape(unary.shape)
    assert np.abs(shares - shares.round()).max() < 1e-6, "the program has no whole solution"
    return shares.argmax(0)


class Mixtures:
    """Colour mixtures of each frame: 10 iterations of EM on all frames, 3 more, 1 a round."""

    def __init__(self, images, masks, valid, components, rng):
        code = (images >> 3).astype(int) @ [1024, 32, 1]
        occupied, bins = np.unique(code, return_inverse=True)
        self.bins, self.valid, self.n_frames = bins.reshape(code.shape), valid, len(images)
        pixels = [images[self.bins == n] for n in range(len(occupied))]
        self.colours = np.array([of_bin.mean(0) for of_bin in pixels])
        self.resample(masks)
        self.iterations = [3, 3]
        pooled = self.counts.sum(0)
        self.mixtures = []
        for label, n_components in enumerate(components):
            mixture = kmeans_start(self.colours, pooled[label], n_components, rng)
            mixture = em(mixture, self.colours, pooled[label], 10)
            self.mixtures.append([mixture] * self.n_frames)

    def resample(self, foreground):
        """Take the pixels ``(T, H, W)`` of a labelling; a side that has vanished stays."""
        self.counts = np.zeros((self.n_frames, 2, len(self.colours)))
        for t in range(self.n_frames):
            for label in (0, 1):
                samples = self.bins[t][self.valid[t] & (foreground[t] == label)]
                self.counts[t, label] = np.bincount(samples, minlength=len(self.colours))
        shares = self.counts.sum((0, 2)) / self.bins.size
        self.iterations = [1 if share >= 0.001 else 0 for share in shares]

    def potential(self, t):
        """Refit frame t's mixtures; the negative log likelihood of its pixels, ``(2, H, W)``."""
        weight = np.array([1 / (1 + abs(t - other)) for other in range(self.n_frames)])
        result = []
        for label in (0, 1):
            samples = np.tensordot(weight, self.counts[:, label], 1)
            mixture = em(self.mixtures[label][t], self.colours, samples, self.iterations[label])
            self.mixtures[label][t] = mixture
            result.append(-np.logaddexp.reduce(log_joint(mixture, self.colours)))
        return np.stack(result)[:, self.bins[t]]


def kmeans_start(colours, weight, n_components, rng):
    """Centres drawn by k-means++, each a component of the colours it is the nearest to."""
    square = np.ones((1, len(colours)))
    centres = []
    for _ in range(n_components):
        chance = weight * square.min(0)
        centres.append(colours[rng.choice(len(colours), p=chance / chance.sum())])
        square = ((colours - np.array(centres)[:, None]) ** 2).sum(2)
    return moments(colours, weight * (square.argmin(0) == np.arange(n_components)[:, None]))


def em(mixture, colours, weight, n_iterations):
    for _ in range(n_iterations):
        joint = log_joint(mixture, colours)
        mixture = moments(colours, weight * np.exp(joint - np.logaddexp.reduce(joint)))
    return mixture


def moments(colours, weights):
    """Share, mean and covariance of each component, from its weights ``(K, N)`` of the samples."""
    covariances = [np.cov(colours.T, aweights=w, ddof=0) + np.eye(3) for w in weights]
    means = [np.average(colours, axis=0, weights=w) for w in weights]
    return weights.sum(1) / weights.sum(), means, covariances


def log_joint(mixture, colours):
    parts = zip(*mixture, strict=True)
    return np.stack([np.log(w) + multivariate_normal(m, c).logpdf(colours) for w, m, c in parts])
