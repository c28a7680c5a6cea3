"""The energy (2) of a frame, restricted to labellings that are constant on superpixels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from mcnn.graph_cut import Edges, Minimiser
from mcnn.labels.energy import NEIGHBOURS, neighbour_slices

Floats = NDArray[np.floating]
Labels = NDArray[np.int32]


class SuperpixelEnergy(NamedTuple):
    """Terms of n superpixels.

    Attributes
    ----------
    unary
        ``(2, n)``, cost of being background, and object.
    edges
        Cost of a border between two superpixels.
    """

    unary: NDArray[np.float64]
    edges: Edges


def superpixel_energy(labels: Labels, unary: Floats, pairwise: Floats) -> SuperpixelEnergy:
    """Sum the terms of the pixels over superpixels and over the borders between them.

    Of a labelling x of the superpixels it gives the value that `mcnn.labels.energy.energy` gives of
    ``x[labels]``: the paper's energy is not another one, its minimum is over fewer labellings.

    Parameters
    ----------
    labels
        ``(H, W)`` int32, superpixels 0 .. n - 1.
    unary
        ``(2, H, W)``, see `mcnn.labels.energy.unary_term`.
    pairwise
        ``(4, H, W)``, see `mcnn.labels.energy.pairwise_weights`.
    """
    count = int(labels.max()) + 1
    sums = [np.bincount(labels.ravel(), term.ravel(), count) for term in unary]
    pairs, weights = [], []
    for weight, step in zip(pairwise, NEIGHBOURS, strict=True):
        here, there = neighbour_slices(step, *labels.shape)
        border = labels[here] != labels[there]
        pairs.append(np.stack([labels[here][border], labels[there][border]]))
        weights.append(weight[here][border])
    ends = np.sort(np.concatenate(pairs, axis=1), axis=0)
    graph = coo_array((np.concatenate(weights), (ends[0], ends[1])), shape=(count, count))
    graph.sum_duplicates()
    first, second = graph.coords
    edges = Edges(first.astype(np.int64), second.astype(np.int64), graph.data.astype(np.float64))
    return SuperpixelEnergy(np.stack(sums), edges)


def minimum(energy: SuperpixelEnergy) -> NDArray[np.bool_]:
    """Labelling ``(n,)`` of least energy, True is the object; exact, by max-flow."""
    background, foreground = energy.unary
    return Minimiser(len(background), energy.edges)(foreground, background)
