import numpy as np

from mcnn.demo.appearance import draw_instance
from mcnn.demo.images import box_of, render_image
from mcnn.demo.plan import DEMO_CLASSES, stream
from mcnn.label_space import VOC_CLASSES

STILLS = [render_image(0, number, 48, 64) for number in range(60)]


def test_classes_are_balanced_and_every_image_shows_its_class() -> None:
    for number, still in enumerate(STILLS):
        tag = DEMO_CLASSES[number % 5]
        assert tag in [name for name, _ in still.objects]
        assert (still.labels == VOC_CLASSES.index(tag) + 1).any()


def test_tags_and_labels_tell_the_same() -> None:
    for still in STILLS:
        tagged = {VOC_CLASSES.index(name) + 1 for name, _ in still.objects}
        assert set(np.unique(still.labels)) <= {0, 255} | tagged


def test_some_images_show_two_classes_or_one_without_videos() -> None:
    names = [{name for name, _ in still.objects} for still in STILLS]
    assert any(len(tags & set(DEMO_CLASSES)) == 2 for tags in names)
    assert any(tags & {"person", "bottle"} for tags in names)


def test_objects_are_seamed_with_ignore() -> None:
    for still in STILLS:
        labels = still.labels.astype(int)
        for axis in (0, 1):
            before, after = np.split(labels, [1], axis)[1], np.split(labels, [-1], axis)[0]
            differ = (before != after) & (before != 255) & (after != 255)
            assert not differ.any()
        assert 0 < (labels == 255).mean() < 0.2


def test_boxes_hold_the_labels() -> None:
    for still in STILLS:
        for name, (xmin, ymin, xmax, ymax) in still.objects:
            inside = np.zeros(still.labels.shape, bool)
            inside[ymin - 1 : ymax, xmin - 1 : xmax] = True
            assert not (still.labels[~inside] == VOC_CLASSES.index(name) + 1).any()


def test_images_differ_from_one_another_and_from_the_videos() -> None:
    assert len({still.image.tobytes() for still in STILLS}) == len(STILLS)
    in_images = [draw_instance(stream(0, 7, number), "car").colours["paint"] for number in range(9)]
    in_videos = [
        draw_instance(stream(0, 2, 2, video), "car").colours["paint"] for video in range(9)
    ]
    assert len({*in_images, *in_videos}) == 18


def test_box_of_a_pixel() -> None:
    mask = np.zeros((4, 5), bool)
    mask[2, 3] = True
    assert box_of(mask) == (4, 3, 4, 3)
