"""Files of datasets: pictures, videos, MATLAB, XML, lists, tables."""

import io
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image
from trees import (
    block_mask,
    edit_mp4,
    encode,
    imagenet_vid,
    pascal_voc,
    picture,
    save_mat,
    save_named,
    turn_mp4,
    write_annotation,
    write_avi,
    write_coded,
    write_image,
    write_palette_mask,
    write_video,
)

from fuzz.mutations import mutate_mat, mutate_png
from fuzz.target import Target
from mcnn.artefacts.images import Image as Listed
from mcnn.artefacts.images import read_mask, voc_tags
from mcnn.artefacts.label_maps import read_labels
from mcnn.config.images import PascalVoc
from mcnn.datasets.box_xml import read_box_file
from mcnn.datasets.frames import read_video
from mcnn.datasets.imagenet_vid import read_manifest
from mcnn.datasets.mask_files import read_mask_file
from mcnn.datasets.mat import read_cells, read_matrix, read_named
from mcnn.datasets.pascal_voc import read_pascal_voc
from mcnn.datasets.shot_detection import detect_shots
from mcnn.datasets.tags import read_tags
from mcnn.datasets.video_files import VideoFile, count_frames
from mcnn.datasets.video_listing import list_videos
from mcnn.errors import DataError
from mcnn.evaluation.label_files import read_list
from mcnn.imaging.decode import decode_image, image_size
from mcnn.imaging.masks import decode_mask, encode_mask
from mcnn.motion.flow import read_flo

SIZE = (12, 16)
MASK = block_mask(SIZE)


def _pictures(folder: Path) -> list[Path]:
    files: dict[str, bytes] = {}
    for mode in ("L", "LA", "RGB", "RGBA", "P", "1"):
        files[f"png {mode}"] = encode(picture(1, SIZE), "PNG", mode)
    for mode in ("L", "RGB", "CMYK"):
        files[f"jpeg {mode}"] = encode(picture(2, SIZE), "JPEG", mode)
    for kind in ("WEBP", "GIF", "BMP", "TIFF", "PPM"):
        files[kind] = encode(picture(3, SIZE), kind)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(picture(4, SIZE)).save(buffer, "JPEG", exif=exif, progressive=True)
    files["exif"] = buffer.getvalue()
    buffer = io.BytesIO()
    Image.fromarray(np.arange(192, dtype=np.uint16).reshape(SIZE) * 300).save(buffer, "PNG")
    files["deep"] = buffer.getvalue()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def _read_picture(path: Path) -> None:
    data = path.read_bytes()
    sizes = []
    for read in (lambda: image_size(path), lambda: decode_image(data, path).shape[:2]):
        try:
            sizes.append(read())
        except DataError as error:
            failed = error
    if len(sizes) < 2:
        raise failed


def _masks(folder: Path) -> list[Path]:
    paths = [write_palette_mask(folder / "a.png", MASK.astype(np.uint8) * 7)]
    paths += [write_image(folder / "b.png", MASK.astype(np.uint8))]
    (folder / "c.png").write_bytes(encode_mask(MASK))
    Image.fromarray(picture(0, SIZE)).save(Path("image.jpg"))
    return [*paths, folder / "c.png"]


def _read_mask(path: Path) -> None:
    failed = None
    image = Listed("image", "image.jpg", str(path), ("dog",))
    for read in (
        lambda: decode_mask(path.read_bytes(), path),
        lambda: read_mask_file(path, SIZE),
        lambda: read_labels(path),
        lambda: voc_tags(str(path), ["dog", "bus"]),
        lambda: read_mask(image, ["dog"]),
    ):
        try:
            read()
        except DataError as error:
            failed = error
    if failed is not None and path.stem not in str(failed):
        raise failed


def _matrix(v73: bool):
    def sound(folder: Path) -> list[Path]:
        paths = [save_mat(folder / "a.mat", "a", np.arange(6.0).reshape(2, 3), v73)]
        if not v73:
            variables = {"text": "words", "a": np.arange(6, dtype=np.uint16)}
            for packed in (True, False):
                paths.append(folder / f"{packed}.mat")
                scipy.io.savemat(paths[-1], variables, do_compression=packed)
        return paths

    return sound


def _cells(v73: bool):
    def sound(folder: Path) -> list[Path]:
        cells = [np.eye(3, dtype=np.uint8), np.ones((2, 2)), np.zeros((0, 0))]
        paths = [save_mat(folder / "a.mat", "a", cells, v73)]
        if not v73:
            content = np.empty((1, 3), object)
            content[0] = cells
            scipy.io.savemat(folder / "b.mat", {"a": content}, do_compression=True)
            paths.append(folder / "b.mat")
        return paths

    return sound


def _named(v73: bool):
    def sound(folder: Path) -> list[Path]:
        rows = [("dog_00000001", [[1, 2, 3, 4]]), ("dog_00000002", [])]
        return [save_named(folder / "a.mat", "a", rows, v73)]

    return sound


CODECS = {
    "mp4": (("libx264", "yuv420p10le"), ("libx265", "yuv420p"), ("libsvtav1", "yuv420p")),
    "avi": (("mpeg4", "yuv420p"), ("libx264", "yuv422p")),
    "mkv": (
        *(("mjpeg", "yuvj420p"), ("libx264", "yuv420p"), ("libvpx-vp9", "yuva420p")),
        *(("ffv1", "gray10le"), ("libsvtav1", "yuv420p10le")),
    ),
}


def _videos(suffix: str):
    def sound(folder: Path) -> list[Path]:
        frames = [picture(i, (64, 96)) for i in range(5)]
        paths = [
            write_coded(folder / f"{codec}.{suffix}", frames, codec, pixels)
            for codec, pixels in CODECS[suffix]
        ]
        if suffix == "mp4":
            turn_mp4(paths[0], (0, 1, -1, 0))
            paths += [write_video(folder / "a.mp4", frames), write_video(folder / "b.mp4", frames)]
            edit_mp4(paths[-1], faststart=True)
        if suffix == "avi":
            jpegs = [encode(frame, "JPEG") for frame in frames]
            paths.append(write_avi(folder / "a.avi", jpegs, "MJPG", (64, 96)))
        return paths

    return sound


def _read_video(path: Path) -> None:
    count_frames(path)
    for number, _ in enumerate(read_video(path)):
        if number == 20:
            break
    with VideoFile(path) as video:
        list(video.frames([2, 0]))
    detect_shots(path)


def _annotation(folder: Path) -> list[Path]:
    paths = [write_annotation(folder / "a.xml", ["dog", "cat"])]
    data = paths[0].read_text()
    (folder / "b.xml").write_bytes(
        f'<?xml version="1.0" encoding="UTF-16"?>{data}'.encode("utf-16")
    )
    return [*paths, folder / "b.xml"]


SPLITS = {"damaged": {"a1": ["dog"], "a2": ["cat"]}}


def _voc_tree(_: Path) -> Path:
    return pascal_voc(Path("damaged"), SPLITS)


def _voc_list(folder: Path) -> list[Path]:
    return [_voc_tree(folder) / "ImageSets" / "Segmentation" / "damaged.txt"]


def _voc_annotation(folder: Path) -> list[Path]:
    return [_voc_tree(folder) / "Annotations" / "a1.xml"]


def _read_voc(path: Path) -> None:
    settings = PascalVoc(format="pascal_voc", root="damaged", split="damaged")
    read_pascal_voc(settings, ["dog", "cat"], "skip")
    read_pascal_voc(settings, ["dog", "cat"], "stop")


def _snippets(folder: Path) -> list[Path]:
    imagenet_vid(Path("damaged"), {"ILSVRC2015_train_00001000": ["dog"]})
    (folder / "list.txt").write_text("a/ILSVRC2015_train_00001000 1\na/ILSVRC2015_train_1 -1\n")
    return [folder / "list.txt"]


def _tags(folder: Path) -> list[Path]:
    (folder / "tags.csv").write_text('image,tags\na.jpg,dog cat\n"b, c",dog\n')
    return [folder / "tags.csv"]


def _videos_csv(folder: Path) -> list[Path]:
    for name in ("a", "b"):
        write_image(Path("damaged") / "dog" / name / "0.png", picture(0, SIZE))
    (folder / "videos.csv").write_text("path,tags\ndog/a,dog cat\ndog/b,cat\n")
    return [folder / "videos.csv"]


def _list(folder: Path) -> list[Path]:
    (folder / "val.txt").write_text("2007_000001\n2007_000002 1\n\nbelow/a\n")
    return [folder / "val.txt"]


def _flo(folder: Path) -> list[Path]:
    header = np.float32(202021.25).tobytes() + np.array([4, 3], "<i4").tobytes()
    (folder / "a.flo").write_bytes(header + np.arange(24, dtype="<f4").tobytes())
    return [folder / "a.flo"]


TARGETS = {
    "pictures": Target("damaged.jpg", _read_picture, _pictures, mutate_png, share=4),
    "masks": Target("damaged.png", _read_mask, _masks, mutate_png, share=3),
    **{
        f"{name} v{'7.3' if v73 else '5'}": Target(
            "damaged.mat", read, sound(v73), mutate_mat, share=2
        )
        for name, sound, read in (
            ("matrix", _matrix, lambda path: read_matrix(path, "a")),
            ("cells", _cells, lambda path: list(read_cells(path, "a"))),
            ("structure", _named, lambda path: list(read_named(path, "a"))),
        )
        for v73 in (False, True)
    },
    **{
        suffix: Target(f"damaged.{suffix}", _read_video, _videos(suffix), share=0.5)
        for suffix in ("mp4", "avi", "mkv")
    },
    "box xml": Target("damaged.xml", read_box_file, _annotation, share=2),
    "voc list": Target("damaged/ImageSets/Segmentation/damaged.txt", _read_voc, _voc_list),
    "voc xml": Target("damaged/Annotations/a1.xml", _read_voc, _voc_annotation, named="damaged"),
    "snippets": Target(
        "damaged/ILSVRC2015/ImageSets/VID/train_9.txt",
        lambda path: read_manifest(Path("damaged"), ["dog"], "skip"),
        _snippets,
    ),
    "tags": Target("damaged.csv", read_tags, _tags),
    "videos.csv": Target(
        "damaged/videos.csv",
        lambda path: list_videos(path.parent, ["dog", "cat"], "stop"),
        _videos_csv,
        named="damaged",
    ),
    "list": Target("damaged.txt", read_list, _list),
    "flo": Target("damaged.flo", read_flo, _flo, share=0.5),
}
