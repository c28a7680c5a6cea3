import io
import os
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from random_networks import make
from trees import picture, truncate, write_image

import mcnn.evaluation.voc_archive as voc_archive
from mcnn.artefacts.images import Image, write_images
from mcnn.artefacts.skipped import Skipped, write_skipped
from mcnn.config.network import Network
from mcnn.errors import DataError
from mcnn.evaluation.voc_archive import FOLDER, export_voc_test, validate_export, voc_indices
from mcnn.imaging.palette import encode_labels, voc_palette
from mcnn.label_space import VOC_CLASSES
from mcnn.networks.scores import predict_labels
from mcnn.networks.weights import save_network

SIZES = {"2008_000006": (30, 41), "2008_000001": (26, 33)}


def save_model(path, classes):
    network = make("shallow", 0.2, 1 + len(classes))
    save_network(network, path, classes, Network(architecture="shallow", width=0.2))
    return network


@pytest.fixture
def image_set(tmp_path):
    """images.parquet and skipped_images.csv of two images, without masks."""
    images = []
    for seed, (name, size) in enumerate(SIZES.items()):
        path = write_image(tmp_path / f"{name}.jpg", picture(seed, size))
        images.append(Image(name, str(path), None, ()))
    write_images(images, tmp_path / "images.parquet")
    write_skipped([], tmp_path / "skipped.csv")
    return tmp_path / "images.parquet", tmp_path / "skipped.csv"


def members(path):
    with tarfile.open(path) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}


def pack(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize("classes", [("car", "bird", "tvmonitor"), VOC_CLASSES[::-1]])
def test_the_archive_holds_the_predictions_in_vocs_order(tmp_path, image_set, classes):
    network = save_model(tmp_path / "model.safetensors", classes)
    export_voc_test(tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "cpu", 1)
    files = members(tmp_path / "o.tgz")
    assert list(files) == [
        "results/VOC2012/Segmentation/comp6_test_cls/2008_000006.png",
        "results/VOC2012/Segmentation/comp6_test_cls/2008_000001.png",
    ]
    names = ["background", *classes]
    for name, size in SIZES.items():
        png = Pillow.open(io.BytesIO(files[f"{FOLDER}/{name}.png"]))
        pixels = np.array(Pillow.open(tmp_path / f"{name}.jpg"))
        expected = np.vectorize(names.__getitem__)(predict_labels(network, pixels))
        exported = np.vectorize(("background", *VOC_CLASSES).__getitem__)(np.array(png))
        assert exported.shape == size
        assert (exported == expected).all()
        assert len(np.unique(expected)) > 1
        assert png.mode == "P"
        assert png.getpalette()[:63] == voc_palette()[:63]


def test_device_and_threads_are_those_asked_for(tmp_path, image_set, monkeypatch):
    save_model(tmp_path / "model.safetensors", ("car",))
    asked, device, stream = [], torch.device("cpu"), voc_archive.Stream
    monkeypatch.setattr(torch, "set_num_threads", lambda n: asked.append(n))
    monkeypatch.setattr(voc_archive, "pick_device", lambda name: asked.append(name) or device)
    monkeypatch.setattr(voc_archive, "Stream", lambda *a: asked.append(a) or stream(*a))
    export_voc_test(tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "mps", 3)
    assert asked[:3] == [3, "mps", (device, 3)]


def test_an_image_that_breaks_off_is_named_and_leaves_no_archive(tmp_path, image_set):
    save_model(tmp_path / "model.safetensors", ("car",))
    truncate(tmp_path / "2008_000001.jpg")
    for threads in (1, 3):
        with pytest.raises(DataError, match=r"2008_000001\.jpg: the image does not decode"):
            export_voc_test(
                tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "cpu", threads
            )
        assert not [path for path in tmp_path.iterdir() if "o.tgz" in path.name]


def test_equal_predictions_are_equal_bytes(tmp_path, image_set):
    save_model(tmp_path / "model.safetensors", ("car",))
    first, second = tmp_path / "first.tgz", tmp_path / "b" / "second.tgz"
    for threads, output in ((1, first), (3, second)):
        export_voc_test(tmp_path / "model.safetensors", *image_set, output, "cpu", threads)
        for path in image_set:  # Times of the inputs leave no trace.
            os.utime(path, (0, 0))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[4:8] == b"\0\0\0\0"
    with tarfile.open(first) as archive:
        assert {(e.mtime, e.uid, e.gid, e.uname) for e in archive} == {(0, 0, 0, "")}


def test_a_class_that_voc_lacks_is_named(tmp_path, image_set):
    save_model(tmp_path / "model.safetensors", ("car", "zebra"))
    with pytest.raises(DataError, match=r"model\.safetensors: its class 'zebra' is none of VOC"):
        export_voc_test(tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "cpu", 1)
    assert not (tmp_path / "o.tgz").exists()


def test_a_set_with_gaps_is_refused(tmp_path, image_set):
    save_model(tmp_path / "model.safetensors", ("car",))
    write_skipped([Skipped("2008_000009", "no such file")], image_set[1])
    with pytest.raises(DataError, match="2008_000009"):
        export_voc_test(tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "cpu", 1)
    assert not (tmp_path / "o.tgz").exists()


def test_an_interrupted_export_leaves_nothing(tmp_path, image_set):
    save_model(tmp_path / "model.safetensors", ("car",))
    (tmp_path / "2008_000001.jpg").unlink()
    with pytest.raises(DataError, match=r"2008_000001\.jpg"):
        export_voc_test(tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "cpu", 1)
    assert not list(tmp_path.glob("*o.tgz*"))


def test_indices_are_vocs():
    assert voc_indices(VOC_CLASSES).tolist() == list(range(21))
    assert voc_indices(["train", "aeroplane"]).tolist() == [0, 19, 1]


LABELS = np.full((4, 6), 20, np.uint8)
GOOD = {"a": encode_labels(LABELS), "b": encode_labels(np.zeros((3, 5), np.uint8))}


def grey(labels):
    buffer = io.BytesIO()
    Pillow.fromarray(labels).save(buffer, "PNG")
    return buffer.getvalue()


def test_what_the_server_would_refuse_does_not_appear(tmp_path, image_set, monkeypatch):
    save_model(tmp_path / "model.safetensors", ("car",))
    monkeypatch.setattr(voc_archive, "encode_labels", grey)
    with pytest.raises(DataError, match="it is no PNG with a palette"):
        export_voc_test(tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "cpu", 1)
    assert not list(tmp_path.glob("*o.tgz*"))


def check(tmp_path, changes=(), extra=()):
    files = [
        (f"{FOLDER}/{name}.png", data) for name, data in (GOOD | dict(changes)).items() if data
    ]
    path = pack(tmp_path / "o.tgz", [*files, *extra])
    validate_export(path, ["a", "b"], [(4, 6), (3, 5)])


def test_a_good_archive_passes(tmp_path):
    check(tmp_path)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (None, "it is missing"),
        (encode_labels(LABELS.T.copy()), "it is 4x6, its image 6x4"),
        (encode_labels(np.full((4, 6), 21, np.uint8)), "it holds 21"),
        (encode_labels(np.full((4, 6), 255, np.uint8)), "it holds 255"),
        (grey(LABELS), "no PNG with a palette"),
        (GOOD["a"][:60], "does not decode"),
    ],
)
def test_a_bad_file_is_named(tmp_path, data, problem):
    with pytest.raises(DataError, match=f"o.tgz: {FOLDER}/a.png: .*{problem}"):
        check(tmp_path, {"a": data})


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (f"{FOLDER}/c.png", "of no image"),
        ("comp6_test_cls/a.png", "of no image"),
        (f"{FOLDER}/a.png", "twice"),
    ],
)
def test_a_file_too_many_is_named(tmp_path, name, problem):
    with pytest.raises(DataError, match=f"{name}: .*{problem}"):
        check(tmp_path, extra=[(name, GOOD["a"])])


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_what_is_no_archive_is_named(tmp_path, share):
    path = pack(tmp_path / "o.tgz", [(f"{FOLDER}/a.png", GOOD["a"])])
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(DataError, match=r"o\.tgz"):
        validate_export(path, ["a"], [(4, 6)])


UNSAFE = ["../../x", "/x", "a/../../x", "..", "a\\b", "x" * 5000, "a\0"]


@pytest.mark.parametrize("name", [*UNSAFE, "2008_000001"])
def test_names_that_leave_the_archive_or_come_again_are_not_exported(tmp_path, image_set, name):
    save_model(tmp_path / "model.safetensors", ("car",))
    listed = [Image(each, str(tmp_path / "2008_000001.jpg"), None, ()) for each in (*SIZES, name)]
    write_images(listed, image_set[0])
    with pytest.raises(DataError, match=r"images\.parquet: .*(no name of a file|twice).*Remedy"):
        export_voc_test(tmp_path / "model.safetensors", *image_set, tmp_path / "o.tgz", "cpu", 1)
    assert not list(tmp_path.glob("*o.tgz*"))


@pytest.mark.parametrize("name", [*UNSAFE, "b"])
def test_names_that_leave_the_archive_or_come_again_are_not_valid(tmp_path, name):
    files = [(f"{FOLDER}/{each}.png", GOOD["a"]) for each in ("a", "b", "o")]
    path = pack(tmp_path / "o.tgz", files)
    with pytest.raises(DataError, match=r"o\.tgz: .*(no name of a file|twice)"):
        validate_export(path, ["a", "b", name], [(4, 6)] * 3)


def test_an_archive_holds_files_alone_and_no_large_ones(tmp_path, monkeypatch):
    path = tmp_path / "o.tgz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo(f"{FOLDER}/a.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    with pytest.raises(DataError, match=r"a\.png: it is no file"):
        validate_export(path, ["a"], [(4, 6)])
    pack(path, [(f"{FOLDER}/a.png", GOOD["a"])])
    monkeypatch.setattr(voc_archive, "_MOST_BYTES", len(GOOD["a"]) - 1)
    with pytest.raises(DataError, match=r"a\.png: .*too large"):
        validate_export(path, ["a"], [(4, 6)])
