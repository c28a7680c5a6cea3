"""Builders of small trees in the official layouts."""

import io
import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import h5py
import numpy as np
import scipy.io
from PIL import Image

Ranges = Sequence[tuple[int, int, int]]
"""First frame, last frame (inclusive), video: a shot each."""

SIZE = (24, 32)
"""Height and width of frames and images."""

VOC_PALETTE_COLOURS = 256


def picture(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A smooth RGB picture that differs from seed to seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (3, 4, 3)).astype(np.uint8)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)


def write_image(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def truncate(path: Path, share: float = 0.6) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def save_mat(path: Path, name: str, value: np.ndarray | Sequence[np.ndarray], v73: bool) -> Path:
    """Write a matrix, or a sequence of matrices as a 1 x N cell array."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if v73:
        _save_v73(path, name, value)
        return path
    if not isinstance(value, np.ndarray):
        cells = np.empty((1, len(value)), dtype=object)
        for i, cell in enumerate(value):
            cells[0, i] = cell
        value = cells
    scipy.io.savemat(str(path), {name: value})
    return path


def _save_v73(path: Path, name: str, value: np.ndarray | Sequence[np.ndarray]) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        if isinstance(value, np.ndarray):
            file[name] = value.T
        else:
            references = np.empty((1, len(value)), dtype=h5py.ref_dtype)
            for i, cell in enumerate(value):
                references[0, i] = file.create_dataset(f"#refs#/{i}", data=cell.T).ref
            file.create_dataset(name, data=references)
            file[name].attrs["MATLAB_class"] = np.bytes_(b"cell")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def youtube_objects(
    root: Path,
    ranges: Mapping[str, Ranges],
    *,
    v73: bool = False,
    below: str = "",
    empty: bool = False,
) -> Path:
    """Frames and ranges; `below` is ``videos`` in the other way to unpack it."""
    for name, shots in ranges.items():
        matrix = np.array(shots, dtype=float).reshape(-1, 3).T
        save_mat(root / "Ranges" / f"ranges_{name}.mat", "ranges", matrix, v73)
        folder = root / below / name
        folder.mkdir(parents=True, exist_ok=True)
        for frame in sorted({i for first, last, _ in shots for i in range(first, last + 1)}):
            path = folder / f"{frame:08d}.jpg"
            if empty:
                path.touch()
            else:
                write_image(path, picture(frame))
    return root


def imagenet_vid(
    root: Path,
    snippets: Mapping[str, Sequence[Sequence[str]]],
    *,
    lists: Mapping[int, str] | None = None,
    xml: bool = True,
) -> Path:
    """Training snippets.

    `snippets` maps ``<batch>/<snippet>`` to the WordNet ids of each frame's objects; `lists`
    maps the number of a class to its WordNet id, for each of which a list is written.
    """
    listed: dict[str, set[str]] = {}
    for snippet, frames in snippets.items():
        data = root / "Data" / "VID" / "train" / snippet
        data.mkdir(parents=True)
        listed[snippet] = {synset for frame in frames for synset in frame}
        for i, synsets in enumerate(frames):
            write_jpeg(data / f"{i:06d}.JPEG", picture(i))
            if xml:
                path = root / "Annotations" / "VID" / "train" / snippet / f"{i:06d}.xml"
                write_annotation(path, synsets)
    for number, synset in (lists or {}).items():
        path = root / "ImageSets" / "VID" / f"train_{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{snippet} 1\n" for snippet, present in listed.items() if synset in present]
        path.write_text("".join(lines))
    return root


def write_jpeg(path: Path, pixels: np.ndarray) -> None:
    """JPEG whatever the suffix."""
    Image.fromarray(pixels).save(path, format="JPEG")


def write_annotation(path: Path, names: Iterable[str], size: tuple[int, int] = SIZE) -> Path:
    """Annotation in the format that VOC and ImageNet-VID share."""
    path.parent.mkdir(parents=True, exist_ok=True)
    objects = "".join(
        f"<object><name>{name}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax>"
        "<ymax>9</ymax></bndbox></object>"
        for name in names
    )
    size_xml = f"<size><width>{size[1]}</width><height>{size[0]}</height></size>"
    path.write_text(f"<annotation><filename>{path.stem}</filename>{size_xml}{objects}</annotation>")
    return path


def pascal_voc(
    root: Path,
    splits: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    masks: Mapping[str, np.ndarray] | None = None,
    empty: bool = False,
) -> Path:
    """VOC2012 with Annotations; `splits` maps a list to its images and their tags."""
    for folder in ("Annotations", "JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for split, images in splits.items():
        names = "".join(f"{name}\n" for name in images)
        (root / "ImageSets" / "Segmentation" / f"{split}.txt").write_text(names)
        for seed, (name, tags) in enumerate(images.items()):
            path = root / "JPEGImages" / f"{name}.jpg"
            if empty:
                path.touch()
            else:
                write_image(path, picture(seed))
            if split != "test":
                write_annotation(root / "Annotations" / f"{name}.xml", tags)
    for name, indices in (masks or {}).items():
        write_palette_mask(root / "SegmentationClass" / f"{name}.png", indices)
    return root


def write_palette_mask(path: Path, indices: np.ndarray) -> Path:
    """Palette PNG whose colours tell nothing about the indices' order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(indices.astype(np.uint8))
    colours = np.random.default_rng(0).permutation(VOC_PALETTE_COLOURS * 3) % 256
    image.putpalette(colours.astype(np.uint8).tobytes())
    image.save(path)
    return path


def write_video(
    path: Path, frames: Sequence[np.ndarray], codec: str = "mp4v", rotate: bool = False
) -> Path:
    """A video file; `rotate` marks an mp4 file as turned by 90 degrees."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 10, (width, height))
    assert writer.isOpened(), codec
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[:, :, ::-1]))
    writer.release()
    return turn_mp4(path, (0, 1, -1, 0)) if rotate else path


def turn_mp4(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Give an mp4 file a display matrix, of which these are the upper left numbers."""
    data = bytearray(path.read_bytes())
    # It is the last but two of the fields of the track header.
    start = data.index(b"tkhd") + 44
    a, b, c, d = (number << 16 for number in matrix)
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def write_coded(
    path: Path,
    frames: Sequence[np.ndarray],
    codec: str,
    pixels: str = "yuv420p",
    *,
    times: Sequence[int] = (),
    options: Mapping[str, str] | None = None,
    title: str = "",
) -> Path:
    """A video file of a codec and a pixel format of FFmpeg; `times` of its frames are in ms."""
    # By itself, FFmpeg writes random numbers to Matroska files.
    with _own_priority(), av.open(str(path), "w", options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream(codec, rate=10, options=dict(options or {}))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = Fraction(1, 1000)
        file.metadata["title"] = title
        for i, frame in enumerate(frames):
            coded = av.VideoFrame.from_ndarray(frame)
            coded.pts, coded.time_base = times[i] if times else 100 * i, Fraction(1, 1000)
            file.mux(stream.encode(coded))
        file.mux(stream.encode(None))
    return path


@contextmanager
def _own_priority() -> Iterator[None]:
    """Undo what SVT-AV1 does as root: the thread stays in real time, which starves torch's."""
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def block_mask(size: tuple[int, int] = SIZE, shift: int = 0) -> np.ndarray:
    """A rectangle of foreground, off the middle so that mirrored or transposed masks differ."""
    mask = np.zeros(size, dtype=bool)
    mask[2 : size[0] // 2, 3 + shift : size[1] // 2 + shift] = True
    return mask


def write_avi(path: Path, images: Sequence[bytes], codec: str, size: tuple[int, int]) -> Path:
    """An AVI file of encoded images, of sizes and kinds that OpenCV cannot write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    count, (height, width), fourcc = len(images), size, codec.encode()
    header = struct.pack("<14I", 100_000, 0, 0, 0, count, 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = b"vids" + fourcc
    stream += struct.pack("<10I4H", 0, 0, 0, 1, 10, 0, count, 0, 0, 0, 0, 0, width, height)
    pixels = struct.pack("<3I2H", 40, width, height, 1, 24) + fourcc + struct.pack("<5I", *[0] * 5)
    streams = chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", pixels))
    frames = b"movi" + b"".join(chunk(b"00dc", image) for image in images)
    content = chunk(b"LIST", b"hdrl" + chunk(b"avih", header) + streams) + chunk(b"LIST", frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chunk(b"RIFF", b"AVI " + content))
    return path


def encode(pixels: np.ndarray, kind: str, mode: str = "RGB") -> bytes:
    """An image as the bytes of a JPEG or PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, format=kind)
    return buffer.getvalue()


def edit_mp4(path: Path, *, durations: Sequence[int] = (), faststart: bool = False) -> Path:
    """Give the frames of an mp4 file durations, or move its index to the front.

    The durations must add up to those before, 1024 a frame.
    """
    data = path.read_bytes()
    start = data.index(b"moov") - 4
    index, rest = data[start:], data[:start]
    if durations:
        entries = b"".join(struct.pack(">2I", 1, duration) for duration in durations)
        table = struct.pack(">2I", 0, len(durations)) + entries
        old = index.index(b"stts") - 4
        end = old + int.from_bytes(index[old : old + 4])
        table = struct.pack(">I", len(table) + 8) + b"stts" + table
        grown = len(table) - (end - old)
        index = index[:old] + table + index[end:]
        for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            at = index.index(box) - 4
            size = int.from_bytes(index[at : at + 4]) + grown
            index = index[:at] + size.to_bytes(4) + index[at + 4 :]
    if faststart:
        at = index.index(b"stco") + 8
        count = int.from_bytes(index[at : at + 4])
        offsets = np.frombuffer(index, ">u4", count, at + 4) + len(index)
        index = index[: at + 4] + offsets.astype(">u4").tobytes() + index[at + 4 + 4 * count :]
        header = int.from_bytes(rest[:4])
        path.write_bytes(rest[:header] + index + rest[header:])
    else:
        path.write_bytes(rest + index)
    return path


def save_named(
    path: Path, name: str, rows: Sequence[tuple[str, Sequence[Sequence[float]]]], v73: bool
) -> Path:
    """Write texts and K x 4 matrices as a 1 x N structure array, as YouTube-Objects' boxes are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    matrices = [np.array(boxes, float).reshape(-1, 4) for _, boxes in rows]
    if not v73:
        table = np.zeros((1, len(rows)), [("name", object), ("boxes", object)])
        for k, ((text, _), matrix) in enumerate(zip(rows, matrices, strict=True)):
            table[0, k] = (text, matrix)
        scipy.io.savemat(str(path), {name: table})
        return path
    with h5py.File(path, "w", userblock_size=512) as file:
        references = np.empty((2, 1, len(rows)), dtype=h5py.ref_dtype)
        for k, ((text, _), matrix) in enumerate(zip(rows, matrices, strict=True)):
            letters = np.array([[ord(letter)] for letter in text], np.uint16)
            references[0, 0, k] = file.create_dataset(f"#refs#/n{k}", data=letters).ref
            references[1, 0, k] = file.create_dataset(f"#refs#/b{k}", data=matrix.T).ref
        for field, values in zip(("name", "boxes"), references, strict=True):
            file.create_dataset(f"{name}/{field}", data=values)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path
