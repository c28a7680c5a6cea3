"""From localized videos to the results of a dataset: boxes and CorLoc."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mcnn.artefacts.annotations import read_annotations
from mcnn.artefacts.localized import boxes_of, read_localized, write_coco
from mcnn.artefacts.motion import files_of_videos
from mcnn.artefacts.scores import write_corloc
from mcnn.colocalization.motion_boxes import motion_boxes
from mcnn.config.colocalization import Rule
from mcnn.evaluation.corloc import corloc
from mcnn.files import write_csv


def score_videos(
    localized: Iterable[Path],
    annotations: Path,
    classes: Sequence[str],
    rule: Rule,
    output: Path,
) -> None:
    """Write boxes.csv, boxes.json (COCO) and corloc.csv of the videos of a dataset.

    Parameters
    ----------
    localized
        Artefacts of `mcnn.colocalization.localize.localize_videos`.
    annotations
        CSV of the ground truth.
    classes
        The run's.
    rule
        See `mcnn.evaluation.corloc.corloc`.
    output
        Folder of the three files.
    """
    table = read_localized(localized)
    boxes = boxes_of(table)
    write_csv(output / "boxes.csv", boxes)
    write_coco(table, classes, output / "boxes.json")
    scores = corloc(boxes, read_annotations(annotations), classes, rule)
    write_corloc(scores, output / "corloc.csv")


def score_motion(
    masks: Iterable[Path], annotations: Path, classes: Sequence[str], rule: Rule, output: Path
) -> None:
    """Write boxes.csv and corloc.csv of the motion masks of a dataset; see `score_videos`."""
    truth = read_annotations(annotations)
    boxes = motion_boxes(truth, files_of_videos(masks))
    write_csv(output / "boxes.csv", boxes)
    write_corloc(corloc(boxes, truth, classes, rule), output / "corloc.csv")
