import pytest

from mcnn.config.resolve import load_settings
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.shown import (
    chains,
    illustrated,
    images_of_the_paper,
    selections,
    videos_of_the_paper,
)
from mcnn.label_space import VOC_CLASSES, YOUTUBE_OBJECTS_CLASSES

VOC = {"format": "pascal_voc", "root": "VOC2012"}
HARD = {"labels": {"predictor": "hard"}}


def settings_of(*targets, **changes):
    base = {
        "seeds": [4, 1],
        "datasets": {
            "videos": {"format": "youtube_objects", "root": "YouTube-Objects"},
            "own": {"format": "video_folder", "root": "own"},
        },
        "images": {"val": {**VOC, "split": "val"}, "train": {**VOC, "split": "train"}},
        "network": {"architecture": "shallow", "weights": "none"},
        "experiments": {
            "m": {
                "dataset": "videos",
                "images": "train",
                "stages": ["initial", "finetuned", "joint"],
            },
            "hard": {"dataset": "videos", "stages": ["initial"], "override": HARD},
            "other": {"dataset": "videos", "stages": ["finetuned"], "start": "m/initial"},
            "still": {"images": "train", "stages": ["initial"]},
        },
        "evaluation": {"sets": ["val"]},
        "targets": targets,
    }
    return load_settings({**base, **changes})


def graph_of(*targets, **changes):
    return ExperimentGraph(settings_of(*targets, **changes))


def test_the_first_seed_of_each_target_is_illustrated_with_its_postprocessing():
    found = illustrated(graph_of("hard/initial", "m/joint", "m/joint/dense_crf"))
    assert [tuple(each) for each in found] == [
        ("hard", "initial", 4, "none"),
        ("m", "joint", 4, "none"),
        ("m", "joint", 4, "dense_crf"),
    ]
    assert illustrated(graph_of("m/joint", evaluation={"sets": []})) == []


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["hard/initial", "m/initial", "m/finetuned", "other/finetuned"], ["m", "other"]),
        (["m/initial", "m/joint"], ["m"]),
        (["hard/initial", "still/initial", "m/initial"], ["m"]),
        (["hard/initial", "still/initial"], []),
    ],
)
def test_chains_that_infer_labels_are_drawn_to_their_ends(targets, expected):
    found = chains(graph_of(*targets))
    assert [each.experiment for each in found] == expected
    assert all(each.seed == 4 for each in found)
    ends = {each.experiment: each.stage for each in found}
    assert ends.get("m") in (None, targets[-1].partition("/")[2], "finetuned")


def test_selections_are_those_that_trainings_go_back_to():
    found = selections(graph_of("m/joint", "other/finetuned"))
    assert [tuple(each) for each in found] == [("videos", "m", 4), ("videos", "m", 1)]
    assert selections(graph_of("m/initial")) == []


def test_the_papers_images_are_val_with_its_classes():
    assert images_of_the_paper(settings_of("m/initial")) == {"val": 909}
    twenty = settings_of("m/initial", classes=list(VOC_CLASSES))
    assert images_of_the_paper(twenty) == {"val": 1449}
    few = settings_of("m/initial", classes=list(YOUTUBE_OBJECTS_CLASSES[:4]))
    assert images_of_the_paper(few) == {}
    train = settings_of("m/initial", evaluation={"sets": ["train"]})
    assert images_of_the_paper(train) == {}


def test_the_papers_videos_have_its_layouts():
    assert videos_of_the_paper(settings_of("m/initial")) == {"videos": 155}


def test_a_rendered_world_is_none_of_the_papers():
    rendered = settings_of("m/initial", demo={"enabled": True})
    assert images_of_the_paper(rendered) == {}
    assert videos_of_the_paper(rendered) == {}
