import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from mcnn.labels.arrays import PredictorInput
from mcnn.labels.ccnn import ConstrainedCNN, constrained_targets, project

LOW, HIGH, PRESENT = 0.3, 0.7, 0.05
NO_SLACK = np.inf
SMALLEST_PROBABILITY = 1e-8


def output(seed, n_labels, n_pixels, contrast=3.0, level=3.0):
    """A network's output: `contrast` between pixels, and preference for some label everywhere."""
    rng = np.random.default_rng(seed)
    scores = contrast * rng.normal(size=(n_labels, n_pixels))
    scores += level * rng.normal(size=(n_labels, 1))
    e = np.exp(scores - scores.max(0))
    return e / e.sum(0)


def divergence(q, p):
    """Mean over the pixels of KL(Q || P), with the floor that P has."""
    p = np.maximum(p, SMALLEST_PROBABILITY)
    return np.sum(q * (np.log(np.maximum(q, 1e-300)) - np.log(p))) / q.shape[1]


problems = given(
    seed=st.integers(0, 10**6),
    n_labels=st.integers(2, 6),
    n_pixels=st.integers(1, 50),
    n_tags=st.integers(1, 5),
    contrast=st.sampled_from([0.01, 1.0, 10.0, 100.0]),
    level=st.sampled_from([0.0, 3.0, 30.0]),
)


def problem(seed, n_labels, n_pixels, n_tags, contrast, level):
    order = 1 + np.random.default_rng(seed).permutation(n_labels - 1)
    return output(seed, n_labels, n_pixels, contrast, level), order[:n_tags].tolist()


def multipliers(q, p, present):
    """theta up to a constant per pixel, (K, N): log(Q / P) of the present labels."""
    return np.log(q[present]) - np.log(np.maximum(p[present], SMALLEST_PROBABILITY))


@settings(max_examples=80)
@problems
def test_constraints_are_satisfied(**kwargs):
    p, tags = problem(**kwargs)
    q = project(p, tags, slack=NO_SLACK)
    shares = q.mean(axis=1)
    absent = sorted(set(range(len(p))) - {0, *tags})
    np.testing.assert_allclose(q.sum(axis=0), 1)
    assert (q >= 0).all()
    assert (q[absent] == 0).all()
    assert LOW - 1e-6 <= shares[0] <= HIGH + 1e-6
    assert (shares[tags] >= PRESENT - 1e-6).all()


@pytest.mark.parametrize("slack", [NO_SLACK, 2.0, 0.5])
@settings(max_examples=60)
@problems
def test_karush_kuhn_tucker(slack, **kwargs):
    p, tags = problem(**kwargs)
    present = [0, *tags]
    q = project(p, tags, slack=slack)
    shares = q.mean(axis=1)[present]
    # Stationarity: log(Q / P) differs between labels by the same amounts in all pixels.
    visible = (q[present] > 1e-250).all(axis=0)
    ratios = multipliers(q, p, present)[:, visible]
    theta = ratios - ratios[:1]
    np.testing.assert_allclose(theta, np.repeat(theta[:, :1], visible.sum(), 1), atol=1e-6)
    # Of the multipliers (all + c is as good), those that are complementary to the constraints:
    # any label with no active bound has multiplier 0, any short of its bound the price of slack.
    theta = theta.mean(axis=1)
    inactive = np.append(
        (shares[0] > LOW + 1e-6) & (shares[0] < HIGH - 1e-6), shares[1:] > 0.050001
    )
    short = np.append(False, shares[1:] < PRESENT - 1e-6)
    assert (inactive | short).any()
    known = np.flatnonzero(inactive | short)
    theta += np.where(short, slack, 0)[known[0]] - theta[known[0]]
    np.testing.assert_allclose(theta[inactive], 0, atol=1e-5)
    np.testing.assert_allclose(theta[short], slack, atol=1e-5)
    assert (theta[1:] > -1e-5).all()
    assert (theta[1:] < slack + 1e-5).all()
    assert shares[0] < LOW + 1e-6 or theta[0] < 1e-5
    assert shares[0] > HIGH - 1e-6 or theta[0] > -1e-5


@settings(max_examples=60)
@problems
def test_no_feasible_distribution_is_nearer(**kwargs):
    p, tags = problem(**kwargs)
    present = [0, *tags]
    q = project(p, tags, slack=NO_SLACK)
    rng = np.random.default_rng(kwargs["seed"])
    best = divergence(q, p)
    for size in (1e-4, 1e-2, 0.3, 1):
        # Projections of other outputs satisfy the constraints, and so does all between.
        other = np.zeros_like(p)
        other[present] = rng.dirichlet(np.ones(len(present)), p.shape[1]).T
        moved = (1 - size) * q + size * project(other, tags, slack=NO_SLACK)
        assert divergence(moved, p) >= best - 1e-8


def test_agrees_with_a_general_solver():
    """The primal with slack, over all of Q and xi, by sequential quadratic programming."""
    p, tags = output(3, 4, 6, 1.5, 3), [1, 3]
    present = [0, *tags]
    k, n = len(present), p.shape[1]
    p = np.where(np.isin(np.arange(4), present)[:, None], p, 0)
    p[1] *= 1e-4
    p /= p.sum(axis=0)

    def split(x):
        q = np.zeros_like(p)
        q[present] = x[: k * n].reshape(k, n)
        return q, x[k * n :]

    def shares(x):
        return split(x)[0].mean(axis=1)

    result = minimize(
        lambda x: divergence(split(x)[0], p) + 2 * split(x)[1].sum(),
        np.r_[np.full(k * n, 1 / k), np.zeros(k - 1)],
        method="SLSQP",
        bounds=[(1e-12, 1)] * (k * n) + [(0, 1)] * (k - 1),
        constraints=[
            {"type": "eq", "fun": lambda x: split(x)[0].sum(axis=0) - 1},
            {"type": "ineq", "fun": lambda x: shares(x)[tags] - PRESENT + split(x)[1]},
            {"type": "ineq", "fun": lambda x: [shares(x)[0] - LOW, HIGH - shares(x)[0]]},
        ],
        options={"maxiter": 500, "ftol": 1e-12},
    )
    q = project(p, tags)
    assert result.success
    assert q[1].mean() < 0.04  # The slack is used.
    np.testing.assert_allclose(q, split(result.x)[0], atol=1e-4)


def test_by_hand():
    # Equal pixels: Q must be the nearest bound in each. 0.9 -> 0.7; and 1 % -> exp(2) % / Z.
    q = project(np.full((2, 5), [[0.9], [0.1]]), [1])
    np.testing.assert_allclose(q, np.full((2, 5), [[0.7], [0.3]]), atol=1e-8)
    p = np.full((3, 5), [[0.5], [0.499], [0.001]])
    raised = 0.001 * np.exp(2)
    np.testing.assert_allclose(project(p, [1, 2])[2], raised / (0.999 + raised))
    np.testing.assert_allclose(project(p, [1, 2], slack=10)[2], 0.05, atol=1e-8)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_feasible_output_is_unchanged(seed, n_tags):
    rng = np.random.default_rng(seed)
    p = np.zeros((6, 40))
    p[: n_tags + 1] = rng.dirichlet(np.r_[5, np.full(n_tags, 6 / n_tags)], 40).T
    shares = p.mean(axis=1)
    assert LOW < shares[0] < HIGH
    assert (shares[1 : n_tags + 1] > PRESENT).all()
    np.testing.assert_allclose(project(p, range(1, n_tags + 1)), p, atol=1e-6)


def test_without_tags_all_is_background():
    q = project(output(0, 4, 10), [])
    np.testing.assert_array_equal(q, np.repeat([[1.0], [0], [0], [0]], 10, axis=1))


def test_more_tags_than_have_room():
    p = output(1, 21, 30, 1, 0)
    tags = range(1, 21)
    with pytest.raises(ValueError, match="20 tags"):
        project(p, tags, slack=NO_SLACK)
    shares = project(p, tags).mean(axis=1)
    assert shares[0] == pytest.approx(LOW, abs=1e-6)
    assert (shares[1:] < PRESENT + 1e-6).all()


def test_tags_that_just_have_room():
    shares = project(output(1, 15, 30, 1, 1), range(1, 15), slack=NO_SLACK).mean(axis=1)
    np.testing.assert_allclose(shares, [LOW] + [PRESENT] * 14, atol=1e-6)


def test_an_output_that_is_certain_still_moves():
    p = np.zeros((3, 50))
    p[2] = 1  # Certain of an absent label.
    p[:, :5] = [[0], [1], [0]]
    q = project(p, [1], slack=NO_SLACK)
    assert np.isfinite(q).all()
    assert LOW <= q[0].mean() <= HIGH


@pytest.mark.filterwarnings("error")
def test_targets_of_frames():
    valid = np.ones((3, 6, 7), bool)
    valid[0, 4:] = valid[2] = False
    p = output(2, 4, 3 * 42).reshape(4, 3, 6, 7).swapaxes(0, 1).astype(np.float32)
    targets = constrained_targets(p, valid, (1, 3))
    assert targets.dtype == np.float32
    assert (targets.swapaxes(0, 1)[:, ~valid] == 0).all()
    for t in range(2):
        expected = project(p[t][:, valid[t]], (1, 3))
        np.testing.assert_allclose(targets[t][:, valid[t]], expected, atol=1e-6)
    rng = np.random.default_rng(0)
    frames = PredictorInput(np.zeros((3, 6, 7, 3), np.uint8), valid, valid, p, (1, 3), rng)
    np.testing.assert_array_equal(ConstrainedCNN()(frames), targets)


def test_targets_have_the_published_constraints_unless_told_otherwise():
    # Pixels of a frame are equal, so that the multipliers can be found by hand.
    p = np.array([[0.9, 0.05, 0.05], [0.1, 0.6, 0.3], [0.5, 0.497, 0.003]], np.float32)
    p = np.tile(p[..., None, None], (1, 1, 2, 2))
    valid = np.ones((3, 2, 2), bool)
    raised = np.exp(2) * 0.003 / (0.997 + np.exp(2) * 0.003)
    expected = [[0.7, 0.15, 0.15], [0.3, 0.7 * 2 / 3, 0.7 / 3]]
    expected.append([0.5 * (1 - raised) / 0.997, 0.497 * (1 - raised) / 0.997, raised])
    targets = constrained_targets(p, valid, (1, 2))
    np.testing.assert_allclose(targets[..., 0, 0], expected, atol=1e-6)
    np.testing.assert_allclose(targets[..., 1, 1], expected, atol=1e-6)
    targets = constrained_targets(p, valid, (1, 2), (0.2, 0.4), 0.25, NO_SLACK)
    left = 0.75 / 0.997
    expected = [[0.4, 0.3, 0.3], [0.2, 0.8 * 2 / 3, 0.8 / 3], [0.5 * left, 0.497 * left, 0.25]]
    np.testing.assert_allclose(targets[..., 0, 0], expected, atol=1e-6)
