"""The files of a run that its report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mcnn.report.colocalization import Localization
from mcnn.report.segmentation import Evaluation, Training


@dataclass(frozen=True)
class RunFiles:
    """The files of a run that its report is made of, by what they are of.

    Attributes
    ----------
    config
        The checked configuration.
    tables
        CSV files by the name of the table: segmentation, table1 to table4, sensitivity,
        image_labels, shots, skipped; those that the run has.
    shots, pruned
        shots.parquet of each dataset, and pruned.csv of each that is trained on.
    images
        images.parquet of each set.
    records, histories
        run.json and history.csv of each training.
    selected
        The lists of selected shots by dataset, experiment and seed.
    ious, confusions
        Of each evaluation.
    examples
        Folders of the pictures of `mcnn.evaluation.examples.draw_examples`.
    latent_labels
        Folders of the pictures of `mcnn.evaluation.latent_labels.draw_latent_labels`, by the last
        training of the chain.
    sheets
        Pictures of localized frames by class.
    predictions
        Folders of the pictures of `mcnn.evaluation.predictions.draw_predictions`.
    benchmarks
        Folder of Snakemake's records of time and memory, a folder per rule.
    """

    config: Path
    tables: Mapping[str, Path]
    shots: Mapping[str, Path]
    pruned: Mapping[str, Path]
    images: Mapping[str, Path]
    records: Mapping[Training, Path]
    histories: Mapping[Training, Path]
    selected: Mapping[tuple[str, str, int], Path]
    ious: Mapping[Evaluation, Path]
    confusions: Mapping[Evaluation, Path]
    examples: Mapping[Evaluation, Path]
    latent_labels: Mapping[Training, Path]
    sheets: Mapping[Localization, Mapping[str, Path]]
    predictions: Mapping[Training, Path]
    benchmarks: Path


def name_of(experiment: str, stage: str, postprocessing: str = "none") -> str:
    """Name of a target as the configuration writes it."""
    ending = "" if postprocessing == "none" else f"/{postprocessing}"
    return f"{experiment}/{stage}{ending}"
