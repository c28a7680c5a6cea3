"""Files that jobs of the workflow leave for others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from trees import block_mask, encode, picture

from fuzz.target import Target
from mcnn.artefacts.annotations import AnnotatedBox, read_annotations, write_annotations
from mcnn.artefacts.images import Image, read_images, write_images
from mcnn.artefacts.label_maps import read_names, write_names
from mcnn.artefacts.localized import (
    Localized,
    boxes_of,
    iterate_localized,
    read_localized,
    read_segmentations,
    write_localized,
)
from mcnn.artefacts.motion import ShotMotion, encode_shot, read_areas, read_masks, write_motion
from mcnn.artefacts.pictures import EXAMPLES, read_pictures, write_pictures
from mcnn.artefacts.pruned import kept_runs, pruned_table, read_pruned, write_pruned
from mcnn.artefacts.run import Run, read_run
from mcnn.artefacts.samples import SampleFile, writing_samples
from mcnn.artefacts.scores import read_corloc, read_image_iou, read_iou
from mcnn.artefacts.selected import read_selected, write_selected
from mcnn.artefacts.shots import Shot, read_shots, videos_of, write_shots
from mcnn.artefacts.skipped import Skipped, read_skipped, write_skipped
from mcnn.artefacts.splits import read_split, write_split
from mcnn.artefacts.superpixels import SuperpixelFile, write_superpixels
from mcnn.imaging.masks import encode_mask

SIZE = (12, 16)
MASK = block_mask(SIZE)


def _variants(path: Path) -> list[Path]:
    """A parquet file as it is written, without compression, and in plain pages of version 2."""
    table = pq.read_table(path)
    metadata = pq.read_metadata(path).metadata or {}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata})
    options = {"compression": "none", "use_dictionary": False, "row_group_size": 2}
    pq.write_table(table, path.with_name("plain"), **options)
    pq.write_table(table, path.with_name("two"), data_page_version="2.0", **options)
    return [path, path.with_name("plain"), path.with_name("two")]


def _shots(folder: Path) -> list[Path]:
    shots = [
        Shot("dog-0001", 0, 1, 9, ("dog",), "numbered", "dog/%08d.jpg", 1),
        Shot("dog-0002", 0, 0, 3, ("dog", "cat"), "folder", "dog/two", 1),
        Shot("dog-0002", 1, 4, 9, ("dog", "cat"), "file", "dog/two.mp4", 2),
    ]
    write_shots(shots, folder / "shots")
    return _variants(folder / "shots")


def _read_shots(path: Path) -> None:
    for shots in videos_of(read_shots(path)).values():
        for shot in shots:
            if shot.source == "numbered":
                assert shot.frames % shot.first


def _images(folder: Path) -> list[Path]:
    images = [
        Image("a", "a.jpg", "a.png", ("dog", "cat")),
        Image("b", "b.jpg", None, ("dog",), "binary", 100),
    ]
    write_images(images, folder / "images")
    return _variants(folder / "images")


def _motion(folder: Path) -> list[Path]:
    shots = [
        encode_shot("dog-0001", 0, range(3), [MASK, ~MASK, MASK]),
        ShotMotion("dog-0001", 1, reason="nothing moves"),
        encode_shot("dog-0001", 2, [5], [~MASK]),
    ]
    write_motion(shots, folder / "motion")
    return _variants(folder / "motion")


def _read_motion(path: Path) -> None:
    areas = read_areas(path)
    areas.groupby(["video", "shot"])["area"].mean()
    read_masks(path, "dog-0001", 0, [0, 2, 1])


def _localized(folder: Path) -> list[Path]:
    found = [
        ("v", 0, Localized(0, "dog", SIZE, (1.0, 2.0, 5.0, 6.0), 0.5, MASK)),
        ("v", 0, Localized(0, "cat", SIZE, None, float("nan"), MASK)),
        ("v", 0, Localized(1, "dog", SIZE, (1.0, 2.0, 5.0, 7.0), 0.75, ~MASK)),
    ]
    write_localized(found, folder / "localized")
    return _variants(folder / "localized")


def _read_localized(path: Path) -> None:
    table = read_localized([path])
    boxes_of(table)
    read_segmentations(path, table.iloc[:2])
    list(iterate_localized(path))


def _superpixels(folder: Path) -> list[Path]:
    labels = np.arange(192, dtype=np.int32).reshape(SIZE) // 20
    write_superpixels([("v", 0, 0, labels), ("v", 0, 1, 300 * labels)], folder / "superpixels")
    return _variants(folder / "superpixels")


def _samples(folder: Path) -> list[Path]:
    with writing_samples(folder / "samples") as writer:
        for video in ("a", "b"):
            images = [encode(picture(i, SIZE), kind) for i, kind in enumerate(("JPEG", "PNG"))]
            masks = [encode_mask(MASK), encode_mask(~MASK)]
            writer.write(video, 0, ["dog"], [3, 7], images, masks)
    return _variants(folder / "samples")


def _read_samples(path: Path) -> None:
    file = SampleFile(path)
    for index, sample in enumerate(file):
        assert len(sample.images) == file.length(index) == len(file.frames(index))


def _annotations(folder: Path) -> list[Path]:
    boxes = [AnnotatedBox("v", 0, 3, "dog", 0.0, 1.0, 7.0, 8.0)]
    boxes += [AnnotatedBox("001", 1, 4, "NA", *[float("nan")] * 4, "empty")]
    write_annotations(boxes, folder / "a.csv")
    return [folder / "a.csv"]


def _pruned(folder: Path) -> list[Path]:
    rows = [("v", 0, 3, 30, True, "", 0), ("v", 1, None, None, False, "too short", 1)]
    write_pruned(pruned_table(rows), folder / "a.csv")
    return [folder / "a.csv"]


def _splits(folder: Path) -> list[Path]:
    write_split([(0, 10), (11, 20)], folder / "a.csv")
    write_split("it does not decode", folder / "b.csv")
    return [folder / "a.csv", folder / "b.csv"]


def _tables(folder: Path) -> list[Path]:
    texts = {
        "iou": "set,images,postprocessing,class,iou\nval,9,none,dog,0.5\nval,9,none,mean,\n",
        "image_iou": "set,image,class,iou\nval,2007_1,dog,0.5\nval,001,cat,0.25\n",
        "corloc": "class,corloc,frames,boxes,found,repaired,empty\ndog,0.5,9,8,4,0,0\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    rows = {"video": ["v"], "shot": [1], "overlap": [0.5], "selected": [True], "reason": [""]}
    write_selected(pd.DataFrame(rows), folder / "selected")
    write_skipped([Skipped("v/1", "it does not decode"), Skipped("NA", "")], folder / "skipped")
    columns = dict(zip(EXAMPLES, (["a.jpg"], ["dog"], ["best"], ["1"], [0.5]), strict=True))
    write_pictures(pd.DataFrame(columns), folder, EXAMPLES)
    return [folder / name for name in (*texts, "selected", "skipped", "pictures.csv")]


def _names(folder: Path) -> list[Path]:
    write_names({0: "background", 1: "dog", 254: "NA"}, folder)
    return [folder / "names.csv"]


def _run(folder: Path) -> list[Path]:
    settings = {"dataset": "own", "images": None, "start": None, "stage": {"iterations": 9}}
    settings |= {"network": {"architecture": "shallow"}}
    facts = {"code": "1", "settings": settings, "seed": 0, "device": "cpu", "threads": 1}
    facts |= {"samples_sha256": "1", "shots": ["v/0"], "images": [], "images_sha256": None}
    facts |= {"start_sha256": None, "versions": {"torch": "2"}, "n_samples": {"dog": 1}}
    (folder / "run.json").write_text(Run.model_validate(facts).model_dump_json())
    return [folder / "run.json"]


TARGETS = {
    "shots": Target("damaged.parquet", _read_shots, _shots, share=2),
    "images": Target("damaged.parquet", read_images, _images, share=2),
    "motion": Target("damaged.parquet", _read_motion, _motion, share=2),
    "localized": Target("damaged.parquet", _read_localized, _localized, share=2),
    "superpixels": Target(
        "damaged.parquet",
        lambda path: list(SuperpixelFile(path).read("v", 0, [0, 1])),
        _superpixels,
        share=2,
    ),
    "samples": Target("damaged.parquet", _read_samples, _samples, share=2),
    "annotations": Target("damaged.csv", read_annotations, _annotations),
    "pruned": Target("damaged.csv", lambda path: kept_runs(read_pruned(path)), _pruned),
    "splits": Target("damaged.csv", read_split, _splits),
    "names": Target("names.csv", lambda path: read_names(path.parent), _names),
    "run record": Target("damaged.json", lambda path: read_run(path).mark(), _run),
}
TABLES = {
    "iou": read_iou,
    "image_iou": read_image_iou,
    "corloc": read_corloc,
    "selected": read_selected,
    "skipped": read_skipped,
    "pictures": lambda path: read_pictures(path.parent, EXAMPLES),
}
for _name, _read in TABLES.items():
    _file = "pictures.csv" if _name == "pictures" else f"{_name}.csv"

    def _sound(folder: Path, name: str = _name) -> list[Path]:
        return [path for path in _tables(folder) if path.stem == name]

    TARGETS[f"table {_name}"] = Target(_file, _read, _sound, share=0.5)
