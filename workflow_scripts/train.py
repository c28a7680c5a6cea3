"""Train one stage of an experiment."""

from pathlib import Path

from mcnn.config.record import StageRecord
from mcnn.logs import logged
from mcnn.training.stage import StageInputs, train_stage

# Optional inputs that are absent or empty are None.
given = {name: Path(path) for name, path in snakemake.input.items() if path}

with logged(snakemake.log[0]):
    train_stage(
        StageInputs(**given),
        Path(snakemake.output.model).parent,
        StageRecord(**snakemake.params.record),
        seed=int(snakemake.wildcards.seed),
        device=snakemake.config["device"],
        threads=snakemake.threads,
        code=snakemake.params.code,
        features_mb=snakemake.resources.mem_mb // 4,
        **snakemake.config["checkpoints"][snakemake.wildcards.experiment],
    )
