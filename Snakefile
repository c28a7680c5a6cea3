"""M-CNN: tagged videos in, evaluated segmentation networks and the paper's tables out."""

import re
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from mcnn.config.resolve import parse_target, resolve
from mcnn.datasets.shots import read_shots
from mcnn.errors import ConfigError, DataError
from mcnn.provenance import code_fingerprint

min_version("9.9")


configfile: "config.yaml"


try:
    settings = resolve(config)
except ConfigError as error:
    raise WorkflowError(error) from None

RESULTS = f"results/{settings['run']}"
TRAINING = f"{RESULTS}/models/{{experiment}}/seed{{seed}}/{{stage}}"
MODEL = f"{TRAINING}/model.safetensors"
SHOTS = f"{RESULTS}/data/{{dataset}}/shots.parquet"
MASKS = f"{RESULTS}/motion/{{dataset}}/{{video}}.parquet"


include: "rules/common.smk"


wildcard_constraints:
    dataset=one_of(settings["datasets"]),
    images=one_of(settings["images"]),
    experiment=one_of(settings["experiments"]),
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


rule all:
    default_target: True
    input:
        expand(f"{RESULTS}/tables/{{table}}.csv", table=EVALUATIONS),
        SHEETS + rules.table4.output if COLOCALIZED else [],
        f"{RESULTS}/tables/shots.csv",
        f"{RESULTS}/tables/skipped.csv",
        f"{RESULTS}/config.yaml",
