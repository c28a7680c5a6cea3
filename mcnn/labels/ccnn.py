"""Soft labels of the constrained CNN: the network's output moved into linear constraints.

D. Pathak, P. Krähenbühl, T. Darrell, "Constrained convolutional neural networks for weakly
supervised segmentation", ICCV 2015 ([30] in the paper).

A frame of N pixels has the distribution P, p_i(l) the softmax of pixel i. Among distributions Q,
independent over pixels, the one sought minimises

    KL(Q || P) + slack sum_t xi_t,    KL(Q || P) = sum_i sum_l q_i(l) log(q_i(l) / p_i(l)),

under the constraints that were published for image tags:

    sum_i q_i(l) = 0               for each absent label
    sum_i q_i(t) >= 0.05 N - xi_t  for each tag, xi_t >= 0
    0.3 N <= sum_i q_i(0) <= 0.7 N for the background.

The minimiser is q_i(l) = p_i(l) exp(theta_l) / Z_i over the present labels. theta_t is the
multiplier of the tag's bound, between 0 and `slack`; theta_0 is that of the lower bound of the
background, or minus that of its upper bound: at most one of them differs from 0. They maximise
the dual, which has as many unknowns as there are present labels:

    sum_l b_l theta_l - 1/N sum_i log sum_l p_i(l) exp(theta_l),

b_l the bound as a share of the pixels. The gradient is the violation, b_l - 1/N sum_i q_i(l). The
published solver is projected gradient ascent; projected Newton, used here, comes to the same
optimum within 1e-9 in a few to some twenty steps.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mcnn.labels.arrays import Bools, Floats, PredictorInput
from mcnn.labels.energy import SMALLEST_PROBABILITY

Vector = NDArray[np.float64]

TOLERANCE = 1e-9
"""Largest violation of the optimality conditions, as a share of the pixels."""

MAX_ITERATIONS = 200
LONGEST_STEP = 4.0
"""In nats: where outputs are saturated the curvature is next to 0, and Newton's step endless."""


def project(
    probabilities: Floats,
    tags: Sequence[int],
    background: tuple[float, float] = (0.3, 0.7),
    foreground: float = 0.05,
    slack: float = 2.0,
) -> NDArray[np.float64]:
    """Distribution nearest to the network's output that satisfies the constraints of the tags.

    Parameters
    ----------
    probabilities
        ``(L, N)``, P; values below 1e-8 are raised to it.
    tags
        Present labels (1 .. L - 1) beside the background. Without any, all is background: its
        upper bound is for images with objects.
    background
        Bounds of the background's share of the pixels. They have no slack.
    foreground
        Lower bound of each tag's share of the pixels.
    slack
        Price of a missing pixel, the upper bound of a tag's multiplier. A tag's probabilities are
        thus raised by at most exp(slack), even if its bound stays out of reach; 2 was published.
        Infinity makes the bounds hard.

    Returns
    -------
    ``(L, N)`` float64, Q: columns sum to 1, 0 for absent labels.

    Raises
    ------
    ValueError
        If the bounds are hard and add up to more than 1.

    Examples
    --------
    >>> project(np.array([[0.9, 0.6], [0.1, 0.4]]), [1], (0.5, 0.5)).round(3)
    array([[0.71, 0.29],
           [0.29, 0.71]])
    """
    present = [0, *tags]
    bounds = np.full(len(present), foreground)
    if np.isinf(slack) and background[0] + bounds[1:].sum() > 1 + TOLERANCE:
        raise ValueError(f"{len(tags)} tags leave no room for the background: set a finite slack")
    raised = np.maximum(np.asarray(probabilities, np.float64)[present], SMALLEST_PROBABILITY)
    log_p = np.log(raised)
    lower, upper = np.zeros(len(present)), np.full(len(present), slack)
    # First as if the background had no bounds. If it violates one, that one is active in the
    # optimum: then its share is given, and the sign of its multiplier follows.
    upper[0] = 0
    theta, q = _maximise_dual(log_p, bounds, lower, upper, np.zeros(len(present)))
    share = q[0].mean()
    if len(present) > 1 and not background[0] <= share <= background[1]:
        bounds[0] = np.clip(share, *background)
        lower[0], upper[0] = -np.inf, np.inf
        _, q = _maximise_dual(log_p, bounds, lower, upper, theta)
    projected = np.zeros(np.shape(probabilities))
    projected[present] = q
    return projected


def constrained_targets(
    probabilities: NDArray[np.float32],
    valid: Bools,
    tags: Sequence[int],
    background: tuple[float, float] = (0.3, 0.7),
    foreground: float = 0.05,
    slack: float = 2.0,
) -> NDArray[np.float32]:
    """Soft targets of the frames of a shot, each projected by itself.

    With these targets the cross-entropy of `mcnn.training.image_losses.soft_target_loss` has the
    gradient of KL(Q || P) with respect to the network, averaged over the pixels.

    Parameters
    ----------
    probabilities
        ``(T, L, H, W)``, the network's softmax output over all labels.
    valid
        ``(T, H, W)`` bool, False in padding, which does not count as pixels.
    tags, background, foreground, slack
        See `project`.

    Returns
    -------
    ``(T, L, H, W)`` float32; 0 in padding.
    """
    targets = np.zeros(probabilities.shape, np.float32)
    for frame, pixels, out in zip(probabilities, valid, targets, strict=True):
        if pixels.any():
            out[:, pixels] = project(frame[:, pixels], tags, background, foreground, slack)
    return targets


class ConstrainedCNN:
    """Label predictor: the soft targets of `constrained_targets`.

    It sees neither colours nor motion masks.
    """

    def __call__(self, frames: PredictorInput) -> NDArray[np.float32]:
        """Estimate soft labels; see `mcnn.labels.predictors.LabelPredictor`."""
        return constrained_targets(frames.probabilities, frames.valid, frames.tags)


def _softmax(log_p: Floats, theta: Vector) -> tuple[NDArray[np.float64], float]:
    """Q, which is the softmax of log P + theta, and the mean over the pixels of log Z."""
    q = log_p + theta[:, None]
    top = q.max(axis=0)
    np.exp(q - top, out=q)
    total = q.sum(axis=0)
    q /= total
    return q, float((top + np.log(total)).mean())


def _maximise_dual(
    log_p: Floats, bounds: Vector, lower: Vector, upper: Vector, theta: Vector
) -> tuple[Vector, NDArray[np.float64]]:
    """Multipliers between `lower` and `upper` that maximise the dual, and their Q.

    Projected Newton steps with backtracking (Bertsekas 1982): multipliers at a limit that the
    gradient pushes against stay, the others make a joint Newton step.
    """
    q, log_z = _softmax(log_p, theta)
    for _ in range(MAX_ITERATIONS):
        gradient = bounds - q.mean(axis=1)
        free = ((theta > lower) | (gradient > 0)) & ((theta < upper) | (gradient < 0))
        if np.abs(gradient[free]).max(initial=0) < TOLERANCE:
            break
        step = np.zeros_like(theta)
        step[free] = _newton_step(q[free], gradient[free])
        value = bounds @ theta - log_z
        for shrink in 0.5 ** np.arange(40):
            new = np.clip(theta + shrink * step, lower, upper)
            q, log_z = _softmax(log_p, new)
            # The last term is the rounding of a mean.
            if bounds @ new - log_z >= value + 1e-4 * gradient @ (new - theta) - 1e-14:
                break
        theta = new
    return theta, q


def _newton_step(q: Floats, gradient: Vector) -> Vector:
    """Newton's step for the rows of Q whose multipliers are free, of limited length."""
    curvature = np.diag(q.mean(axis=1)) - q @ q.T / q.shape[1]
    # Adding the same to all multipliers changes nothing: without this, singular if all are free.
    curvature += (1e-9 + 1e-6 * np.abs(gradient).max()) * np.eye(len(q))
    step = np.linalg.solve(curvature, gradient)
    return np.asarray(step * min(1.0, LONGEST_STEP / np.abs(step).max()))
