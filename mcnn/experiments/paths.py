"""Where each artefact of a run lies, below results/<run>/."""

import os
from pathlib import Path

from mcnn.errors import ConfigError

RESULTS = "results"


class Paths:
    """Paths of a run; what is in braces stands for the name of a dataset, a video, a stage ....

    Parameters
    ----------
    run
        Name of the run.

    Examples
    --------
    >>> paths = Paths("demo")
    >>> paths.model.format(experiment="m-cnn", seed=0, stage="initial")
    'results/demo/models/m-cnn/seed0/initial/model.safetensors'
    """

    def __init__(self, run: str) -> None:
        root = f"{RESULTS}/{run}"
        of_dataset, of_images = f"{root}/data/{{dataset}}", f"{root}/data/{{images}}"
        of_training = "{experiment}/seed{seed}/{stage}"
        self.root = root
        self.config = f"{root}/config.yaml"
        self.logs = f"{root}/logs"

        self.split = f"{of_dataset}/splits/{{video}}.csv"
        self.shots = f"{of_dataset}/shots.parquet"
        self.skipped_shots = f"{of_dataset}/skipped.csv"
        self.annotations = f"{of_dataset}/annotations.csv"
        self.skipped_annotations = f"{of_dataset}/skipped_annotations.csv"
        self.images = f"{of_images}/images.parquet"
        self.skipped_images = f"{of_images}/skipped_images.csv"

        self.motion = f"{root}/motion/{{dataset}}/{{video}}.parquet"
        self.pruned = f"{root}/shots/{{dataset}}/pruned.csv"
        self.selected = f"{root}/shots/{{dataset}}/selected/{{experiment}}/seed{{seed}}.csv"
        self.samples = f"{root}/samples/{{dataset}}.parquet"
        self.skipped_samples = f"{root}/samples/{{dataset}}_skipped.csv"

        self.training = f"{root}/models/{of_training}"
        self.model = f"{self.training}/model.safetensors"
        self.initial_model = self.model.replace("{stage}", "initial")
        self.history = f"{self.training}/history.csv"
        self.run = f"{self.training}/run.json"
        self.checkpoint = f"{self.training}/checkpoint.pt"

        self.evaluation = f"{root}/evaluation/{of_training}"
        self.iou = f"{self.evaluation}/iou.csv"
        self.confusion = f"{self.evaluation}/confusion.csv"
        self.image_iou = f"{self.evaluation}/image_iou.csv"
        self.iou_dense_crf = f"{self.evaluation}/dense_crf/iou.csv"
        self.confusion_dense_crf = f"{self.evaluation}/dense_crf/confusion.csv"
        self.image_iou_dense_crf = f"{self.evaluation}/dense_crf/image_iou.csv"
        self.voc_archive = f"{self.evaluation}/{{images}}.tgz"

        self.colocalization = f"{root}/colocalization/{of_training}/{{dataset}}"
        self.localized = f"{self.colocalization}/videos/{{video}}.parquet"
        self.skipped_localized = f"{self.colocalization}/videos/{{video}}_skipped.csv"
        self.boxes = f"{self.colocalization}/boxes.csv"
        self.coco = f"{self.colocalization}/boxes.json"
        self.corloc = f"{self.colocalization}/corloc.csv"
        self.sheet = f"{self.colocalization}/{{name}}.jpg"
        self.predictions = f"{root}/predictions/{{experiment}}/seed{{seed}}/{{stage}}"
        self.predictions_digests = f"{self.predictions}.sha256"
        self.superpixels = f"{root}/colocalization/superpixels/{{dataset}}/{{video}}.parquet"
        self.motion_boxes = f"{root}/colocalization/motion/{{dataset}}/boxes.csv"
        self.motion_corloc = f"{root}/colocalization/motion/{{dataset}}/corloc.csv"

        self.examples = f"{root}/figures/segmentations/{of_training}/{{postprocessing}}"
        self.examples_digests = f"{self.examples}.sha256"
        self.latent_labels = f"{root}/figures/latent_labels/{of_training}"
        self.latent_labels_digests = f"{self.latent_labels}.sha256"
        self.exported_labels = f"{root}/latent_labels/{of_training}"
        self.report = f"{root}/report.html"
        self.benchmarks = f"{root}/benchmarks"

        self.table = f"{root}/tables/{{table}}.csv"
        self.shots_table = f"{root}/tables/shots.csv"
        self.skipped_table = f"{root}/tables/skipped.csv"

    def refuse_files_for_folders(self) -> None:
        """Refuse a file where a folder of the run has to be; Snakemake would end in a traceback.

        Raises
        ------
        ConfigError
            Naming the first such file.
        """
        for folder in (RESULTS, self.root, self.logs):
            if os.path.lexists(folder) and not os.path.isdir(folder):
                raise ConfigError(
                    f"{folder}: a file lies where a folder of the run {self.root!r} has to be. "
                    "Remedy: move it away, or give the run another name."
                )

    def of_training(self, pattern: str, experiment: str, stage: str, seed: int) -> Path:
        """The artefact of a training; `pattern` is one of these paths."""
        return Path(pattern.format(experiment=experiment, stage=stage, seed=seed))


def pretrained_weights(architecture: str) -> str:
    """Where the downloaded weights of a backbone lie, for all runs."""
    return f"resources/weights/{architecture}.safetensors"
