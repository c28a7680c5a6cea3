"""Command line: what people do beside the workflow."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer
import yaml

from mcnn.config.colocalization import Colocalization
from mcnn.config.labels import Labels
from mcnn.config.motion import MotionSegmentation, Preset
from mcnn.config.resolve import load_settings
from mcnn.config.settings import Settings
from mcnn.errors import ConfigError, DataError
from mcnn.label_space import index_of

if TYPE_CHECKING:
    from mcnn.labels.arrays import Network

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

ConfigFiles = Annotated[
    list[Path],
    typer.Option("--configfile", help="YAML files, later ones on top of earlier ones."),
]
DEFAULT_CONFIG = [Path("config.yaml")]


@app.command()
def check_config(configfile: ConfigFiles = DEFAULT_CONFIG) -> None:
    """Check the configuration; say what is wrong with it and what was expected."""
    settings = _settings(configfile)
    typer.echo(f"valid: run {settings.run!r}, {len(settings.targets)} targets")


@app.command()
def plan(
    configfile: ConfigFiles = DEFAULT_CONFIG,
    timing: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds after which no more trainings of unknown cost are timed."
        ),
    ] = 60.0,
) -> None:
    """List the trainings that the targets need, what is done, and how long the others will take."""
    from mcnn.experiments.plan import plan as plan_of
    from mcnn.experiments.plan import totals

    settings = _settings(configfile)
    try:
        table = plan_of(settings, timing)
    except DataError as error:
        typer.echo(f"mcnn: {error}", err=True)
        raise typer.Exit(1) from None
    shown = table.assign(estimate=table["estimate"].replace("", "-"))
    typer.echo(shown.to_string(index=False, na_rep="-", float_format="{:.2f}".format))
    typer.echo(totals(table))


@app.command()
def check_data(configfile: ConfigFiles = DEFAULT_CONFIG) -> None:
    """Say which datasets are there, what is missing, and their counts beside the paper's."""
    from mcnn.experiments.check import check_data, format_report

    rows = check_data(_settings(configfile))
    typer.echo(format_report(rows))
    if not all(row.ok for row in rows):
        raise typer.Exit(1)


@app.command()
def config_schema() -> None:
    """Print the JSON schema of the configuration, for editors."""
    typer.echo(json.dumps(Settings.model_json_schema(by_alias=True), indent=2))


@app.command()
def segment_motion(
    source: Annotated[Path, typer.Argument(metavar="VIDEO_OR_FRAMES")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the masks to.")],
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also a video and a contact sheet to look at.")
    ] = False,
    flow: Annotated[
        Path | None,
        typer.Option(help="Optical flow of one shot: a folder of .flo files or flowShot<k>.mat."),
    ] = None,
    preset: Annotated[Preset, typer.Option(help="Constants of the motion segmentation.")] = (
        "default"
    ),
    threads: Annotated[int, typer.Option(min=1, help="Frames prepared at the same time.")] = 2,
) -> None:
    """Segment what moves in a video file or a folder of frames."""
    from mcnn.motion.to_folder import segment_to_folder

    settings = MotionSegmentation(preset=preset)
    try:
        table = segment_to_folder(
            source, out, settings, flow=flow, overlay=overlay, threads=threads
        )
    except DataError as error:
        typer.echo(f"mcnn: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(table.to_string(index=False, na_rep="-"))
    typer.echo(f"masks are in {out}")


@app.command()
def label(
    source: Annotated[Path, typer.Argument(metavar="VIDEO_OR_FRAMES")],
    masks: Annotated[Path, typer.Option(help="Folder of masks that segment-motion wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the labels to.")],
    model: Annotated[
        Path | None, typer.Option(help="model.safetensors whose predictions count as well.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Class of the video, several times if there are more.")
    ] = None,
    alpha: Annotated[float, typer.Option(min=0, help="Weight of the model.")] = 1.0,
    lambda_: Annotated[
        float, typer.Option("--lambda", min=0, help="Weight of the smoothness of the labels.")
    ] = 50.0,
    frames: Annotated[int, typer.Option(min=1, help="Frames sampled from each shot.")] = 10,
    longer_side: Annotated[
        int, typer.Option(min=16, help="Frames are labelled at this size, in pixels.")
    ] = 480,
    seed: Annotated[int, typer.Option(min=0, help="Of the colour mixtures' start.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Frames labelled at the same time.")] = 2,
) -> None:
    """Infer the labels of a video's objects from motion, colour and, with --model, a network."""
    from mcnn.labels.to_folder import label_to_folder

    try:
        tags, network = _tags_and_network(tag or [], model)
        table = label_to_folder(
            source,
            masks,
            out,
            tags,
            network,
            Labels.model_validate({"lambda": lambda_}),
            alpha=alpha,
            n_frames=frames,
            longer_side=longer_side,
            seed=seed,
            threads=threads,
        )
    except DataError as error:
        typer.echo(f"mcnn: {error}", err=True)
        raise typer.Exit(1) from None
    means = table.groupby("shot", as_index=False).mean(numeric_only=True).drop(columns="frame")
    typer.echo(means.round(4).to_string(index=False, na_rep="-"))
    typer.echo(f"labels are in {out}, a picture in {out / 'labels.jpg'}")


@app.command()
def localize(
    source: Annotated[Path, typer.Argument(metavar="VIDEO_OR_FRAMES")],
    model: Annotated[Path, typer.Option(help="model.safetensors of a training.")],
    tag: Annotated[
        list[str], typer.Option(help="Class to localize, several times if there are more.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the boxes to.")],
    overlay: Annotated[bool, typer.Option("--overlay", help="Also a video to look at.")] = False,
    alpha: Annotated[float, typer.Option(min=0, help="Weight of the model.")] = 1.0,
    lambda_: Annotated[
        float, typer.Option("--lambda", min=0, help="Weight of the smoothness of the outline.")
    ] = 10.0,
    longer_side: Annotated[
        int, typer.Option(min=64, help="Frames are looked at in this size, in pixels.")
    ] = 480,
    superpixels: Annotated[int, typer.Option(min=4, help="Superpixels of a frame.")] = 1500,
    seed: Annotated[int, typer.Option(min=0, help="Of the colour mixtures' start.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Cores.")] = 2,
) -> None:
    """Draw a box around the object of a class in every frame of a video."""
    import torch

    from mcnn.colocalization.to_folder import localize_to_folder

    weights = {"alpha": alpha, "lambda": lambda_}
    sizes = {"longer_side": longer_side, "superpixels": superpixels}
    settings = Colocalization.model_validate(weights | sizes)
    torch.set_num_threads(threads)
    try:
        tags, network = _tags_and_network(tag, model)
        assert network is not None
        table = localize_to_folder(
            source, out, tags, network, settings, seed=seed, overlay=overlay, threads=threads
        )
    except DataError as error:
        typer.echo(f"mcnn: {error}", err=True)
        raise typer.Exit(1) from None
    for name, rows in table.groupby("class"):
        typer.echo(f"{name}: a box in {rows['x0'].notna().sum()} of {len(rows)} frames")
    typer.echo(f"boxes are in {out / 'boxes.csv'}, pictures beside it")


@app.command()
def predict(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT...", help="Images, videos, folders of them.")
    ],
    model: Annotated[Path, typer.Option(help="model.safetensors of a training.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the labels to.")],
    tag: Annotated[
        list[str] | None,
        typer.Option(help="Class that may occur, several times if there are more; else any."),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also pictures, and a video of videos, to look at.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Also the probabilities of all labels.")
    ] = False,
    crf: Annotated[
        bool, typer.Option("--crf", help="Refine the labels by a fully connected CRF.")
    ] = False,
    longer_side: Annotated[
        int,
        typer.Option(min=64, help="The network looks at larger images in this size, in pixels."),
    ] = 500,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="Cores.")] = 2,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Label the pixels of photographs and videos by a trained model."""
    import torch

    from mcnn.prediction.model import load
    from mcnn.prediction.to_folder import predict_to_folder

    torch.set_num_threads(threads)
    try:
        network = load(model, device)
        _refuse_unknown(tag or [], network.classes, model)
        outcome = predict_to_folder(
            inputs,
            network,
            out,
            tags=tag or [],
            crf=crf,
            overlay=overlay,
            probabilities=probabilities,
            longer_side=longer_side,
            force=force,
            threads=threads,
        )
    except DataError as error:
        typer.echo(f"mcnn: {error}", err=True)
        raise typer.Exit(1) from None
    found = ", ".join(f"{name} in {n}" for name, n in outcome.classes.most_common())
    typer.echo(f"{outcome.n_labelled} labelled, {found or 'nothing found'}; labels are in {out}")
    for entry in outcome.skipped:
        typer.echo(f"mcnn: {entry.reason}", err=True)
    if outcome.skipped:
        raise typer.Exit(1)


@app.command()
def workflow() -> None:
    """Print the path of the workflow's Snakefile, to run it in another folder."""
    from mcnn.workflow import snakefile_path

    typer.echo(snakefile_path())


@app.command()
def show(table: Path) -> None:
    """Print a table of results for reading."""
    frame = pd.read_csv(table).dropna(axis="columns", how="all")
    with pd.option_context("display.width", None, "display.max_columns", None):
        typer.echo(frame.to_string(index=False, na_rep="-"))


def _tags_and_network(
    tags: list[str], model: Path | None
) -> "tuple[dict[str, int], Network | None]":
    """Labels by tag, and the network's output as a function of images."""
    names = list(dict.fromkeys(tags))
    if model is None:
        if len(names) > 1:
            raise typer.BadParameter("several tags are told apart by a --model only")
        return dict.fromkeys(names or ["object"], 1), None
    from mcnn.networks.base import pick_device
    from mcnn.networks.scores import predict_probabilities
    from mcnn.networks.weights import load_network

    network, classes = load_network(model)
    if not names:
        raise DataError(model, "no --tag is given", f"name a --tag out of {', '.join(classes)}")
    _refuse_unknown(names, classes, model)
    network.to(pick_device("auto"))
    labels = {name: index_of(classes)[name] for name in names}
    return labels, partial(predict_probabilities, network)


def _refuse_unknown(tags: Sequence[str], classes: Sequence[str], model: Path) -> None:
    unknown = [name for name in tags if name not in classes]
    if unknown:
        problem = f"{unknown[0]!r} is none of its classes"
        raise DataError(model, problem, f"name a --tag out of {', '.join(classes)}")


def _settings(files: list[Path]) -> Settings:
    try:
        config: dict = {}
        for file in files:
            _merge(config, _read(file))
        return load_settings(config)
    except (ConfigError, DataError) as error:
        typer.echo(f"mcnn: {error}", err=True)
        raise typer.Exit(2) from None


def _read(file: Path) -> dict:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(file, "there is no such file", "give --configfile its path") from None
    except yaml.YAMLError as error:
        raise DataError(file, f"is not valid YAML ({error})", "correct it") from None
    if not isinstance(content, dict):
        raise DataError(file, "holds no settings", "write `key: value` lines")
    return content


def _merge(base: dict, changes: dict) -> None:
    """Merge nested dictionaries in place, as Snakemake does with several --configfile."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
