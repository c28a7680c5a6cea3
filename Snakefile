"""M-CNN: tagged videos in, evaluated segmentation networks and the paper's tables out."""

from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from mcnn.config.resolve import load_settings, plain, shaping
from mcnn.errors import ConfigError
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.paths import Paths

min_version("9.9")


configfile: "config.yaml"


try:
    settings = load_settings(config)
    paths = Paths(settings.run)
    paths.refuse_files_for_folders()
except ConfigError as error:
    raise WorkflowError(error) from None

# From here on, and in the scripts, `config` is the checked configuration, defaults included.
config.update(plain(settings))
graph = ExperimentGraph(settings)


include: "rules/common.smk"


# `resources: gpu: 1` of the local profile limits the jobs of one machine, not those of a cluster.
resource_scopes:
    gpu="local",


wildcard_constraints:
    dataset=one_of(settings.datasets),
    images=one_of(settings.images),
    experiment=one_of(settings.experiments),
    stage="initial|finetuned|joint",
    seed=r"\d+",
    video=r"[A-Za-z0-9_.-]+",


include: "rules/demo.smk"
include: "rules/datasets.smk"
include: "rules/motion.smk"
include: "rules/shots.smk"
include: "rules/pretrained.smk"
include: "rules/initial_training.smk"
include: "rules/selection.smk"
include: "rules/fine_tuning.smk"
include: "rules/joint_training.smk"
include: "rules/evaluation.smk"
include: "rules/colocalization.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        expand(paths.table, table=graph.tables()),
        rules.table4.output if graph.localizations() else [],
        paths.report,


onsuccess:
    forget_finished()
