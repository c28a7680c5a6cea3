"""Render the world of the demo."""

from mcnn.config.demo import Demo
from mcnn.demo.render import render_world
from mcnn.logs import logged

# The guard is for the worker processes, which import this file again.
if __name__ == "__main__":
    with logged(snakemake.log[0]):
        render_world(Demo(**snakemake.params.demo), n_jobs=snakemake.threads)
