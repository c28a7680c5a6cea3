from concurrent.futures import ThreadPoolExecutor

import maxflow
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.labels._grid_flow import COLUMNS_PAY, ROWS_PAY, SAMPLE, augment_rows
from mcnn.labels.cut import alpha_expansion, minimum_cut
from mcnn.labels.energy import NEIGHBOURS, energy, neighbour_slices
from mcnn.labels.grid_cut import GridCut

SHAPES = [(2, 2), (2, 3), (3, 2), (3, 3), (2, 4), (4, 2), (1, 5), (5, 1), (1, 1), (3, 4)]


def inside(weights):
    """The weights with 0 at pairs that leave the grid."""
    result = np.zeros_like(weights)
    for d, step in enumerate(NEIGHBOURS):
        here, _ = neighbour_slices(step, *weights.shape[1:])
        result[d][here] = weights[d][here]
    return result


def integers(rng, shape, largest=4):
    """Unaries and weights drawn from few integers, so that there are many ties."""
    unary = rng.integers(0, largest + 1, (2, *shape)).astype(float)
    return unary, inside(rng.integers(0, largest, (4, *shape)).astype(float))


def smooth(rng, shape, contrast=1.0):
    """Unaries with large regions and weights of varying strength."""
    noise = rng.normal(size=(2, *shape))
    for axis in (1, 2):
        for _ in range(3):
            noise = noise + np.roll(noise, 1, axis) + np.roll(noise, -1, axis)
    weights = rng.exponential(contrast, (4, *shape)) * (rng.random((4, *shape)) < 0.9)
    return noise, inside(weights)


def energies_of_all(unary, forward, backward):
    """All labellings ``(2 ** N, H, W)`` and the energy of each."""
    shape = unary.shape[1:]
    size = shape[0] * shape[1]
    x = (np.arange(1 << size)[:, None] >> np.arange(size) & 1).reshape(-1, *shape)
    total = np.where(x == 1, unary[1], unary[0]).sum((1, 2))
    for d, step in enumerate(NEIGHBOURS):
        here, there = neighbour_slices(step, *shape)
        p, q = x[:, *here], x[:, *there]
        total += ((p < q) * forward[d][here] + (p > q) * backward[d][here]).sum((1, 2))
    return x, total


def smallest_minimum(unary, forward, backward):
    """The intersection of the label-1 regions of all minima, itself a minimum."""
    x, total = energies_of_all(unary, forward, backward)
    return x[total == total.min()].min(axis=0)


def pymaxflow(unary, forward, backward):
    """The same minimum by PyMaxflow: its sink side is what still reaches the sink."""
    graph = maxflow.Graph[float]()
    nodes = graph.add_grid_nodes(unary.shape[1:])
    for d, step in enumerate(NEIGHBOURS):
        here, there = neighbour_slices(step, *unary.shape[1:])
        graph.add_edges(
            nodes[here].ravel(), nodes[there].ravel(), forward[d][here].ravel(),
            backward[d][here].ravel(),
        )  # fmt: skip
    floor = unary.min(axis=0)
    graph.add_grid_tedges(nodes, unary[1] - floor, unary[0] - floor)
    graph.maxflow()
    return graph.get_grid_segments(nodes)


@pytest.mark.parametrize("asymmetric", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_small_grids_equal_enumeration(shape, asymmetric):
    for seed in range(120):
        rng = np.random.default_rng(seed)
        unary, forward = integers(rng, shape)
        backward = integers(rng, shape)[1] if asymmetric else forward
        cut = GridCut(forward, backward if asymmetric else None).minimise(unary)
        np.testing.assert_array_equal(cut, smallest_minimum(unary, forward, backward))


@settings(max_examples=100)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_warm_equals_cold_and_pymaxflow(seed, height, width, asymmetric):
    rng = np.random.default_rng(seed)
    _, forward = integers(rng, (height, width))
    backward = integers(rng, (height, width))[1] if asymmetric else forward
    warm = GridCut(forward, backward)
    for largest in (3, 12, 3, 1, 40):
        unary, _ = integers(rng, (height, width), largest)
        cut = warm.minimise(unary)
        np.testing.assert_array_equal(cut, GridCut(forward, backward).minimise(unary))
        np.testing.assert_array_equal(cut, pymaxflow(unary, forward, backward))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("contrast", [0.3, 3.0, 30.0])
def test_larger_grids_have_the_energy_of_pymaxflow(seed, contrast):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(15, 41, 2))
    _, pairwise = smooth(rng, shape, contrast)
    cut = GridCut(pairwise)
    for _ in range(3):
        unary, _ = smooth(rng, shape)
        expected = energy(minimum_cut(unary, pairwise, "pymaxflow"), unary, pairwise)
        assert energy(cut.minimise(unary), unary, pairwise) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("asymmetric", [False, True])
@pytest.mark.parametrize("bias", [-3, 0, 3])
def test_regions_with_ties_equal_pymaxflow(bias, asymmetric):
    for seed in range(15):
        rng = np.random.default_rng(seed)
        shape = tuple(rng.integers(1, 41, 2))
        contrast = (0.5, 2.0, 6.0, 20.0)[seed % 4]
        forward = np.round(smooth(rng, shape, contrast)[1])
        backward = np.round(smooth(rng, shape, contrast)[1]) if asymmetric else forward
        warm = GridCut(forward, backward if asymmetric else None)
        unary = np.round(smooth(rng, shape)[0])
        unary[0] += bias
        for _ in range(4):
            unary += np.round(0.3 * smooth(rng, shape)[0])
            expected = pymaxflow(unary, forward, backward)
            np.testing.assert_array_equal(warm.minimise(unary), expected)


@pytest.mark.parametrize("seed", range(10))
def test_warm_equals_cold_while_regions_move(seed):
    rng = np.random.default_rng(seed)
    unary, pairwise = smooth(rng, (40, 37), 10.0)
    warm = GridCut(pairwise)
    for _ in range(5):
        unary = unary + 0.3 * smooth(rng, (40, 37))[0]
        np.testing.assert_array_equal(warm.minimise(unary), GridCut(pairwise).minimise(unary))


@pytest.mark.parametrize("height", [3, 41])
@pytest.mark.parametrize(
    ("contrast", "rows_pay", "columns_pay"),
    [(0.003, False, False), (0.1, True, False), (3.0, True, True)],
)
def test_rows_are_swept_where_a_sample_settles_enough(height, contrast, rows_pay, columns_pay):
    width = 300
    rng = np.random.default_rng(1)
    unary, (_, pairwise) = (
        rng.normal(size=(2, height, width)),
        smooth(rng, (height, width), contrast),
    )
    cut = GridCut(pairwise)
    residual, outgoing, incoming, excess, _, bound, _ = cut._graph
    before = np.clip(np.round((unary[1] - unary[0]) * cut._scale).ravel(), -bound, bound)
    excess[:] = before
    flow = np.empty_like(excess)
    share = augment_rows(residual, outgoing, incoming, excess, height, width, flow)
    assert (share >= ROWS_PAY, share >= COLUMNS_PAY) == (rows_pay, columns_pay)
    swept = np.arange(0, height, 1 if rows_pay else SAMPLE)
    touched = np.flatnonzero((excess != before).reshape(height, width).any(axis=1))
    np.testing.assert_array_equal(touched, swept)
    settled = (excess.reshape(height, width)[swept] == 0).mean()
    assert share == pytest.approx(settled)
    expected = pymaxflow(unary, pairwise, pairwise)
    np.testing.assert_array_equal(GridCut(pairwise).minimise(unary), expected)


def test_path_longer_than_wide_grids_have():
    """A snake, the only way through which leads along every other row."""
    height, width = 41, 40
    pairwise = np.zeros((4, height, width))
    pairwise[0, ::2, :-1] = 5
    pairwise[1, 0:-1:4, -1] = pairwise[1, 1:-1:4, -1] = 5
    pairwise[1, 2:-1:4, 0] = pairwise[1, 3:-1:4, 0] = 5
    unary = np.zeros((2, height, width))
    unary[1, 0, 0], unary[0, -1, -1] = 3, 4
    cut = GridCut(pairwise).minimise(unary)
    np.testing.assert_array_equal(cut, pymaxflow(unary, pairwise, pairwise))
    assert cut[-1, -1] == 1
    assert cut.sum() > 800


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 1), (1, 2), (6, 7)])
def test_without_weights_the_cheaper_label_wins_and_ties_are_0(shape):
    unary, _ = integers(np.random.default_rng(0), shape)
    unary *= 1e-12
    cut = GridCut(np.zeros((4, *shape))).minimise(unary)
    np.testing.assert_array_equal(cut, unary[1] < unary[0])


def test_unaries_of_a_ten_millionth_of_the_weights_count():
    unary = np.zeros((2, 1, 2))
    unary[1, 0] = -3e-7, 2e-7
    pairwise = np.ones((4, 1, 2))
    np.testing.assert_array_equal(GridCut(pairwise).minimise(unary), [[1, 1]])
    np.testing.assert_array_equal(GridCut(pairwise).minimise(-unary), [[0, 0]])


@pytest.mark.parametrize("factor", [2.0**-900, 2.0**900])
def test_the_unit_of_the_costs_does_not_matter(factor):
    unary, pairwise = smooth(np.random.default_rng(0), (8, 9))
    expected = GridCut(pairwise).minimise(unary)
    found = GridCut(factor * pairwise).minimise(factor * unary)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("value", [0.0, 3.5, -2.0])
def test_equal_unaries_give_0(value):
    _, pairwise = smooth(np.random.default_rng(0), (8, 9))
    assert not GridCut(pairwise).minimise(np.full((2, 8, 9), value)).any()


@pytest.mark.parametrize("size", [1e6, 1e300])
def test_huge_unaries_fix_their_pixels(size):
    rng = np.random.default_rng(0)
    unary, pairwise = smooth(rng, (20, 21))
    fixed = rng.random((20, 21)) < 0.1
    label = rng.integers(0, 2, (20, 21))
    unary[0][fixed & (label == 1)] = size
    unary[1][fixed & (label == 0)] = size
    cut = GridCut(pairwise).minimise(unary)
    np.testing.assert_array_equal(cut[fixed], label[fixed])
    unary = np.clip(unary, None, 1e3)
    expected = energy(minimum_cut(unary, pairwise, "pymaxflow"), unary, pairwise)
    assert energy(cut, unary, pairwise) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(10))
def test_weights_of_pairs_that_leave_the_grid_are_ignored(seed):
    rng = np.random.default_rng(seed)
    unary = rng.random((2, 6, 4))
    weights = 0.2 * rng.random((4, 6, 4))
    outside = inside(np.ones_like(weights)) == 0
    weights[outside] = 9
    cut = GridCut(weights).minimise(unary)
    expected = pymaxflow(unary, *[np.where(outside, 0, weights)] * 2)
    np.testing.assert_array_equal(cut, expected)


def test_load_starts_afresh():
    rng = np.random.default_rng(0)
    cut = GridCut(smooth(rng, (15, 16))[1])
    for _ in range(3):
        cut.minimise(smooth(rng, (15, 16))[0])
        unary, pairwise = smooth(rng, (15, 16), 5.0)
        cut.load(pairwise)
        np.testing.assert_array_equal(cut.minimise(unary), GridCut(pairwise).minimise(unary))


def test_threads_do_not_change_the_result():
    problems = [smooth(np.random.default_rng(seed), (64, 65), 5.0) for seed in range(8)]

    def rounds(problem):
        unary, pairwise = problem
        cut = GridCut(pairwise)
        return [cut.minimise(unary * factor) for factor in (1.0, 1.3, 0.8)]

    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(rounds, problems))
    np.testing.assert_array_equal(threaded, [rounds(problem) for problem in problems])


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 4, 3, 1), (3, 4, 3)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        GridCut(np.zeros((4, 4, 3))).minimise(np.zeros(shape))
    with pytest.raises(ValueError, match="shape"):
        GridCut(np.zeros((4, 4, 3))).load(np.zeros((4, 3, 4)))


@pytest.mark.parametrize("seed", range(10))
def test_both_solvers_expand_alike(seed):
    rng = np.random.default_rng(seed)
    unary = np.concatenate([smooth(rng, (24, 25))[0] for _ in range(2)])
    _, pairwise = smooth(rng, (24, 25), 5.0)
    start = rng.integers(0, 4, (24, 25))
    grid, reference = (
        energy(alpha_expansion(unary, pairwise, start, solver), unary, pairwise)
        for solver in ("grid", "pymaxflow")
    )
    assert grid == pytest.approx(reference, rel=1e-3)
