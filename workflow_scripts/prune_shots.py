"""Prune the shots without usable motion."""

from pathlib import Path

import pandas as pd

from mcnn.config.method import Shots
from mcnn.datasets.shots import read_shots
from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.motion.masks import read_areas
from mcnn.shots.prune import prune

with logged(snakemake.log[0]):
    areas = pd.concat([read_areas(path) for path in snakemake.input.masks])
    settings = Shots(**snakemake.params.shots)
    table = prune(read_shots(snakemake.input.shots), areas, settings)
    write_csv(Path(snakemake.output.pruned), table)
