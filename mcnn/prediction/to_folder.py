"""Labels of photographs and videos, to files."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image as Pillow

from mcnn.artefacts.skipped import Skipped
from mcnn.datasets.frames import read_video
from mcnn.datasets.video_files import frames_per_second
from mcnn.errors import DataError
from mcnn.files import atomic, new_folder, read_bytes, write_csv
from mcnn.imaging.decode import decode_image
from mcnn.imaging.drawing import Frame, paint_labels, write_overlay_video
from mcnn.imaging.palette import encode_labels
from mcnn.prediction.ahead import Pool
from mcnn.prediction.inputs import Source, find_sources
from mcnn.prediction.model import Images, Probabilities, SegmentationModel
from mcnn.progress import track

BATCH_PIXELS = 2_000_000
"""Pixels of the images of one size that the network looks at together on an accelerator."""

Predict = Callable[[Images], Probabilities]


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

    def predict(images: Images) -> Probabilities:
        return model.predict_probabilities(images, tags, crf=crf, longer_side=longer_side)

    writer = _Writer(model.classes, overlay, probabilities)
    outcome = Outcome()
    images = [source for source in sources if not source.is_video]
    videos = [source for source in sources if source.is_video]
    on_cpu = _on_cpu(model)
    with _cores(on_cpu and (len(images) > 1 or bool(videos))), Pool(threads) as pool:
        found = chain(
            _label_images(images, predict, writer, pool, 1 if on_cpu else BATCH_PIXELS),
            (_label_video(source, predict, writer, pool) for source in videos),
        )
        for source, result in track(found, len(sources), "labelling"):
            if isinstance(result, DataError):
                outcome.skipped.append(Skipped(str(source.path), str(result)))
            else:
                outcome.n_labelled += 1
                outcome.classes.update(names[k] for k in result if k > 0)
    return outcome


def _on_cpu(model: SegmentationModel) -> bool:
    return model.network.mean.device.type == "cpu"


@contextmanager
def _cores(one_each: bool) -> Iterator[None]:
    """Whether each thread has one core: several images at a time are faster than parts of one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if one_each else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


Result = tuple[Source, "frozenset[int] | DataError"]
"""The labels that were found, or why there are none."""


@dataclass(frozen=True)
class _Writer:
    classes: Sequence[str]
    overlay: bool
    probabilities: bool

    def image(self, target: Path, image: Images, found: Probabilities) -> frozenset[int]:
        """Write the labels of an image or frame, and what else is wanted; the labels found."""
        labels = found.argmax(axis=0).astype(np.uint8)
        if self.probabilities:
            names = np.array(["background", *self.classes])
            with atomic(target.with_suffix(".npz")) as partial, partial.open("wb") as file:
                np.savez_compressed(file, probabilities=found.astype(np.float16), names=names)
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
    sources: Sequence[Source], predict: Predict, writer: _Writer, pool: Pool, batch_pixels: int
) -> Iterator[Result]:
    """Decode ahead, look at neighbours of one size together, several batches at the same time."""

    def decode(source: Source) -> tuple[Source, Images | DataError]:
        try:
            return source, decode_image(read_bytes(source.path), source.path)
        except DataError as error:
            return source, error

    def label(batch: tuple[list[Source], Images | DataError]) -> list[Result]:
        group, images = batch
        if isinstance(images, DataError):
            return [(group[0], images)]
        found = zip(group, images, predict(images), strict=True)
        return [(source, writer.image(source.target, *each)) for source, *each in found]

    batches = _batches(pool.ahead(decode, sources), batch_pixels)
    return chain.from_iterable(pool.ahead(label, batches))


def _batches(
    decoded: Iterator[tuple[Source, Images | DataError]], most_pixels: int
) -> Iterator[tuple[list[Source], Images | DataError]]:
    """Neighbours of one size, as many as have so many pixels; errors by themselves."""
    group: list[Source] = []
    images: list[Images] = []
    for source, image in decoded:
        if isinstance(image, DataError):
            yield [source], image
            continue
        full = images and (1 + len(images)) * image[..., 0].size > most_pixels
        if images and (full or image.shape != images[0].shape):
            yield group, np.stack(images)
            group, images = [], []
        group, images = [*group, source], [*images, image]
    if group:
        yield group, np.stack(images)


def _label_video(source: Source, predict: Predict, writer: _Writer, pool: Pool) -> Result:
    """A folder that appears complete, so that it cannot be taken for a whole video before."""
    found: set[int] = set()
    plain = _Writer(writer.classes, False, writer.probabilities)

    def frames(folder: Path) -> Iterator[Frame]:
        def label(item: tuple[int, Frame]) -> tuple[Frame, frozenset[int]]:
            number, image = item
            (probabilities,) = predict(image[None])
            labels = plain.image(folder / f"{number:08d}.png", image, probabilities)
            return paint_labels(image, probabilities.argmax(axis=0).astype(np.uint8)), labels

        for painted, labels in pool.ahead(label, enumerate(read_video(source.path))):
            found.update(labels)
            yield painted

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
                pool.settle()  # Before the folder goes, which a late frame would make again.
        shutil.rmtree(source.target, ignore_errors=True)
        source.target.with_name(f".{source.target.name}.new").rename(source.target)
    except DataError as error:
        return source, error
    return source, frozenset(found)
