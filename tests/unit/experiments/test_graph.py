import pytest

from mcnn.config.resolve import load_settings
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.steps import Evaluation, Inputs, Step

TRUTH = {"format": "png", "root": "truth"}
VOC = {"format": "pascal_voc", "root": "VOC2012", "split": "train"}
WEB, OWN, TAGGED = {"dataset": "web"}, {"dataset": "own"}, {"images": "tagged"}
MORE = ["boat", "car", "cow"]


def row(table, method, variant):
    return {"table": table, "method": method, "variant": variant}


CONFIG = {
    "seeds": [0, 1],
    "classes": ["boat", "car"],
    "datasets": {
        "left_out": {"format": "video_folder", "root": "left_out"},
        "web": {"format": "video_folder", "root": "web", "ground_truth": TRUTH},
        "own": {"format": "video_folder", "root": "own", "ground_truth": TRUTH},
    },
    "images": {
        "left_out": VOC,
        "of_more": {**VOC, "classes": MORE},
        "val": VOC,
        "tagged": VOC,
        "val_of_more": {**VOC, "classes": MORE},
    },
    "network": {"architecture": "shallow", "weights": "none"},
    "evaluation": {"sets": ["val", "val_of_more"]},
    "experiments": {
        "base": {
            **WEB,
            **TAGGED,
            "stages": ["initial", "finetuned", "joint"],
            "published": {
                "initial": row("table1", "M-CNN*", "soft"),
                "joint": [row("table2", "M-CNN", "web"), row("table1", "M-CNN", "joint")],
            },
        },
        "moved": {**OWN, "stages": ["finetuned"], "start": "base/initial", "seeds": [3, 2]},
        "far": {
            **WEB,
            "stages": ["joint"],
            "start": "moved/finetuned",
            "images": "of_more",
            "classes": MORE,
            "seeds": [1, 4],
            "published": {"joint": row("table3", "M-CNN", "more")},
        },
        "still": {
            **TAGGED,
            "stages": ["initial"],
            "override": {
                "labels": {"image_predictor": "em_adapt"},
                "network": {"architecture": "squeezenet1_1", "weights": "imagenet"},
            },
        },
        "awake": {**OWN, **TAGGED, "stages": ["finetuned", "joint"], "start": "still/initial"},
        "left_out": {"dataset": "left_out", "stages": ["initial"]},
    },
}


def graph_of(*targets, localizing=(), **changes):
    colocalization = {"targets": list(localizing), **changes.pop("colocalization", {})}
    config = {**CONFIG, "targets": list(targets), "colocalization": colocalization, **changes}
    return ExperimentGraph(load_settings(config))


def steps(text):
    return [Step(*step.split("/")) for step in text.split()]


@pytest.mark.parametrize(
    "chain",
    [
        "base/initial",
        "base/initial base/finetuned base/joint",
        "base/initial moved/finetuned far/joint",
        "still/initial awake/finetuned awake/joint",
    ],
)
def test_a_chain_leads_through_other_experiments_to_an_initial_step(chain):
    *_, last = expected = steps(chain)
    assert graph_of("/".join(last)).chain(*last) == expected


@pytest.mark.parametrize(
    ("target", "dataset", "images", "start", "selected_by"),
    [
        ("base/initial", "web", None, None, None),
        ("base/finetuned", "web", None, "base/initial", "base"),
        ("base/joint", "web", "tagged", "base/finetuned", "base"),
        ("moved/finetuned", "own", None, "base/initial", "base"),
        ("far/joint", "web", "of_more", "moved/finetuned", "base"),
        ("awake/finetuned", "own", None, "still/initial", "still"),
        ("awake/joint", "own", "tagged", "awake/finetuned", "still"),
    ],
)
def test_shots_are_selected_by_the_initial_model_of_the_chain(
    target, dataset, images, start, selected_by
):
    start = Step(*start.split("/")) if start else None
    expected = Inputs(dataset, images, start, selected_by, "none", "shallow")
    assert graph_of(target).inputs(*target.split("/")) == expected


def test_a_step_on_images_alone_selects_no_shots():
    expected = Inputs(None, "tagged", None, None, "imagenet", "squeezenet1_1")
    assert graph_of("still/initial").inputs("still", "initial") == expected


def test_what_a_step_needs_has_the_seeds_of_all_that_need_it_each_once():
    localizing = ["far/joint", "base/finetuned"]
    needed = graph_of("moved/finetuned", "base/finetuned", localizing=localizing).needed()
    assert needed == {
        ("base", "initial"): (3, 2, 0, 1, 4),
        ("moved", "finetuned"): (3, 2, 1, 4),
        ("base", "finetuned"): (0, 1),
        ("far", "joint"): (1, 4),
    }
    order = list(needed)
    assert order.index(("base", "initial")) < order.index(("moved", "finetuned"))
    assert order.index(("moved", "finetuned")) < order.index(("far", "joint"))


@pytest.mark.parametrize(
    ("targets", "localizing", "datasets", "image_sets"),
    [
        (["base/initial"], [], ["web"], ["val"]),
        (["base/joint"], [], ["web"], ["val", "tagged"]),
        (["still/initial"], [], [], ["val", "tagged"]),
        (["moved/finetuned"], [], ["web", "own"], ["val"]),
        (["far/joint"], [], ["web", "own"], ["of_more", "val_of_more"]),
        (["far/joint", "base/initial"], [], ["web", "own"], ["of_more", "val", "val_of_more"]),
        (["base/initial"], ["moved/finetuned"], ["web", "own"], ["val"]),
        (["base/initial"], ["far/joint"], ["web", "own"], ["of_more", "val"]),
    ],
)
def test_data_are_those_of_the_needed_steps_in_the_order_of_the_configuration(
    targets, localizing, datasets, image_sets
):
    graph = graph_of(*targets, localizing=localizing)
    assert graph.datasets() == datasets
    assert graph.image_sets() == image_sets


TARGETS = ["far/joint", "base/joint", "still/initial", "base/initial"]


def seeded(experiment, stage, seeds=(0, 1), postprocessing="none"):
    return [Evaluation(experiment, stage, seed, postprocessing) for seed in seeds]


def test_tables_show_the_targets_whose_rows_they_have_with_their_seeds():
    base, initial = seeded("base", "joint"), seeded("base", "initial")
    still, far = seeded("still", "initial"), seeded("far", "joint", (1, 4))
    tables = graph_of(*TARGETS).tables()
    assert list(tables) == ["segmentation", "table1", "table2", "table3"]
    assert tables == {
        "segmentation": [*far, *base, *still, *initial],
        "table1": [*base, *initial],
        "table2": base,
        "table3": far,
    }


def test_without_published_rows_there_is_the_table_of_all_targets_alone():
    graph = graph_of("still/initial")
    assert graph.tables() == {"segmentation": seeded("still", "initial")}
    assert graph.rows("segmentation") == graph.quoted("segmentation") == []


def test_a_target_is_shown_once_however_many_rows_of_a_table_it_has():
    published = [row("table1", "M-CNN", "a"), row("table1", "M-CNN", "b")]
    base = {**CONFIG["experiments"]["base"], "published": {"initial": published}}
    experiments = {**CONFIG["experiments"], "base": base}
    graph = graph_of("base/initial", experiments=experiments)
    assert graph.tables()["table1"] == seeded("base", "initial")
    assert [found["variant"] for found in graph.rows("table1")] == ["a", "b"]


def test_rows_are_those_of_the_table_and_the_table_of_all_has_all():
    graph = graph_of(*TARGETS)
    last = {"stage": "joint", "postprocessing": "none"}
    far = {"experiment": "far", **last, **row("table3", "M-CNN", "more")}
    web = {"experiment": "base", **last, **row("table2", "M-CNN", "web")}
    joint = {"experiment": "base", **last, **row("table1", "M-CNN", "joint")}
    soft = {"experiment": "base", **last, "stage": "initial", **row("table1", "M-CNN*", "soft")}
    assert graph.rows("segmentation") == [far, web, joint, soft]
    assert graph.rows("table1") == [joint, soft]
    assert graph.rows("table2") == [web]
    assert graph.rows("table3") == [far]
    assert graph.quoted("segmentation") == ["table1", "table2", "table3"]
    assert graph.quoted("table1") == ["table1"]


WITH_CRF = {
    **row("table1", "M-CNN", "a"),
    "postprocessing": "dense_crf",
}


@pytest.mark.parametrize("default", ["none", "dense_crf"])
def test_postprocessing_is_of_a_target_and_trains_nothing_twice(default):
    other = {"none": "dense_crf", "dense_crf": "none"}[default]
    published = [row("table1", "M-CNN", "b"), WITH_CRF]
    base = {**CONFIG["experiments"]["base"], "published": {"initial": published}}
    graph = graph_of(
        *("base/initial", f"base/initial/{other}", f"base/initial/{default}"),
        experiments={**CONFIG["experiments"], "base": base},
        evaluation={**CONFIG["evaluation"], "postprocessing": default},
    )
    assert [target.postprocessing for target in graph.targets] == [default, other]
    assert graph.needed() == {("base", "initial"): (0, 1)}
    evaluations = {each.postprocessing for each in graph.tables()["segmentation"]}
    assert evaluations == {"none", "dense_crf"}
    found = {target.postprocessing: graph.published(target) for target in graph.targets}
    variants = {name: [each.variant for each in rows] for name, rows in found.items()}
    assert variants == (
        {"none": ["b"], "dense_crf": ["a"]}
        if default == "none"
        else {"none": [], "dense_crf": ["b", "a"]}
    )


def test_splits_are_those_of_vocs_sets():
    sets = ["voc_val", "horses"]
    voc = {"format": "pascal_voc", "root": "v", "split": "val"}
    horses = {"format": "image_folder", "images": "i", "masks": "m", "tag": "boat"}
    graph = graph_of(
        "base/initial",
        images={**CONFIG["images"], "voc_val": voc, "horses": horses},
        evaluation={"sets": sets},
    )
    assert graph.splits() == {"voc_val": "val"}


def test_rows_of_stages_that_are_no_target_are_not_quoted():
    assert graph_of("base/initial").quoted("segmentation") == ["table1"]
    assert len(graph_of("base/initial").rows("segmentation")) == 1


def test_behind_trainings_are_their_chains_with_their_seeds_none_twice():
    graph = graph_of("far/joint", "base/finetuned")
    last = [*seeded("far", "joint", [4]), *seeded("base", "finetuned", [4])]
    assert graph.behind([*last, *seeded("base", "initial", [0])]) == [
        ("base", "finetuned", 4),
        ("base", "initial", 0),
        ("base", "initial", 4),
        ("far", "joint", 4),
        ("moved", "finetuned", 4),
    ]
    assert graph.behind([]) == []


def test_localizations_are_of_every_seed_and_the_first_is_drawn():
    graph = graph_of("base/initial", localizing=["moved/finetuned", "base/joint"])
    assert graph.localizing_targets() == [("moved", "finetuned", "own"), ("base", "joint", "web")]
    assert graph.localizations() == [
        ("moved", "finetuned", 3, "own"),
        ("moved", "finetuned", 2, "own"),
        ("base", "joint", 0, "web"),
        ("base", "joint", 1, "web"),
    ]
    assert graph.drawn() == [("moved", "finetuned", 3, "own"), ("base", "joint", 0, "web")]
    assert graph.localized_datasets() == ["own", "web"]


def test_a_dataset_that_nothing_is_trained_on_may_be_localized():
    graph = graph_of("base/initial", localizing=["base/initial@own", "base/initial"])
    assert graph.localizing_targets() == [("base", "initial", "own"), ("base", "initial", "web")]
    assert graph.needed() == {("base", "initial"): (0, 1)}
    assert graph.trained_datasets() == ["web"]
    assert graph.datasets() == ["web", "own"]


def test_what_is_scored_names_its_split_and_the_papers_dataset():
    formats = {
        "vid": ("imagenet_vid", {"format": "imagenet_vid"}),
        "test": ("youtube_objects", {"format": "youtube_objects_mat", "splits": ["Test"]}),
        "both": ("youtube_objects", {"format": "youtube_objects_mat"}),
        "old": ("youtube_objects_v1", {"format": "sticks"}),
    }
    datasets = {
        name: {"format": layout, "root": name, "ground_truth": truth}
        for name, (layout, truth) in formats.items()
    }
    graph = graph_of(
        "base/initial",
        datasets={**CONFIG["datasets"], **datasets},
        localizing=[f"base/initial@{name}" for name in formats],
    )
    youtube_objects = "YouTube-Objects"
    assert graph.scored_on() == {
        "both": {"published": youtube_objects, "split": "Training, Test"},
        "old": {"published": youtube_objects, "split": "all"},
        "test": {"published": youtube_objects, "split": "Test"},
        "vid": {"published": "ImageNet-VID", "split": "all"},
    }


def test_without_targets_nothing_is_localized():
    graph = graph_of("base/initial")
    assert graph.localizations() == graph.drawn() == graph.localized_datasets() == []


def test_without_an_evaluation_there_are_pictures_of_the_targets_first_seeds():
    targets = ["base/joint", "base/joint/dense_crf", "moved/finetuned"]
    assert ExperimentGraph(load_settings({**CONFIG, "targets": targets})).pictured() == []
    graph = ExperimentGraph(load_settings({**CONFIG, "evaluation": {}, "targets": targets}))
    assert graph.pictured() == [("base", "joint", 0), ("moved", "finetuned", 3)]
    assert graph.tables() == {}
    assert "val" not in graph.image_sets()
