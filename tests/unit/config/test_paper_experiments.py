"""The trainings of config/paper.yaml: what each is trained on, and with which settings."""

import pytest
from paper_values import DEMO, EXPECTED, PAPER, flat, read

from mcnn.config.resolve import stage_records
from mcnn.label_space import VOC_CLASSES, YOUTUBE_OBJECTS_CLASSES

ONE, FIVE = (0,), (0, 1, 2, 3, 4)
YTUBE, IMNET = "youtube_objects", "imagenet_vid"
ALL, BEST, MORE = "initial", "finetuned", "joint"
SMALL = {"network.architecture": "deeplab_small_fov"}
EM_IMAGES = {"labels.image_predictor": "em_adapt"}
# The baselines: 20 images or single frames in a mini-batch, and no class weights.
BASELINE = {
    "optimizer.images_per_batch": 20,
    "optimizer.class_weights": "none",
    "optimizer.video_batches": "frames",
}
EM_ADAPT = BASELINE | {"labels.predictor": "em_adapt"}
EM_SMALL = EM_ADAPT | EM_IMAGES | SMALL
OF_IMAGES = {name: BASELINE | {"labels.image_predictor": name} for name in ("ccnn", "mil", "full")}


def alpha(stage, value):
    return {f"{stage}: stage.alpha": value}


EXPERIMENTS = {
    # Dataset, stages, start, images, seeds, and what differs from M-CNN's settings.
    # Table 1: five runs each.
    "em-adapt-small": (YTUBE, [ALL], None, None, FIVE, EM_SMALL),
    "em-adapt": (YTUBE, [ALL], None, None, FIVE, EM_ADAPT),
    "m-cnn-small": (YTUBE, [ALL], None, None, FIVE, SMALL),
    "m-cnn-hard": (YTUBE, [ALL], None, None, FIVE, {"labels.predictor": "hard"}),
    "m-cnn": (YTUBE, [ALL, BEST, MORE], None, "voc_train", FIVE, EM_IMAGES),
    # Table 2. The labels of images are EM-Adapt's.
    "em-adapt-imnet": (IMNET, [ALL], None, None, ONE, EM_SMALL),
    "em-adapt-voc": (None, [ALL], None, "voc_train", ONE, EM_SMALL),
    "em-adapt-voc-aug": (None, [ALL], None, "voc_aug", ONE, EM_SMALL),
    "m-cnn-voc-aug": (YTUBE, [MORE], "m-cnn/finetuned", "voc_aug", ONE, EM_IMAGES),
    "m-cnn-imnet": (IMNET, [ALL, BEST, MORE], None, "voc_train", ONE, EM_IMAGES),
    "m-cnn-imnet-voc-aug": (IMNET, [MORE], "m-cnn-imnet/finetuned", "voc_aug", ONE, EM_IMAGES),
    # Section 4.4
    "m-cnn-network-only": (YTUBE, [MORE], "m-cnn/finetuned", "voc_train", ONE, {}),
    # Table 3: twenty classes.
    "m-cnn-20": (YTUBE, [MORE], "m-cnn/finetuned", "voc_train_20", ONE, EM_IMAGES),
    "m-cnn-imnet-20": (IMNET, [MORE], "m-cnn-imnet/finetuned", "voc_train_20", ONE, EM_IMAGES),
    "em-adapt-20": (None, [ALL], None, "voc_aug_20", ONE, EM_SMALL),
    "ccnn-20": (None, [ALL], None, "voc_aug_20", ONE, OF_IMAGES["ccnn"]),
    "mil-20": (None, [ALL], None, "voc_aug_20", ONE, OF_IMAGES["mil"]),
    "full-20": (None, [ALL], None, "voc_aug_20", ONE, OF_IMAGES["full"]),
    # Section 4.2
    **{
        f"m-cnn-rounds-{n}": (YTUBE, [ALL], None, None, ONE, {"labels.rounds": n})
        for n in (1, 2, 3, 5)
    },
    **{
        f"m-cnn-alpha-{value}": (YTUBE, [ALL], None, None, ONE, alpha(ALL, float(value)))
        for value in ("0.5", "2", "3", "10")
    },
    **{
        f"m-cnn-finetuned-alpha-{value}": (
            *(YTUBE, [BEST], "m-cnn/initial", None, ONE),
            alpha(BEST, float(value)),
        )
        for value in ("0.5", "1", "3", "10")
    },
}


def of_section(name):
    return {path: value for path, value in EXPECTED.items() if path.startswith(f"{name}.")}


def expected_record(name, stage):
    dataset, stages, start, images, _, differing = EXPERIMENTS[name]
    place = stages.index(stage)
    training = {path.removeprefix("training."): v for path, v in of_section("training").items()}
    of_stage = f"{stage}: "
    return {
        "dataset": dataset,
        "images": images if stage == MORE or dataset is None else None,
        "classes": list(VOC_CLASSES if name.endswith("-20") else YOUTUBE_OBJECTS_CLASSES),
        "start": f"{name}/{stages[place - 1]}" if place else start,
        **of_section("network"),
        **of_section("labels"),
        **{
            f"stage.{path.removeprefix(f'{stage}.')}": value
            for path, value in training.items()
            if path.startswith(f"{stage}.")
        },
        **{
            f"optimizer.{path}": value
            for path, value in training.items()
            if "." not in path and path.partition("_")[0] != "checkpoint"
        },
        "optimizer.class_weights": "balanced",
        "optimizer.video_batches": "shots",
        "plug_in_code": "",
        **{path: value for path, value in differing.items() if ": " not in path},
        **{
            path.removeprefix(of_stage): value
            for path, value in differing.items()
            if path.startswith(of_stage)
        },
    }


def differences(settings):
    """Experiments, or stages of them, that are not as expected."""
    found = set(EXPERIMENTS.keys() ^ settings.experiments.keys())
    for name, (_, stages, _, _, seeds, _) in EXPERIMENTS.items():
        records = stage_records(settings, name)
        if list(records) != stages or settings.seeds_of_experiment(name) != seeds:
            found.add(name)
        for stage, record in records.items():
            if flat(record.model_dump(mode="json", by_alias=True)) != expected_record(name, stage):
                found.add(f"{name}/{stage}")
    return found


def test_every_training_of_the_papers_configuration():
    assert differences(read()) == set()


OF_FIVE_SEEDS = {name for name, (*_, seeds, _) in EXPERIMENTS.items() if seeds == FIVE}
IN_M_CNN = "    override: {labels: &image_labels {image_predictor: em_adapt}}\n"
IN_FINETUNING = "override: {training: {finetuned: {alpha: 10}}}"


@pytest.mark.parametrize(
    ("file", "old", "new", "wrong"),
    [
        (PAPER, "seeds: &five [0, 1, 2, 3, 4]", "seeds: &five [0, 1, 2, 3]", OF_FIVE_SEEDS),
        (PAPER, "labels: {rounds: 5}", "labels: {rounds: 4}", {"m-cnn-rounds-5/initial"}),
        (
            *(PAPER, IN_FINETUNING, "override: {training: {joint: {alpha: 10}}}"),
            {"m-cnn-finetuned-alpha-10/finetuned"},
        ),
        (
            *(PAPER, IN_M_CNN, IN_M_CNN[:-2] + ", training: {joint: {alpha: 1}}}\n"),
            {"m-cnn/joint"},
        ),
        (
            *(PAPER, IN_M_CNN, IN_M_CNN[:-2] + ", training: {initial: {warmup: 9}}}\n"),
            {"m-cnn/initial"},
        ),
        (
            *(DEMO, "override: {labels: {predictor: hard}}", "override: {}"),
            {"m-cnn-hard/initial"},
        ),
    ],
)
def test_a_training_that_differs_is_noticed(file, old, new, wrong):
    assert differences(read((file, old, new))) == wrong
