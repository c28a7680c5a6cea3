"""Fetch the pretrained weights of a backbone."""

from pathlib import Path

from mcnn.logs import logged
from mcnn.networks.pretrained import fetch_pretrained

with logged(snakemake.log[0]):
    fetch_pretrained(snakemake.wildcards.architecture, Path(snakemake.output.weights))
