"""Whole trainings: which input does what, and what the checkpoint's mark stands for."""

import hashlib
import platform
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version

import pandas as pd
import pytest
import torch
from tiny_training import CLASSES, FILL, MEAN, SHOTS, Recorder, make_images, shot, write_shots

from mcnn import __version__
from mcnn.artefacts.images import write_images
from mcnn.artefacts.model import read_model
from mcnn.artefacts.run import read_run
from mcnn.artefacts.selected import write_selected
from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.errors import ConfigError, DataError
from mcnn.networks.build import build_network
from mcnn.networks.weights import save_network
from mcnn.training import stage
from mcnn.training.stage import LIBRARIES, StageInputs, train_stage

NETWORK = Network(architecture="deeplab_large_fov", width=0.05, weights="none", mean=MEAN)
OPTIMIZER = Optimizer(crop_size=17, class_weights="balanced", images_per_batch=2)


def record(network=NETWORK, labels=None, optimizer=OPTIMIZER, **stage):
    return StageRecord(
        dataset="videos",
        images="voc",
        classes=CLASSES,
        start=None,
        network=network,
        labels=Labels(**{"predictor": "hard", "image_predictor": "full"} | (labels or {})),
        stage=Stage(**{"iterations": 5, "learning_rate": 0.01, "step_size": 5, "alpha": 1} | stage),
        optimizer=optimizer,
    )


RECORD = record()


@pytest.fixture
def folder(tmp_path):
    """Files of a joint training: samples, selected shots, images, a model to start from."""
    write_shots(tmp_path / "samples.parquet")
    select(tmp_path / "selected.csv", [False, True, True])
    write_images(make_images(tmp_path), tmp_path / "images.parquet")
    save_network(start_network(), tmp_path / "start.safetensors", CLASSES, NETWORK)
    return tmp_path


def select(path, selected):
    table = pd.DataFrame(
        {
            "video": [each.video for each in SHOTS],
            "shot": [each.shot for each in SHOTS],
            "overlap": 0.5,
            "selected": selected,
            "reason": "",
        }
    )
    write_selected(table, path)


def start_network(seed=8):
    torch.manual_seed(seed)
    return build_network(NETWORK, 1 + len(CLASSES))


ENDS = {"samples": "parquet", "selected": "csv", "images": "parquet", "start": "safetensors"}
JOINT = tuple(ENDS)


def run(folder, *given, settings=RECORD, seed=4, device="cpu", threads=1, code="c", often=(2, 9)):
    inputs = StageInputs(**{name: folder / f"{name}.{ENDS[name]}" for name in given})
    output = folder / "models" / "joint"
    train_stage(inputs, output, settings, seed, device, threads, code, *often)
    return output


def test_a_training_is_deterministic_from_its_calibration_on_if_it_is_to_be(folder, monkeypatch):
    seen = []

    @contextmanager
    def noted(device, wanted):
        seen.append((device.type, wanted))
        yield
        seen.append("end")

    monkeypatch.setattr(stage, "deterministic", noted)
    monkeypatch.setattr(stage, "calibrate", lambda *_: seen.append("calibrate"))
    monkeypatch.setattr(stage, "train", lambda *_: seen.append("train") or [])
    for wanted in (True, False):
        optimizer = OPTIMIZER.model_copy(update={"deterministic": wanted})
        network = Network(architecture="squeezenet1_1", weights="none", mean=MEAN, std=MEAN)
        run(folder, "samples", settings=record(network, optimizer=optimizer))
    assert seen == [
        *(("cpu", True), "calibrate", "train", "end"),
        *(("cpu", False), "calibrate", "train", "end"),
    ]


def test_a_training_leaves_its_model_history_and_record(folder):
    output = run(folder, *JOINT)
    assert {path.name for path in output.iterdir()} == {
        *("model.safetensors", "history.csv", "run.json", "checkpoint.pt")
    }
    model = read_model(output / "model.safetensors")
    assert (model.classes, model.settings) == (CLASSES, NETWORK.resolved())
    for name, value in start_network().state_dict().items():
        assert (model.tensors[name] != value).any()
    assert pd.read_csv(output / "history.csv")["iteration"].tolist() == list(range(5))
    made = read_run(output / "run.json")
    assert made.settings.model_dump() == RECORD.model_dump(mode="json", by_alias=True)
    assert (made.code, made.seed, made.device, made.threads) == ("c", 4, "cpu", 1)
    assert made.shots == ("v/1", "w/0")
    assert made.images == ("i0", "i1", "i2")
    assert made.n_samples == {"car": 2, "boat": 3, "cat": 1}
    libraries = {name: version(name) for name in LIBRARIES}
    ours = {"python": platform.python_version(), "mcnn": __version__}
    assert made.versions == {**ours, **libraries}
    assert {"torch", "numpy", "numba", "PyMaxflow"} < set(LIBRARIES)
    assert made.seconds > 0


@pytest.fixture
def seen(folder, monkeypatch):
    """Codes of the shots, and of images without masks, that a training infers labels for."""
    images = [replace(image, mask=None) for image in make_images(folder)]
    write_images(images, folder / "images.parquet")
    recorders = {name: Recorder(monkeypatch, name) for name in ("of_shots", "of_images")}
    names = [recorder.name for recorder in recorders.values()]
    labels = dict(zip(("predictor", "image_predictor"), names, strict=True))

    def seen(*given):
        run(folder, *given, settings=record(labels=labels, iterations=10))
        return [
            {int(frames.images[0, 0, 0, 0]) for _, frames, _ in recorder.given}
            for recorder in recorders.values()
        ]

    return seen


@pytest.mark.parametrize(
    ("given", "shots", "images"),
    [
        (("samples",), {10, 20, 30}, set()),
        (("samples", "selected", "start"), {20, 30}, set()),
        (JOINT, {20, 30}, {100, 110, 120}),
        (("images",), set(), {100, 110, 120}),
    ],
)
def test_stages_see_all_shots_or_the_selected_ones_and_images_if_given(seen, given, shots, images):
    assert seen(*given) == [shots, images]


class Stopped(Exception):
    """Before the first update."""


@pytest.fixture
def begun(folder, monkeypatch):
    """What a training begins with: network, mini-batches, record, device, checkpoint, threads."""

    def stop(*given):
        raise Stopped(*given)

    def begun(*given, **options):
        with monkeypatch.context() as patch:
            patch.setattr(stage, "train", stop)
            with pytest.raises(Stopped) as caught:
                run(folder, *given, **options)
        return caught.value.args[:6]

    return begun


@pytest.mark.parametrize("given", [("samples",), JOINT])
def test_a_training_starts_from_its_start_or_at_random_by_its_seed(begun, given):
    weights = "imagenet" if "start" in given else "none"
    settings = record(network=NETWORK.model_copy(update={"weights": weights}))
    torch.seed()
    network, batches, *_ = begun(*given, settings=settings, seed=4)
    expected = start_network(seed=8 if "start" in given else 4)
    torch.testing.assert_close(network.state_dict(), expected.state_dict(), rtol=0, atol=0)
    assert (batches.seed, tuple(batches.fill)) == (4, FILL)


def test_a_training_starts_from_pretrained_weights(folder, monkeypatch):
    loaded = []
    monkeypatch.setattr(stage, "load_pretrained", lambda *given: loaded.append(given))
    weights = folder / "vgg16.safetensors"
    weights.write_bytes(b"weights")
    settings = record(network=NETWORK.model_copy(update={"weights": "imagenet"}))
    inputs = StageInputs(samples=folder / "samples.parquet", pretrained=weights)
    train_stage(inputs, folder / "out", settings, 0, "cpu", 1, "", 9, 9)
    assert [path for _, path in loaded] == [weights]
    made = read_run(folder / "out" / "run.json")
    assert made.start_sha256 == hashlib.sha256(b"weights").hexdigest()
    with pytest.raises(DataError, match="the pretrained weights were not given"):
        run(folder, "samples", settings=settings)


MOBILENET = Network(architecture="mobilenet_v2", weights="none", mean=MEAN)


def statistics_of(tensors):
    return torch.stack([tensors["classifier.0.mean"], tensors["classifier.0.std"]])


def test_the_features_statistics_are_measured_before_the_first_update_and_stay(folder, begun):
    settings = record(network=MOBILENET)
    network, *_ = begun("samples", settings=settings)
    measured = statistics_of(network.state_dict())
    assert measured[0].count_nonzero() > 400
    tensors = read_model(run(folder, "samples", settings=settings) / "model.safetensors").tensors
    assert torch.equal(statistics_of(tensors), measured)
    changed = [n for n, x in start_of(MOBILENET, 4).items() if not torch.equal(x, tensors[n])]
    assert set(changed) >= {"classifier.1.weight", "features.17.conv.2.weight"}


def start_of(network, seed):
    torch.manual_seed(seed)
    return build_network(network, 1 + len(CLASSES)).state_dict()


def test_a_model_to_start_from_brings_its_features_statistics_along(folder):
    torch.manual_seed(0)
    network = build_network(MOBILENET, 1 + len(CLASSES))
    for tensor in network.standardise.buffers():
        torch.nn.init.uniform_(tensor, 1, 2)
    save_network(network, folder / "start.safetensors", CLASSES, MOBILENET)
    output = run(folder, *JOINT, settings=record(network=MOBILENET))
    tensors = read_model(output / "model.safetensors").tensors
    assert torch.equal(statistics_of(tensors), statistics_of(network.state_dict()))


def test_a_frozen_backbone_is_the_same_to_the_bit_after_training(folder):
    optimizer = OPTIMIZER.model_copy(update={"backbone_multiplier": 0})
    settings = record(network=MOBILENET, optimizer=optimizer)
    tensors = read_model(run(folder, "samples", settings=settings) / "model.safetensors").tensors
    before = start_of(MOBILENET, 4)
    changed = {name for name, x in before.items() if not torch.equal(x, tensors[name])}
    assert changed == {f"classifier.{n}" for n in ("0.mean", "0.std", "1.weight", "1.bias")}


@pytest.mark.parametrize(
    "changes",
    [
        {"backbone_multiplier": 0},
        {"backbone_multiplier": 0, "backbone_input": "frames"},
        {"backbone_multiplier": 0.5},
    ],
)
def test_a_killed_training_of_standardised_features_ends_with_the_same_model(
    folder, monkeypatch, changes
):
    recorder = Recorder(monkeypatch)
    optimizer = OPTIMIZER.model_copy(update=changes)
    labels = {"predictor": recorder.name}
    settings = record(network=MOBILENET, optimizer=optimizer, labels=labels)
    model = run(folder, "samples", settings=settings) / "model.safetensors"
    uninterrupted, known = model.read_bytes(), recorder.answer
    model.unlink()
    model.with_name("checkpoint.pt").unlink()

    def killed(*given):
        if len(recorder.given) == 4:
            raise Stopped
        return known(*given)

    recorder.given.clear()
    recorder.answer = killed
    with pytest.raises(Stopped):
        run(folder, "samples", settings=settings)
    assert (model.parent / "checkpoint.pt").exists()
    recorder.answer = known
    run(folder, "samples", settings=settings)
    assert model.read_bytes() == uninterrupted


def test_features_of_whole_frames_are_kept_from_the_calibration_on(folder, monkeypatch):
    given = []
    monkeypatch.setattr(stage, "calibrate", lambda *all_: given.append(all_[-1]))
    monkeypatch.setattr(stage, "train", lambda *all_: given.append(all_[-1]) or [])
    optimizer = OPTIMIZER.model_copy(update={"backbone_multiplier": 0, "backbone_input": "frames"})
    settings = record(network=MOBILENET, optimizer=optimizer)
    inputs = StageInputs(samples=folder / "samples.parquet")
    train_stage(inputs, folder / "out", settings, 0, "cpu", 1, "", 9, 9, features_mb=7)
    assert given[0] is given[1]
    assert given[0]._left == 7 * 2**20


def test_device_and_threads_are_those_asked_for(begun, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    *_, device, _, threads = begun("samples", device="meta", threads=3)
    assert (device, threads, asked) == (torch.device("meta"), 3, [3])


def other_pixels(folder):
    write_shots(folder / "samples.parquet", [*SHOTS[:2], shot("w", 0, ("car",), 31, (25, 24))])


def other_tags(folder):
    images = make_images(folder)
    images[2] = replace(images[2], tags=("boat", "car"))
    write_images(images, folder / "images.parquet")


OTHER_FILES = [
    other_pixels,
    lambda folder: select(folder / "selected.csv", [True, True, True]),
    lambda folder: (folder / "i2.png").write_bytes((folder / "i0.png").read_bytes()),
    lambda folder: (folder / "i2_mask.png").write_bytes((folder / "i1_mask.png").read_bytes()),
    other_tags,
    lambda folder: write_images(make_images(folder)[:2], folder / "images.parquet"),
    lambda folder: save_network(start_network(9), folder / "start.safetensors", CLASSES, NETWORK),
]
OTHER_OPTIONS = [
    {"code": "c0d3"},
    {"seed": 5},
    {"device": "meta"},
    {"settings": record(alpha=2)},
    {"settings": record(labels={"lambda": 49})},
    {"settings": record(network=NETWORK.model_copy(update={"std": (0.2, 0.2, 0.2)}))},
    {"settings": record(optimizer=OPTIMIZER.model_copy(update={"momentum": 0.8}))},
]


def test_the_mark_of_a_checkpoint_changes_with_all_that_a_training_depends_on(
    folder, begun, monkeypatch
):
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)

    def mark(*given, **options):
        return begun(*given, **options)[-2].mark

    marks = [mark(*JOINT), mark("samples"), mark("images"), mark("samples", "images")]
    for change in OTHER_FILES:
        change(folder)
        marks.append(mark(*JOINT))
    marks += [mark(*JOINT, **options) for options in OTHER_OPTIONS]
    for name in LIBRARIES:
        with monkeypatch.context() as patch:
            patch.setattr(stage, "version", lambda n, name=name: "9" if n == name else version(n))
            marks.append(mark(*JOINT))
    with monkeypatch.context() as patch:
        patch.setattr(stage, "__version__", "9")
        marks.append(mark(*JOINT))
    monkeypatch.setattr(stage.platform, "python_version", lambda: "9")
    marks.append(mark(*JOINT))
    assert len(set(marks)) == len(marks)


def test_threads_do_not_change_the_mark_of_a_checkpoint(begun):
    assert begun(*JOINT, threads=2)[-2].mark == begun(*JOINT)[-2].mark


def test_a_checkpoint_lies_beside_the_outputs_and_how_often_is_no_part_of_its_mark(folder, begun):
    first = begun(*JOINT, often=(3, 8))[-2]
    second = begun(*JOINT, often=(4, 7))[-2]
    assert first == (folder / "models" / "joint" / "checkpoint.pt", second.mark, 3, 8)
    assert second[2:] == (4, 7)


def test_a_killed_training_goes_on_from_its_own_checkpoint(folder, monkeypatch):
    """But not from that of a training with another seed."""
    recorder = Recorder(monkeypatch)
    settings = record(labels={"predictor": recorder.name})

    def calls(seed, kill_at=None):
        recorder.given.clear()
        known = recorder.answer

        def killed(*given):
            if len(recorder.given) == kill_at:
                raise Stopped
            return known(*given)

        with monkeypatch.context() as patch:
            patch.setattr(recorder, "answer", killed)
            try:
                run(folder, "samples", settings=settings, seed=seed, often=(2, 9))
            except Stopped:
                assert (folder / "models" / "joint" / "checkpoint.pt").exists()
        return len(recorder.given)

    assert [calls(0, kill_at=4), calls(0)] == [4, 3]
    # Nor is a finished one trained again, though its outputs are gone.
    outputs = ["model.safetensors", "history.csv"]
    written = [(folder / "models" / "joint" / name).read_bytes() for name in outputs]
    for name in outputs:
        (folder / "models" / "joint" / name).unlink()
    assert calls(0) == 0
    assert [(folder / "models" / "joint" / name).read_bytes() for name in outputs] == written
    assert [calls(1, kill_at=4), calls(2)] == [4, 5]


def test_labels_on_a_grid_that_misses_scores_are_refused(folder):
    with pytest.raises(ConfigError, match=r"got 3, expected a divisor of .* output stride 8"):
        run(folder, "samples", settings=record(labels={"stride": 3}))


def test_no_shot_to_train_on_is_an_error(folder):
    select(folder / "selected.csv", [False, False, False])
    with pytest.raises(DataError, match="no shot to train on"):
        run(folder, *JOINT)
