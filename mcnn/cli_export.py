"""Commands that score and export what the others wrote."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mcnn.commands import finite

Format = Literal["coco", "yolo", "cvat", "label-studio"]
Shape = Literal["mask", "polygon"]


export = typer.Typer(no_args_is_help=True, help="Trained models and masks for other software.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(evaluate)
    app.command()(import_masks)
    app.add_typer(export, name="export")


def evaluate(
    predictions: Annotated[
        Path, typer.Argument(metavar="PRED", help="Folder of label maps, PNGs of indices.")
    ],
    truth: Annotated[
        Path, typer.Argument(metavar="GT", help="Folder of ground truth, as SegmentationClass.")
    ],
    names: Annotated[
        Path | None,
        typer.Option("--list", help="File of the images to score, one a line; else all of GT."),
    ] = None,
    class_: Annotated[
        list[str] | None,
        typer.Option("--class", help="Class to score, several times if there are more; else all."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="CSV file to write.")] = None,
) -> None:
    """Score label maps against ground truth: IoU per class, and its mean."""
    from mcnn.evaluation.label_files import read_list, score_label_files
    from mcnn.files import write_csv

    listed = None if names is None else read_list(names)
    table = score_label_files(predictions, truth, listed, class_ or None)
    if out is not None:
        write_csv(out, table)
    typer.echo(table.to_string(index=False, na_rep="-", float_format="{:.4f}".format))


@export.command("model")
def model_(
    model: Annotated[Path, typer.Argument(help="model.safetensors of a training.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File to write: .onnx, or .pt2 of torch.export.")
    ],
) -> None:
    """Write a trained model, from pixels to labels, for software that knows no mcnn."""
    from mcnn.export.model import export_model

    difference = export_model(model, out)
    typer.echo(f"{out}: probabilities differ by at most {difference:.1e} from the model's")


@export.command()
def masks(
    labels: Annotated[
        Path, typer.Argument(help="Folder that predict, label, localize or segment-motion wrote.")
    ],
    frames: Annotated[
        Path, typer.Argument(metavar="VIDEO_OR_IMAGES", help="What they were written for.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")],
    format_: Annotated[Format, typer.Option("--format", help="Of the annotation tool.")] = "coco",
    shape: Annotated[
        Shape, typer.Option(help="Masks are exact, polygons easy to drag; YOLO has polygons only.")
    ] = "mask",
    tag: Annotated[
        list[str] | None,
        typer.Option(help="Class of label 1, 2, ..., where no table beside the labels says it."),
    ] = None,
    min_pixels: Annotated[int, typer.Option(min=1, help="Leave out smaller objects.")] = 1,
    tolerance: Annotated[
        float,
        typer.Option(
            min=0, callback=finite, help="Most that polygons stray from the outline, in pixels."
        ),
    ] = 1.0,
) -> None:
    """Write label maps and their images for an annotation tool: tagged video in, masks to edit."""
    from mcnn.export.masks_to_folder import export_masks

    count = export_masks(
        labels,
        frames,
        out,
        format_,
        shape=shape,
        tags=tag or [],
        min_pixels=min_pixels,
        tolerance=tolerance,
    )
    typer.echo(f"{count} objects are in {out}, with the images")


def import_masks(
    annotations: Annotated[Path, typer.Argument(help="COCO file that an annotation tool wrote.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder to write to; other masks in it stay.")
    ],
) -> None:
    """Write corrected masks as label maps, which `motion: {format: png}` reads."""
    from mcnn.export.import_coco import import_coco

    count = import_coco(annotations, out)
    typer.echo(f"{count} masks are in {out}")
