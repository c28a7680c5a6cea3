from dataclasses import replace

import numpy as np
import pytest
import torch
from colour_network import save_colour_network
from trees import truncate, write_image

import mcnn.colocalization.localize as localize
from mcnn.artefacts.annotations import AnnotatedBox, annotation_table
from mcnn.artefacts.localized import Localized, read_localized, read_segmentations
from mcnn.artefacts.shots import Shot
from mcnn.colocalization.localize import localize_shots, localize_videos
from mcnn.colocalization.superpixels import divide_videos
from mcnn.config.colocalization import Colocalization
from mcnn.errors import DataError

SHOTS = [
    Shot("a", 0, 1, 4, ("cow", "boat", "tree"), "numbered", "a/%d.png", 1),
    Shot("a", 2, 11, 13, ("boat",), "numbered", "a/%d.png", 2),
    Shot("b", 0, 1, 3, ("dog",), "numbered", "b/%d.png", 1),
]
CLASSES = ("boat", "dog", "cow")
"""Red, green and blue to the model; trees are unknown to it."""


def box_of_class(name, frame):
    """Where an object is; each moves in its own way."""
    k = CLASSES.index(name)
    left, top = 10 + 30 * k + frame, 8 + 10 * k + frame % 3
    return left, top, left + 24, top + 20


def frame_of(number):
    image = np.random.default_rng(number).integers(0, 25, (64, 121, 3)).astype(np.uint8)
    for k, name in enumerate(CLASSES):
        x0, y0, x1, y1 = box_of_class(name, number)
        image[y0:y1, x0:x1, k] = 230
    return image


@pytest.fixture
def dataset(tmp_path):
    shots = [replace(shot, frames=str(tmp_path / shot.frames)) for shot in SHOTS]
    for shot in shots:
        for k in shot.indices:
            write_image(tmp_path / shot.video / f"{k}.png", frame_of(k))
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    return tmp_path, shots


# The network is sure of some pixels around an object, too; colours are not.
SETTINGS = Colocalization.model_validate({"superpixels": 600, "alpha": 0.1, "lambda": 1.0})


def run(dataset, annotations=None, on_error="stop", settings=SETTINGS, superpixels=None, threads=1):
    folder, shots = dataset
    skipped = localize_videos(
        shots,
        folder / "model.safetensors",
        settings,
        folder / "l.parquet",
        annotations=annotations,
        seed=0,
        device="cpu",
        threads=threads,
        on_error=on_error,
        superpixels=superpixels,
    )
    return read_localized([folder / "l.parquet"]), skipped


KEY = ["video", "shot", "frame", "class"]


def test_each_tag_of_a_shot_has_the_box_of_its_object_in_every_frame(dataset):
    table, skipped = run(dataset)
    assert skipped == []
    expected = [("a", 0, k, name) for k in range(1, 5) for name in ("cow", "boat")]
    expected += [("a", 2, k, "boat") for k in range(11, 14)]
    expected += [("b", 0, k, "dog") for k in range(1, 4)]
    assert list(table[KEY].itertuples(index=False, name=None)) == expected
    assert set(table["height"]) == {64}
    assert set(table["width"]) == {121}
    boxes = table[["x0", "y0", "x1", "y1"]].to_numpy()
    true = [box_of_class(name, frame) for _, _, frame, name in expected]
    np.testing.assert_allclose(boxes, true, atol=3)


def annotations_of(*keys):
    return annotation_table([AnnotatedBox(*key, 0.0, 0.0, 1.0, 1.0) for key in keys])


@pytest.mark.parametrize("annotated", [False, True])
def test_superpixels_that_are_there_give_the_same_and_are_not_computed(
    dataset, annotated, monkeypatch
):
    folder, shots = dataset
    annotations = annotations_of(("a", 0, 3, "cow"), ("a", 2, 12, "boat")) if annotated else None
    settings = SETTINGS.model_copy(update={"longer_side": 100, "window": 3})
    table, _ = run(dataset, annotations, settings=settings)
    masks = read_segmentations(folder / "l.parquet", table)
    superpixels = folder / "s.parquet"
    divide_videos(shots, settings, superpixels, annotations=annotations, on_error="stop")
    monkeypatch.setattr("mcnn.colocalization.windows.segment_superpixels", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(dataset, annotations, settings=settings)
    again, _ = run(dataset, annotations, settings=settings, superpixels=superpixels)
    assert again.equals(table)
    assert len(masks) == (3 if annotated else 14)
    for mask, same in zip(masks, read_segmentations(folder / "l.parquet", again), strict=True):
        np.testing.assert_array_equal(mask, same)


def test_only_annotated_frames_are_localized_if_annotations_are_given(dataset):
    """Once each, in their order, whatever class the boxes are of."""
    of_a = [("a", 2, k, name) for k, name in ((13, "boat"), (11, "boat"), (12, "cow"), (13, "cow"))]
    table, _ = run(dataset, annotations_of(("b", 0, 3, "dog"), *of_a))
    expected = [*(("a", 2, k, "boat") for k in (11, 12, 13)), ("b", 0, 3, "dog")]
    assert list(table[KEY].itertuples(index=False, name=None)) == expected
    true = [box_of_class(name, frame) for _, _, frame, name in expected]
    np.testing.assert_allclose(table[["x0", "y0", "x1", "y1"]].to_numpy(), true, atol=3)


def test_a_broken_frame_stops_or_ends_its_shot(dataset):
    folder, _ = dataset
    truncate(folder / "a/12.png")
    with pytest.raises(DataError, match=r"a/12\.png"):
        run(dataset)
    assert not (folder / "l.parquet").exists()
    table, skipped = run(dataset, on_error="skip")
    assert [entry.item for entry in skipped] == ["a/2"]
    assert set(table[["video", "shot"]].itertuples(index=False, name=None)) == {("a", 0), ("b", 0)}


def test_frames_of_other_sizes_end_their_shot(dataset):
    write_image(dataset[0] / "b/2.png", np.zeros((64, 120, 3), np.uint8))
    with pytest.raises(DataError, match=r"b/2\.png: frame 2 is 120x64, the first .* 121x64"):
        run(dataset)


class Noted:
    """Notes what a `Localizer` is made of and what it is given, and finds a box in each frame."""

    def __init__(self, *arguments):
        self.arguments, self.windows = arguments, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def each(self, windows):
        for key, window in windows:
            self.windows.append(window)
            found = [Localized(n, "x", window.size, None, np.nan, MASK) for n in window.numbers]
            yield key, found


MASK = np.zeros((1, 1), bool)


def test_a_shot_gets_its_frames_labels_and_all_settings(dataset, monkeypatch):
    _, shots = dataset
    made = []
    monkeypatch.setattr(localize, "Localizer", lambda *a: made.append(Noted(*a)) or made[-1])
    network, settings = object(), Colocalization(window=7)
    labels = {"boat": 3, "cow": 1, "dog": 2}
    numbers = [(shots[0], [2, 4]), (shots[2], [3])]
    options = {"seed": 5, "threads": 3, "on_error": "stop", "skipped": [], "on_cpu": False}
    found = list(localize_shots(numbers, labels, network, settings, **options))
    (noted,) = made
    assert noted.arguments == (network, settings, 5, 3, False)
    first, second = noted.windows
    assert (first.numbers, first.labels) == ([2, 4], {"cow": 1, "boat": 3})
    assert (second.numbers, second.labels) == ([3], {"dog": 2})
    assert first.superpixels is second.superpixels is None
    np.testing.assert_array_equal(first.images, [frame_of(2), frame_of(4)])
    np.testing.assert_array_equal(second.images, [frame_of(3)])
    assert [(video, shot, item.frame) for video, shot, item in found] == [
        ("a", 0, 2),
        ("a", 0, 4),
        ("b", 0, 3),
    ]


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_the_model_is_run_on_the_device_that_was_asked_for(dataset, monkeypatch, device):
    folder, shots = dataset
    made, asked = [], []
    monkeypatch.setattr(localize, "Localizer", lambda *a: made.append(Noted(*a)) or made[-1])
    monkeypatch.setattr(torch, "set_num_threads", lambda n: asked.append(n))
    monkeypatch.setattr(localize, "pick_device", lambda name: asked.append(name) or DEVICES[device])
    monkeypatch.setattr(localize, "write_localized", lambda found, _: list(found))
    settings = Colocalization(superpixels=9)
    localize_videos(
        shots[2:],
        folder / "model.safetensors",
        settings,
        folder / "l.parquet",
        annotations=None,
        seed=7,
        device=device,
        threads=2,
        on_error="stop",
    )
    assert asked == [2, device]
    (noted,) = made
    assert noted.arguments[1:] == (settings, 7, 2, device == "cpu")
    (window,) = noted.windows
    assert (window.numbers, window.labels) == ([1, 2, 3], {"dog": 2})


DEVICES = {"cpu": torch.device("cpu"), "mps": torch.device("meta")}


@pytest.mark.parametrize("threads", [2, 3])
def test_files_do_not_depend_on_the_number_of_threads(dataset, threads):
    folder, _ = dataset
    settings = SETTINGS.model_copy(update={"window": 3})
    run(dataset, settings=settings)
    one = (folder / "l.parquet").read_bytes()
    run(dataset, settings=settings, threads=threads)
    assert (folder / "l.parquet").read_bytes() == one


def test_a_shot_that_breaks_off_leaves_the_windows_before(dataset):
    folder, _ = dataset
    truncate(folder / "a/4.png")
    settings = SETTINGS.model_copy(update={"window": 1})
    for threads in (1, 3):
        table, skipped = run(dataset, on_error="skip", settings=settings, threads=threads)
        assert [entry.item for entry in skipped] == ["a/0"]
        assert "4.png" in skipped[0].reason
        of_shot = table[(table["video"] == "a") & (table["shot"] == 0)]
        assert sorted(set(of_shot["frame"])) == [1, 2, 3]
        assert len(table) == 3 * 2 + 3 + 3


def test_a_shot_whose_tags_are_unknown_has_no_rows(dataset):
    folder, shots = dataset
    shots = [replace(shots[1], tags=("tree",)), shots[2]]
    table, skipped = run((folder, shots))
    assert set(table["video"]) == {"b"}
    assert skipped == []
