"""config/paper.yaml on top of config.yaml: every value, and whose it is."""

import re

import pytest
from paper_values import DEMO, EXPECTED, PAPER, ROOT, SOURCES, flat, read

from mcnn.config.resolve import load_settings


def differences(settings):
    """Settings that are not as expected, or of which nothing is expected."""
    sections = {path.partition(".")[0] for path in EXPECTED}
    found = flat(settings.model_dump(mode="json", by_alias=True, include=sections))
    assert found.keys() >= EXPECTED.keys()
    return {path for path, value in found.items() if EXPECTED.get(path, "?") != value}


def test_every_value_of_the_papers_configuration():
    assert differences(read()) == set()


def test_what_a_configuration_leaves_out_is_as_in_the_papers():
    minimal = {
        "datasets": {"own": {"format": "video_folder", "root": "videos"}},
        "images": {"voc": {"format": "pascal_voc", "root": "voc", "split": "val"}},
        "experiments": {"m-cnn": {"dataset": "own", "stages": ["initial"]}},
        "targets": ["m-cnn/initial"],
        "evaluation": {"sets": ["voc"]},
    }
    of_the_run = {"colocalization.targets", "evaluation.sets"}
    # Numbers follow from the architecture.
    assert differences(load_settings(minimal)) == of_the_run | {"network.mean", "network.std"}


SABOTAGES = [
    (PAPER, "lambda: 50,", "lambda: 7.5,", "labels.lambda"),
    (PAPER, "stride: 1}", "stride: 2}", "labels.stride"),
    (PAPER, "iterations: 6000", "iterations: 300", "training.initial.iterations"),
    (PAPER, "learning_rate: 0.001,", "learning_rate: 0.01,", "training.initial.learning_rate"),
    (PAPER, "step_size: 2000", "step_size: 500", "training.initial.step_size"),
    (PAPER, "alpha: 1, warmup: 0", "alpha: 2, warmup: 0", "training.initial.alpha"),
    (PAPER, "  classifier_multiplier: 10\n", "", "training.classifier_multiplier"),
    (PAPER, "  crop_size: 321\n", "", "training.crop_size"),
    (PAPER, "iter_size: 1", "iter_size: 5", "training.iter_size"),
    (PAPER, "  background_weight: 1\n", "", "training.background_weight"),
    (PAPER, "frames_per_sample: 10", "frames_per_sample: 5", "shots.frames_per_sample"),
    (PAPER, "  images_per_batch: 10\n", "", "training.images_per_batch"),
    (PAPER, "architecture: deeplab_large_fov, ", "", "network.architecture"),
    (PAPER, "weights: imagenet", "weights: none", "network.weights"),
    (PAPER, "frames: all", "frames: annotated", "colocalization.frames"),
    (PAPER, "lambda: 10,", "lambda: 3,", "colocalization.lambda"),
    (PAPER, "motion: {superpixels: 1500, ", "motion: {", "motion.superpixels"),
    (DEMO, "preset: default", "preset: default\n  votes: 5", "motion.votes"),
    (DEMO, "momentum: 0.9", "momentum: 0.0", "training.momentum"),
    (DEMO, "weight_decay: 0.0005", "weight_decay: 0", "training.weight_decay"),
    (DEMO, "bias_multiplier: 2", "bias_multiplier: 1", "training.bias_multiplier"),
    (DEMO, "backbone_multiplier: 1", "backbone_multiplier: 0", "training.backbone_multiplier"),
    (DEMO, "step_factor: 0.1", "step_factor: 0.5", "training.step_factor"),
    (DEMO, "mirror: true", "mirror: false", "training.mirror"),
    (DEMO, "class_weights: auto", "class_weights: none", "training.class_weights"),
    (DEMO, "rounds: 4", "rounds: 1", "labels.rounds"),
    (DEMO, "predictor: soft", "predictor: hard", "labels.predictor"),
    (DEMO, "band: 0.02", "band: 0", "labels.band"),
    (DEMO, "min_iou: 0.2", "min_iou: 0", "selection.min_iou"),
    (DEMO, "min_frames: 20", "min_frames: 10", "shots.min_frames"),
    (DEMO, "max_foreground: 0.5", "max_foreground: 1", "shots.max_foreground"),
    (PAPER, "mean: [0.485, 0.456, 0.406]", "mean: [0.406, 0.456, 0.485]", "network.mean"),
    # The only one in a place where there is another.
    (PAPER, "alpha: 1, warmup: 0", "alpha: 1", "training.initial.warmup"),
]


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage[-1])
def test_each_other_value_is_noticed(sabotage):
    *change, path = sabotage
    assert differences(read(change)) == {path}


def test_all_other_values_at_once_are_noticed():
    *changes, paths = zip(*SABOTAGES[:-1], strict=True)
    assert differences(read(*zip(*changes, strict=True))) == set(paths)


def choices():
    """By setting, the columns of docs/method.md that say whose choice it is."""
    found = {}
    for line in (ROOT / "docs" / "method.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 6:
            for setting in re.findall(r"`([a-z_.]+)`", cells[4]):
                found.setdefault(setting, []).append(cells[3])
    return found


def test_whose_each_value_is_agrees_with_the_documentation():
    found = choices()
    documented = SOURCES.keys() & found.keys()
    assert {path for path in documented if SOURCES[path] not in " ".join(found[path])} == set()
    # Not about the method, or the same as another stage's or kind's.
    assert {path.rpartition(".")[2] for path in SOURCES.keys() - documented} <= {
        *("seeds", "width", "minimizer", "postprocessing", "videos_per_job"),
        *("checkpoint_every", "checkpoint_minutes", "precision", "micro_batch_size"),
        "deterministic",
        *("step_size", "warmup", "evidence", "gradient_floor", "slic_iterations", "raft_weights"),
    }
