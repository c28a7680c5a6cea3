"""The data of config/paper.yaml: videos, images and boxes that the rows of the tables are of."""

import pytest
from paper_values import DEMO, PAPER, read

from mcnn.label_space import VOC_CLASSES, YOUTUBE_OBJECTS_CLASSES

TEN, TWENTY = YOUTUBE_OBJECTS_CLASSES, VOC_CLASSES
DATASETS = {
    # Layout, motion masks, boxes and their lists; none named are all.
    "youtube_objects": ("youtube_objects", "segment", "youtube_objects_mat", ()),
    "imagenet_vid": ("imagenet_vid", "segment", "imagenet_vid", ()),
}
IMAGES = {
    "voc_train": ("train", TEN),
    "voc_val": ("val", TEN),
    "voc_aug": ("train_aug", TEN),
    "voc_train_20": ("train", TWENTY),
    "voc_val_20": ("val", TWENTY),
    "voc_aug_20": ("train_aug", TWENTY),
    "voc_test": ("test", TWENTY),
}


def found(settings):
    """Of each dataset and set of images, what the two tables above have."""
    datasets = {
        name: (each.format, each.motion.format, each.ground_truth.format, each.ground_truth.splits)
        for name, each in settings.datasets.items()
    }
    images = {
        name: (each.split, settings.classes_of_images(name))
        for name, each in settings.images.items()
    }
    assert {each.format for each in settings.images.values()} == {"pascal_voc"}
    return {**datasets, **images}


def differences(settings):
    expected, values = DATASETS | IMAGES, found(settings)
    return {name for name in expected | values if expected.get(name) != values.get(name)}


def test_all_data_of_the_papers_configuration():
    assert differences(read()) == set()


PNG = "motion: {format: png, root: masks}   # of"
TRUTH = "ground_truth: {format: youtube_objects_mat}"
OF_TEN = {name for name, (_, classes) in IMAGES.items() if classes == TEN}


@pytest.mark.parametrize(
    ("file", "old", "new", "wrong"),
    [
        (PAPER, "split: train}", "split: val}", {"voc_train"}),
        (PAPER, "all_classes, split: train_aug", "all_classes, split: train", {"voc_aug_20"}),
        (PAPER, "      - tvmonitor\n", "", IMAGES.keys() - OF_TEN),
        (PAPER, "[aeroplane, bird,", "[bird, aeroplane,", OF_TEN),
        (PAPER, "motion: {format: segment}   # of", PNG, {"youtube_objects"}),
        (DEMO, TRUTH, TRUTH[:-1] + ", splits: [Test]}", {"youtube_objects"}),
        (PAPER, "    format: imagenet_vid\n", "    format: video_folder\n", {"imagenet_vid"}),
    ],
)
def test_other_data_are_noticed(file, old, new, wrong):
    assert differences(read((file, old, new))) == wrong
