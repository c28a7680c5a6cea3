"""Prune the shots without usable motion."""

import pandas as pd

from mcnn.artefacts.motion import read_areas
from mcnn.artefacts.pruned import write_pruned
from mcnn.artefacts.shots import read_shots
from mcnn.config.shots import Pruning
from mcnn.logs import logged
from mcnn.shots.prune import prune

params = snakemake.params

with logged(snakemake.log[0]):
    areas = pd.concat([read_areas(path) for path in snakemake.input.masks])
    settings = Pruning(
        min_frames=params.min_frames,
        min_foreground=params.min_foreground,
        max_foreground=params.max_foreground,
        min_confidence=params.min_confidence,
    )
    table = prune(read_shots(snakemake.input.shots), areas, settings)
    write_pruned(table, snakemake.output.pruned)
