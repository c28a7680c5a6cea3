"""The report of a run: one HTML file that needs nothing else."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mcnn.artefacts.pictures import EXAMPLES, LATENT, read_pictures
from mcnn.files import write_text
from mcnn.imaging.drawing import colours
from mcnn.report import data, results, trainings
from mcnn.report.embedded import Budget, Picture
from mcnn.report.run_files import RunFiles, name_of
from mcnn.report.templates import template_files

PICTURE_BYTES = 3_000_000
"""After these a section shows no further target's pictures; up to three sections have some."""


class Album(NamedTuple):
    """Pictures of a target in groups, or the folder to find them in where the page has no room."""

    name: str
    groups: list[tuple[str, list[Picture]]]
    folder: str
    legend: list[tuple[str, str]]


def write_report(files: RunFiles, output: Path) -> None:
    """Write the report of a run.

    Parameters
    ----------
    files
        What it is made of. Sections whose files the run does not have are left out.
    output
        The HTML file.

    Raises
    ------
    DataError
        If a file is missing or broken.
    """
    text = files.config.read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    environment = Environment(
        loader=PackageLoader("mcnn.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    _, css, js = (path.read_text(encoding="utf-8") for path in template_files())
    page = environment.get_template("report.html").render(
        run=config["run"],
        rendered=config["demo"]["enabled"],
        seeds=config["seeds"],
        css=Markup(css),
        js=Markup(js),
        config=text,
        safe=Markup,
        datasets=data.datasets(files, config),
        image_sets=data.image_sets(files, config),
        headline=results.headline(files),
        papers_data=results.on_the_papers_data(files),
        examples=list(_examples(files, config)),
        latent=list(_latent_labels(files, config)),
        corloc=results.corloc(files),
        sheets=list(_sheets(files)),
        predictions=list(_predictions(files)),
        by_class=list(results.by_class(files)),
        confusions=list(results.confusions(files)),
        sensitivity=results.sensitivity(files),
        paper=list(results.paper_grids(files)),
        curves=list(trainings.learning_curves(files)),
        funnels=data.funnels(files),
        shots=data.shots_by_class(files),
        dropped=list(data.dropped_shots(files)),
        selected=list(data.selected_shots(files)),
        skipped=data.skipped(files),
        benchmarks=trainings.benchmarks(files),
        durations=trainings.durations(files),
        versions=trainings.versions(files),
    )
    write_text(output, page)


def _examples(files: RunFiles, config: Mapping[str, Any]) -> Iterator[Album]:
    budget = Budget(PICTURE_BYTES)
    for (experiment, stage, seed, postprocessing), folder in files.examples.items():
        table = read_pictures(folder, EXAMPLES)
        name = name_of(experiment, stage, postprocessing)
        groups: dict[str, list[Picture]] = {}
        if budget.left > 0:
            for row in table.to_dict("records"):
                caption = f"{row['rank']}: IoU {100 * row['iou']:.0f}, {row['image']}"
                text = (
                    f"{row['image']}, the {row['rank']} image of the class {row['class']}: image, "
                    f"segmentation by {name} with an IoU of {100 * row['iou']:.0f} %, truth"
                )
                picture = budget.embed(folder / row["file"], text, caption, 720)
                groups.setdefault(row["class"], []).append(picture)
        title = f"{name}, seed {seed}"
        yield Album(title, list(groups.items()), str(folder), _legend(config, experiment))


def _latent_labels(files: RunFiles, config: Mapping[str, Any]) -> Iterator[Album]:
    budget = Budget(PICTURE_BYTES)
    for (experiment, stage, seed), folder in files.latent_labels.items():
        table = read_pictures(folder, LATENT)
        groups: dict[str, list[Picture]] = {}
        if budget.left > 0:
            for row in table.to_dict("records"):
                shot = f"{row['video']}, shot {row['shot']}"
                text = f"{row['column']}: a frame of {shot}, tagged {row['class']}"
                picture = budget.embed(folder / row["file"], text, row["column"], 240)
                key = f"{row['class']}: {shot}, frame {row['row'] + 1}"
                groups.setdefault(key, []).append(picture)
        title = f"{name_of(experiment, stage)}, seed {seed}"
        yield Album(title, list(groups.items()), str(folder), _legend(config, experiment))


def _sheets(files: RunFiles) -> Iterator[Album]:
    budget = Budget(PICTURE_BYTES)
    for (experiment, stage, seed, dataset), sheets in files.sheets.items():
        name = f"{name_of(experiment, stage)} on {dataset}, seed {seed}"
        text = f"Frames of {dataset} tagged {{}}: truth, motion masks, and what was found"
        shown = list(sheets.items()) if budget.left > 0 else []
        pictures = [budget.embed(path, text.format(each), each, 960) for each, path in shown]
        folder = str(next(iter(sheets.values())).parent)
        yield Album(name, [("", pictures)] if pictures else [], folder, [])


def _predictions(files: RunFiles) -> Iterator[Album]:
    budget = Budget(PICTURE_BYTES)
    for (experiment, stage, seed), folder in files.predictions.items():
        name = f"{name_of(experiment, stage)}, seed {seed}"
        shown = sorted(folder.glob("*.jpg")) if budget.left > 0 else []
        pictures = [
            budget.embed(path, f"Frames tagged {path.stem} and what {name} sees", path.stem, 1280)
            for path in shown
        ]
        yield Album(name, [("", pictures)] if pictures else [], str(folder), [])


def _legend(config: Mapping[str, Any], experiment: str) -> list[tuple[str, str]]:
    """Names of the labels and the colours that they are painted in."""
    classes = config["experiments"][experiment]["classes"] or config["classes"]
    shown = zip(classes, colours(len(classes)), strict=True)
    return [(name, "#{:02x}{:02x}{:02x}".format(*colour)) for name, colour in shown]
