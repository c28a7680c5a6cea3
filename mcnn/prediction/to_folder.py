"""Labels of photographs and videos, to files."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image as Pillow

from mcnn.artefacts.skipped import Skipped
from mcnn.datasets.frames import read_video
from mcnn.datasets.video_files import frames_per_second
from mcnn.errors import DataError
from mcnn.files import atomic, new_folder, read_bytes, write_csv
from mcnn.imaging.decode import decode_image
from mcnn.imaging.drawing import Frame, paint_labels, write_overlay_video
from mcnn.imaging.palette import encode_labels
from mcnn.networks.stream import Stream
from mcnn.prediction.inputs import Source, find_sources
from mcnn.prediction.model import Images, Labels, Probabilities, SegmentationModel
from mcnn.progress import track

Predict = Callable[[Images], "Iterator[tuple[Labels, Probabilities | None]]"]
"""The labels of each image, and their probabilities if they are wanted."""


@dataclass
class Outcome:
    """What came of the inputs.

    Attributes
    ----------
    n_labelled
        Images and videos that have been labelled.
    classes
        In how many of them each class was found.
    skipped
        Those that could not be read, and why.
    """

    n_labelled: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)


def predict_to_folder(
    inputs: Sequence[Path],
    model: SegmentationModel,
    out: Path,
    *,
    tags: Sequence[str] = (),
    crf: bool = False,
    overlay: bool = False,
    probabilities: bool = False,
    longer_side: int | None = None,
    force: bool = False,
    threads: int = 2,
) -> Outcome:
    """Label images and videos.

    Parameters
    ----------
    inputs
        Image files, video files, and folders of both; see `mcnn.prediction.inputs.find_sources`.
    model
        Of `mcnn.prediction.model.load`.
    out
        Folder of the results: `<image>.png` of an image, `<video>/%08d.png` of the frames of a
        video, palette PNGs of labels in the size of the input; and labels.csv, the labels' names.
        Each image and each video appears complete or not at all.
    tags, crf, longer_side
        See `SegmentationModel.predict_probabilities`.
    overlay
        Also `<image>_overlay.jpg`, and `<video>/overlay.mp4`, to look at.
    probabilities
        Also `<image>.npz` and `<video>/%08d.npz`: `probabilities`, ``(n_labels, H, W)`` float16,
        and `names` of the labels.
    force
        Whether to replace what is there.
    threads
        Images or frames that are worked on at the same time.

    Returns
    -------
    What came of it. A file that does not decode is left out and listed.

    Raises
    ------
    DataError
        If an input is missing, or a result is there already; nothing has been written then.
    """
    sources = find_sources(inputs, out)
    if not force:
        _refuse_existing(sources)
    names = model.names()
    listed = out / "labels.csv"
    table = pd.DataFrame({"label": range(len(names)), "name": names})
    if not force and listed.exists() and listed.read_text() != table.to_csv(index=False):
        raise DataError(listed, "it is of another model", "name a new folder, or give --force")
    write_csv(listed, table)

    def predict(images: Images) -> Iterator[tuple[Labels, Probabilities | None]]:
        if not probabilities:
            found = model.predict_label_maps(images, tags, crf=crf, longer_side=longer_side)
            return ((labels, None) for labels in found)
        likely = model.predict_probabilities(images, tags, crf=crf, longer_side=longer_side)
        return ((each.argmax(axis=0).astype(np.uint8), each) for each in likely)

    writer = _Writer(names, overlay)
    outcome = Outcome()
    images = [source for source in sources if not source.is_video]
    videos = [source for source in sources if source.is_video]
    alone = len(images) == 1 and not videos
    with Stream(model.network.mean.device, threads, divided=alone) as stream:
        found = chain(
            _label_images(images, predict, writer, stream),
            (_label_video(source, predict, writer, stream) for source in videos),
        )
        for source, result in track(found, len(sources), "labelling"):
            if isinstance(result, DataError):
                outcome.skipped.append(Skipped(str(source.path), str(result)))
            else:
                outcome.n_labelled += 1
                outcome.classes.update(names[k] for k in result if k > 0)
    return outcome


Result = tuple[Source, "frozenset[int] | DataError"]
"""The labels that were found, or why there are none."""


@dataclass(frozen=True)
class _Writer:
    names: Sequence[str]
    overlay: bool

    def image(
        self, target: Path, image: Images, labels: Labels, probabilities: Probabilities | None
    ) -> frozenset[int]:
        """Write the labels of an image or frame, and what else is wanted; the labels found."""
        if probabilities is not None:
            rounded, names = probabilities.astype(np.float16), np.array(self.names)
            with atomic(target.with_suffix(".npz")) as partial, partial.open("wb") as file:
                np.savez_compressed(file, probabilities=rounded, names=names)
        if self.overlay:
            with atomic(target.with_name(f"{target.stem}_overlay.jpg")) as partial:
                drawn = Pillow.fromarray(paint_labels(image, labels))
                drawn.save(partial, "JPEG", quality=92)
        with atomic(target) as partial:
            partial.write_bytes(encode_labels(labels))
        return frozenset(np.unique(labels).tolist())


def _refuse_existing(sources: Sequence[Source]) -> None:
    for source in sources:
        if source.target.exists():
            raise DataError(
                source.target, "it is there already", "name a new folder, or give --force"
            )


def _label_images(
    sources: Sequence[Source], predict: Predict, writer: _Writer, stream: Stream
) -> Iterator[Result]:
    def read(source: Source) -> tuple[Images, Source]:
        return decode_image(read_bytes(source.path), source.path), source

    def label(images: Images, given: Sequence[Source]) -> Iterator[frozenset[int]]:
        for source, image, found in zip(given, images, predict(images), strict=True):
            yield writer.image(source.target, image, *found)

    return zip(sources, stream.each_or_error(sources, read, label), strict=True)


def _label_video(source: Source, predict: Predict, writer: _Writer, stream: Stream) -> Result:
    """A folder that appears complete, so that it cannot be taken for a whole video before."""
    found: set[int] = set()
    plain = _Writer(writer.names, False)

    def frames(folder: Path) -> Iterator[Frame]:
        def label(images: Images, given: Sequence[int]) -> Iterator[tuple[Frame, frozenset[int]]]:
            for number, image, each in zip(given, images, predict(images), strict=True):
                labels = plain.image(folder / f"{number:08d}.png", image, *each)
                yield paint_labels(image, each[0]) if writer.overlay else image, labels

        numbered = enumerate(read_video(source.path))
        for frame, labels in stream.each(numbered, lambda item: item[::-1], label):
            found.update(labels)
            yield frame

    try:
        with new_folder(source.target.with_name(f".{source.target.name}.new")) as folder:
            try:
                if writer.overlay:
                    rate = frames_per_second(source.path)
                    write_overlay_video(frames(folder), folder / "overlay.mp4", rate)
                else:
                    for _ in frames(folder):
                        pass
            finally:
                stream.pool.settle()  # Before the folder goes, which a late frame would make again.
        shutil.rmtree(source.target, ignore_errors=True)
        source.target.with_name(f".{source.target.name}.new").rename(source.target)
    except DataError as error:
        return source, error
    return source, frozenset(found)
