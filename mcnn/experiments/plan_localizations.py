"""What a configuration localizes, and what that will cost."""

import time
from pathlib import Path

import pandas as pd

from mcnn.artefacts.annotations import read_annotations
from mcnn.artefacts.shots import read_shots
from mcnn.colocalization.frames import frames_to_localize
from mcnn.config.record import StageRecord
from mcnn.config.settings import Settings
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.paths import Paths
from mcnn.experiments.steps import Step
from mcnn.progress import track


def plan_localizations(settings: Settings, timing: float = 0.0) -> pd.DataFrame:
    """The models that localize, on how many frames, and the hours that it takes.

    Parameters
    ----------
    settings
        The configuration; the lists of shots and annotations are looked for in its run, below the
        working folder.
    timing
        Seconds for a few frames of each architecture. None is begun after that.

    Returns
    -------
    A row per target of the co-localization with columns experiment, stage, dataset, frames, seeds,
    done, frame_seconds, hours. `frames` is NaN as long as the dataset has not been listed, `hours`
    is the cost of one seed, NaN where anything is unknown. `done` counts the seeds whose boxes are
    scored, whether or not a later edit asks for a rerun.

    Raises
    ------
    DataError
        If a list is broken.
    """
    graph, paths = ExperimentGraph(settings), Paths(settings.run)
    targets = graph.localizing_targets()
    records = [graph.records[Step(target.experiment, target.stage)] for target in targets]
    paces = _paces(records, settings, timing)
    rows = []
    for target, record in zip(targets, records, strict=True):
        seeds = settings.seeds_of_experiment(target.experiment)
        frames, pace = _n_frames(target.dataset, settings, paths), paces.get(_network(record))
        seconds = float("nan") if pace is None else pace
        scored = [paths.corloc.format(**target._asdict(), seed=seed) for seed in seeds]
        rows.append(
            {
                **target._asdict(),
                "frames": frames,
                "seeds": len(seeds),
                "done": sum(Path(path).is_file() for path in scored),
                "frame_seconds": seconds,
                "hours": frames * seconds / 3600,
            }
        )
    return pd.DataFrame(rows)


def _n_frames(dataset: str, settings: Settings, paths: Paths) -> float:
    """Frames of a dataset that are localized; NaN if that is not known yet."""
    shots = Path(paths.shots.format(dataset=dataset))
    annotations = Path(paths.annotations.format(dataset=dataset))
    annotated = settings.colocalization.frames == "annotated"
    if not shots.is_file() or (annotated and not annotations.is_file()):
        return float("nan")
    chosen = read_annotations(annotations) if annotated else None
    return sum(len(numbers) for _, numbers in frames_to_localize(read_shots(shots), chosen))


def _paces(records: list[StageRecord], settings: Settings, timing: float) -> dict[str, float]:
    """Seconds a frame of each network, of as many as there is time for."""
    by_network = {_network(record): record for record in records}
    paces: dict[str, float] = {}
    began = time.monotonic()
    for key, record in track(by_network.items(), len(by_network), "timing localizations"):
        if timing and time.monotonic() - began < timing:
            from mcnn.experiments.pace import seconds_per_frame  # torch: seconds.

            paces[key] = seconds_per_frame(record, settings)
    return paces


def _network(record: StageRecord) -> str:
    return record.network.model_dump_json()
