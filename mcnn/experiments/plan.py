"""What a configuration trains, what of it is done, and what the rest will cost."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mcnn.artefacts.run import Run, read_run
from mcnn.config.record import StageRecord
from mcnn.config.settings import Settings
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.paths import Paths
from mcnn.experiments.steps import Step
from mcnn.progress import track

SAME_SETTINGS, SAME_ARCHITECTURE, TIMED = "same settings", "same architecture", "timed"


class _Pace(NamedTuple):
    """What an iteration of a training takes, and who says so: a finished one, or `TIMED`."""

    settings: dict[str, Any]
    architecture: str
    seconds: float
    source: str = SAME_SETTINGS


def plan(settings: Settings, timing: float = 0.0) -> pd.DataFrame:
    """The trainings that the targets need, each after the one that it starts from.

    Parameters
    ----------
    settings
        The configuration; finished trainings are looked for in its run, below the working folder.
    timing
        Seconds for a few updates of each training that nothing else tells the cost of. None is
        begun after that.

    Returns
    -------
    A row per experiment and stage, none twice, with columns experiment, stage, data (the dataset,
    the tagged images), supervision (of either), iterations, start, seeds, done, hours, estimate.
    `done` counts the seeds whose model.safetensors and run.json are there, whether or not a later
    edit asks for a rerun. `hours` is the cost of one seed, NaN where nothing is known, and
    `estimate` says of which finished trainings of the run it is the median: those with the same
    settings, or else, unless updates are timed, those with the same architecture.

    Raises
    ------
    DataError
        If a run.json is broken.
    """
    graph, paths = ExperimentGraph(settings), Paths(settings.run)
    paces = _paces(paths)
    if timing:
        paces += _timed([graph.records[step] for step in graph.needed()], paces, settings, timing)
    rows = []
    for (name, stage), seeds in graph.needed().items():
        record = graph.records[Step(name, stage)]
        pace, estimate = _pace(record, paces)
        folders = [paths.of_training(paths.training, name, stage, seed) for seed in seeds]
        rows.append(
            {
                "experiment": name,
                "stage": stage,
                "data": " + ".join(filter(None, (record.dataset, record.images))),
                "supervision": _supervision(record),
                "iterations": record.stage.iterations,
                "start": record.start or record.network.weights,
                "seeds": len(folders),
                "done": sum(_is_done(folder) for folder in folders),
                "hours": pace * record.stage.iterations / 3600,
                "estimate": estimate,
            }
        )
    return pd.DataFrame(rows)


def totals(table: pd.DataFrame, what: str = "trainings") -> str:
    """One line about a plan: trainings needed, done and missing, and the hours of the latter.

    Parameters
    ----------
    table
        Of `plan`, or of `mcnn.experiments.plan_localizations`.
    what
        The rows are.

    Examples
    --------
    >>> totals(pd.DataFrame({"seeds": [3, 3], "done": [3, 1], "hours": [0.5, 2.0]}))
    '6 trainings needed: 4 done, 2 missing, about 4.00 hours'
    """
    missing = table["seeds"] - table["done"]
    line = (
        f"{table['seeds'].sum()} {what} needed: {table['done'].sum()} done, {missing.sum()} missing"
    )
    if not missing.any():
        return line
    unknown = missing[table["hours"].isna()].sum()
    if unknown == missing.sum():
        return f"{line}, of unknown cost"
    line += f", about {(missing * table['hours']).sum():.2f} hours"
    return f"{line} and {unknown} of unknown cost" if unknown else line


def _supervision(record: StageRecord) -> str:
    of_shots = record.labels.predictor if record.dataset else None
    of_images = record.labels.image_predictor if record.images else None
    return " + ".join(filter(None, (of_shots, of_images)))


def _is_done(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("model.safetensors", "run.json"))


def _paces(paths: Paths) -> list[_Pace]:
    """What the finished trainings of a run took."""
    files = sorted(Path().glob(paths.run.format(experiment="*", seed="*", stage="*")))
    return [_pace_of(read_run(path)) for path in files if _is_done(path.parent)]


def _pace_of(run: Run) -> _Pace:
    settings = run.settings
    seconds = run.seconds / settings.stage.iterations
    return _Pace(_costing(settings.model_dump()), settings.network.architecture, seconds)


def _pace(record: StageRecord, paces: list[_Pace]) -> tuple[float, str]:
    """Seconds per iteration and where they come from.

    The median, because the seconds of a training that was resumed are those since then.
    """
    wanted = _costing_of(record)
    architecture = record.network.architecture
    exact = [pace for pace in paces if pace.settings == wanted]
    alike = {
        SAME_SETTINGS: [pace.seconds for pace in exact if pace.source == SAME_SETTINGS],
        TIMED: [pace.seconds for pace in exact if pace.source == TIMED],
        SAME_ARCHITECTURE: [
            pace.seconds
            for pace in paces
            if pace.architecture == architecture and pace.source == SAME_SETTINGS
        ],
    }
    for estimate, seconds in alike.items():
        if seconds:
            return float(np.median(seconds)), estimate
    return float("nan"), ""


def _timed(
    records: Sequence[StageRecord], known: Sequence[_Pace], settings: Settings, timing: float
) -> list[_Pace]:
    """Paces of the trainings of which none is known; of those that cost the same, of one."""
    from mcnn.experiments.pace import seconds_per_update  # torch: seconds, which few need.

    unknown = [
        record
        for record in records
        if not any(pace.settings == _costing_of(record) for pace in known)
    ]
    seconds: dict[str, float] = {}
    paces = []
    began = time.monotonic()
    for record in track(unknown, len(unknown), "timing updates"):
        key = _work(record).model_dump_json()
        if key not in seconds and time.monotonic() - began < timing:
            frames = settings.shots.frames_per_sample
            seconds[key] = seconds_per_update(record, frames, settings.device, settings.threads)
        if key in seconds:
            architecture = record.network.architecture
            paces.append(_Pace(_costing_of(record), architecture, seconds[key], TIMED))
    return paces


def _work(record: StageRecord) -> StageRecord:
    """A record without what costs nothing: rates, weights of terms, and where it starts."""
    stage = record.stage.model_copy(
        update={"iterations": 1, "learning_rate": 1.0, "step_size": 1, "alpha": 1.0, "warmup": 0}
    )
    return record.model_copy(update={"stage": stage, "start": None})


def _costing_of(record: StageRecord) -> dict[str, Any]:
    return _costing(record.model_dump(mode="json", by_alias=True))


def _costing(settings: Mapping[str, Any]) -> dict[str, Any]:
    """All settings but for the weights that a training starts from."""
    return {key: value for key, value in settings.items() if key != "start"}
