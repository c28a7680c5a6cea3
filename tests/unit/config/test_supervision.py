"""Loss weights and mini-batches: M-CNN's are the paper's, the baselines have their own."""

import pytest

from mcnn.config.resolve import load_settings, stage_records

MCNN, BASELINE = ("balanced", "shots"), ("none", "frames")


def configuration(labels, training=None, **experiment):
    videos = {"format": "video_folder", "root": "videos"}
    return {
        "classes": ["cat", "dog"],
        "datasets": {"own": {**videos, "motion": {"format": "segment"}}},
        "images": {"voc": {"format": "pascal_voc", "root": "voc", "split": "val"}},
        "experiments": {
            "e": {"override": {"labels": labels, "training": training or {}}, **experiment}
        },
        "targets": [f"e/{experiment['stages'][-1]}"],
        "evaluation": {"sets": ["voc"]},
    }


def schemes(*arguments, **options):
    """Class weights and batches of each stage."""
    records = stage_records(load_settings(configuration(*arguments, **options)), "e")
    return [
        (each.optimizer.class_weights, each.optimizer.video_batches) for each in records.values()
    ]


@pytest.mark.parametrize("predictor", ["soft", "hard", "network_only"])
def test_mcnn_is_weighted_and_learns_shot_by_shot_in_all_stages(predictor):
    stages = ["initial", "finetuned", "joint"]
    for images in ("em_adapt", "network_only"):
        labels = {"predictor": predictor, "image_predictor": images}
        assert schemes(labels, dataset="own", stages=stages, images="voc") == [MCNN] * 3


@pytest.mark.parametrize("predictor", ["em_adapt", "em_fixed", "ccnn", "mil", "lse"])
def test_baselines_on_videos_learn_from_single_frames_without_weights(predictor):
    assert schemes({"predictor": predictor}, dataset="own", stages=["initial"]) == [BASELINE]


@pytest.mark.parametrize("predictor", ["em_adapt", "em_fixed", "ccnn", "mil", "lse", "full"])
def test_baselines_on_images_have_no_weights(predictor):
    labels = {"image_predictor": predictor}
    assert schemes(labels, images="voc", stages=["initial"]) == [BASELINE]


def test_the_energy_on_images_alone_is_weighted():
    labels = {"predictor": "em_adapt", "image_predictor": "network_only"}
    assert schemes(labels, images="voc", stages=["initial"]) == [MCNN]


def test_what_is_set_is_kept():
    training = {"class_weights": "none", "video_batches": "frames"}
    assert schemes({}, training, dataset="own", stages=["initial"]) == [BASELINE]
    training = {"class_weights": "balanced"}
    labels = {"predictor": "em_adapt"}
    found = schemes(labels, training, dataset="own", stages=["initial"])
    assert found == [("balanced", "frames")]
