"""Command line: what people do beside the workflow.

What a command needs is imported when it runs: `mcnn --help` loads neither pandas nor torch.
"""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcnn import __version__, cli_export
from mcnn.commands import Commands, Configured, finite
from mcnn.config.presets import Preset
from mcnn.errors import DataError
from mcnn.label_space import index_of

if TYPE_CHECKING:
    import pandas as pd

    from mcnn.labels.arrays import Network


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mcnn {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli_export.register(app)

ConfigFiles = Annotated[
    list[Path] | None,
    typer.Option("--configfile", help="YAML files, later ones on top of earlier ones."),
]


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error; at any place.")
    ] = False,
) -> None:
    """Semantic segmentation learned from tagged videos."""


@app.command(cls=Configured)
def check_config(configfile: ConfigFiles = None) -> None:
    """Check the configuration; say what is wrong with it and what was expected."""
    from mcnn.config.files import read_settings

    settings = read_settings(configfile or [])
    typer.echo(f"valid: run {settings.run!r}, {len(settings.targets)} targets")


@app.command(cls=Configured)
def plan(
    configfile: ConfigFiles = None,
    timing: Annotated[
        float,
        typer.Option(
            min=0,
            callback=finite,
            help="Seconds after which nothing more of unknown cost is timed: trainings, then "
            "localizations.",
        ),
    ] = 60.0,
) -> None:
    """List what the targets need, what of it is done, and how long the rest will take."""
    from mcnn.config.files import read_settings
    from mcnn.experiments.plan import plan as plan_of
    from mcnn.experiments.plan import totals
    from mcnn.experiments.plan_localizations import plan_localizations

    settings = read_settings(configfile or [])
    table = plan_of(settings, timing)
    _show(table.assign(estimate=table["estimate"].replace("", "-")))
    typer.echo(totals(table))
    localizations = plan_localizations(settings, timing)
    if len(localizations):
        typer.echo()
        frames = localizations["frames"].map("{:.0f}".format, na_action="ignore")
        _show(localizations.assign(frames=frames))
        typer.echo(totals(localizations, "localizations"))


def _show(rows: "pd.DataFrame") -> None:
    typer.echo(rows.to_string(index=False, na_rep="-", float_format="{:.2f}".format))


@app.command(cls=Configured)
def check_data(configfile: ConfigFiles = None) -> None:
    """Say which datasets are there, what is missing, and their counts beside the paper's."""
    from mcnn.config.files import read_settings
    from mcnn.experiments.check import check_data, format_report

    rows = check_data(read_settings(configfile or []))
    typer.echo(format_report(rows))
    if not all(row.ok for row in rows):
        raise typer.Exit(1)


@app.command()
def config_schema() -> None:
    """Print the JSON schema of the configuration, for editors."""
    from mcnn.config.settings import Settings

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
    from mcnn.config.motion import MotionSegmentation
    from mcnn.motion.to_folder import segment_to_folder

    settings = MotionSegmentation(preset=preset)
    table = segment_to_folder(source, out, settings, flow=flow, overlay=overlay, threads=threads)
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
    alpha: Annotated[
        float, typer.Option(min=0, callback=finite, help="Weight of the model.")
    ] = 1.0,
    lambda_: Annotated[
        float,
        typer.Option(
            "--lambda", min=0, callback=finite, help="Weight of the smoothness of the labels."
        ),
    ] = 50.0,
    frames: Annotated[int, typer.Option(min=1, help="Frames sampled from each shot.")] = 10,
    longer_side: Annotated[
        int, typer.Option(min=16, help="Frames are labelled at this size, in pixels.")
    ] = 480,
    seed: Annotated[int, typer.Option(min=0, help="Of the colour mixtures' start.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Frames labelled at the same time.")] = 2,
) -> None:
    """Infer the labels of a video's objects from motion, colour and, with --model, a network."""
    from mcnn.config.labels import Labels
    from mcnn.labels.to_folder import label_to_folder

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
    alpha: Annotated[
        float, typer.Option(min=0, callback=finite, help="Weight of the model.")
    ] = 1.0,
    lambda_: Annotated[
        float,
        typer.Option(
            "--lambda", min=0, callback=finite, help="Weight of the smoothness of the outline."
        ),
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
    from mcnn.config.colocalization import Colocalization
    from mcnn.networks.base import pick_device

    weights = {"alpha": alpha, "lambda": lambda_}
    sizes = {"longer_side": longer_side, "superpixels": superpixels}
    settings = Colocalization.model_validate(weights | sizes)
    torch.set_num_threads(threads)
    tags, network = _tags_and_network(tag, model)
    assert network is not None
    on_cpu = pick_device("auto").type == "cpu"
    table = localize_to_folder(
        *(source, out, tags, network, settings),
        seed=seed,
        overlay=overlay,
        threads=threads,
        on_cpu=on_cpu,
    )
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
    import pandas as pd

    try:
        frame = pd.read_csv(table).dropna(axis="columns", how="all")
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors.
        what = " ".join(str(error).split())
        problem = f"it is no table ({what})"
        raise DataError(table, problem, "give the path of a .csv file") from error
    with pd.option_context("display.width", None, "display.max_columns", None):
        typer.echo(frame.to_string(index=False, na_rep="-"))


@app.command()
def summary(run: Path) -> None:
    """Print the headline of a run, given the folder of its results, and where its report is."""
    from mcnn.report.summary import summary as lines_of

    for line in lines_of(run):
        typer.echo(line)


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
