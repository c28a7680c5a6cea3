"""Latent label estimation (paper, section 3.3).

Usable on its own: `EnergyMinimisation` labels the frames of a shot, `GridCut` and
`alpha_expansion` minimise any energy with Potts terms on an 8-connected grid.
"""

from mcnn.labels.arrays import IGNORE
from mcnn.labels.cut import alpha_expansion, minimum_cut
from mcnn.labels.energy import boundary_band, energy, network_potential, pairwise_weights
from mcnn.labels.grid_cut import GridCut
from mcnn.labels.minimisation import EnergyMinimisation
from mcnn.labels.motion_potential import MotionPotential
from mcnn.labels.predictors import LabelPredictor, build_predictor, hard_labels

__all__ = [
    "IGNORE",
    "EnergyMinimisation",
    "GridCut",
    "LabelPredictor",
    "MotionPotential",
    "alpha_expansion",
    "boundary_band",
    "build_predictor",
    "energy",
    "hard_labels",
    "minimum_cut",
    "network_potential",
    "pairwise_weights",
]
