"""Sections of the report about trainings: learning curves, time and memory, versions."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mcnn.artefacts.run import read_run
from mcnn.report.cells import Grid, grid_of
from mcnn.report.charts import binned, curves
from mcnn.report.results import Chart
from mcnn.report.run_files import RunFiles, name_of

QUANTITIES = {
    "loss": "loss",
    "agreement": "agreement of labels and motion masks",
}


def learning_curves(files: RunFiles) -> Iterator[Chart]:
    """Loss, and agreement of the labels with the motion masks, of each step, a line per seed."""
    steps: dict[str, dict[int, pd.DataFrame]] = {}
    for (experiment, stage, seed), path in files.histories.items():
        table = pd.read_csv(path).set_index("iteration")
        steps.setdefault(name_of(experiment, stage), {})[seed] = table
    for name, tables in steps.items():
        for column, meaning in QUANTITIES.items():
            series = {
                f"seed {seed}": binned(table[column])
                for seed, table in tables.items()
                if table[column].notna().any()
            }
            if series:
                text = ", ".join(
                    f"{seed} from {ys[0]:.2f} to {ys[-1]:.2f}" for seed, (_, ys) in series.items()
                )
                chart = curves(f"{name} {column}", series, "iteration", column)
                yield Chart(f"{name}: {meaning}", chart, text)


def durations(files: RunFiles) -> Grid | None:
    """How long the trainings took."""
    rows: dict[str, list[tuple[int, float]]] = {}
    devices: dict[str, set[str]] = {}
    for (experiment, stage, _), path in files.records.items():
        run = read_run(path)
        name = name_of(experiment, stage)
        rows.setdefault(name, []).append((run.settings.stage.iterations, run.seconds))
        devices.setdefault(name, set()).add(f"{run.device}, threads: {run.threads}")
    table = pd.DataFrame(
        {
            "training": list(rows),
            "on": ["; ".join(sorted(devices[name])) for name in rows],
            "seeds": [len(found) for found in rows.values()],
            "iterations": [found[0][0] for found in rows.values()],
            "minutes": [_pair([s / 60 for _, s in found]) for found in rows.values()],
        }
    )
    return grid_of("Minutes of a training, since its last start", table) if rows else None


def benchmarks(files: RunFiles) -> Grid | None:
    """Time and memory of the jobs of each rule, as Snakemake measured them."""
    rows = []
    for folder in sorted(path for path in files.benchmarks.glob("*") if path.is_dir()):
        jobs = [pd.read_csv(path, sep="\t") for path in sorted(folder.rglob("*.tsv"))]
        if jobs:
            table = pd.concat(jobs)
            memory = pd.to_numeric(table["max_rss"], errors="coerce")
            rows.append(
                {
                    "rule": folder.name,
                    "jobs": len(jobs),
                    "minutes in all": table["s"].sum() / 60,
                    "longest job, minutes": table["s"].max() / 60,
                    "most memory, MB": memory.max(),
                }
            )
    if not rows:
        return None
    found = pd.DataFrame(rows).sort_values("minutes in all", ascending=False)
    return grid_of("Time and memory of each rule's jobs", found, {"most memory, MB": 0})


def versions(files: RunFiles) -> Grid | None:
    """Versions of what shaped the weights; several where the trainings differ."""
    found: dict[str, dict[str, None]] = {}
    for path in files.records.values():
        for name, version in read_run(path).versions.items():
            found.setdefault(name, {})[version] = None
    table = pd.DataFrame(
        [(name, ", ".join(each)) for name, each in found.items()], columns=["library", "version"]
    )
    return grid_of("Versions that the trainings ran with", table) if found else None


def _pair(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
