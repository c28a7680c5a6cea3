"""Mini-batches of the baselines: single frames out of all shots, without class weights."""

import cv2
import numpy as np
import pytest

from mcnn.artefacts.samples import SampleFile, writing_samples
from mcnn.config.training import Optimizer
from mcnn.imaging.masks import encode_mask
from mcnn.training.batches import MiniBatches
from mcnn.training.loss import loss_weights

SHOTS = [("a", 0, ("boat",), 3), ("a", 1, ("boat", "car"), 4), ("b", 0, ("car",), 2)]
SIDE = 9


def frame_number(shot, position):
    return 10 * (shot + 1) + position


@pytest.fixture
def samples(tmp_path):
    """Each frame is of one grey, its number; as many pixels of its mask are set."""
    path = tmp_path / "samples.parquet"
    with writing_samples(path) as writer:
        for shot, (video, index, tags, length) in enumerate(SHOTS):
            images, masks = [], []
            for position in range(length):
                number = frame_number(shot, position)
                image = np.full((SIDE, SIDE, 3), number, np.uint8)
                images.append(cv2.imencode(".png", image)[1].tobytes())
                masks.append(encode_mask((np.arange(SIDE**2) < number).reshape(SIDE, SIDE)))
            writer.write(video, index, tags, range(length), images, masks)
    return SampleFile(path)


def mini_batches(samples, chosen, **settings):
    optimizer = Optimizer(crop_size=SIDE, mirror=False, images_per_batch=4, **settings)
    return MiniBatches(samples, chosen, [], ("boat", "car"), optimizer, (0, 0, 0), 0)


def test_an_epoch_has_each_frame_of_the_chosen_shots_once_with_its_mask_and_tags(samples):
    batches = mini_batches(samples, [0, 1, 2], video_batches="frames")
    labels = {0: (1,), 1: (1, 2), 2: (2,)}
    for epoch in range(3):
        seen = []
        for batch in (batches(3 * epoch + k) for k in range(3)):
            assert batch.is_shot
            assert len(batch.images) == len(batch.groups) == 3
            assert batch.valid.all()
            for t, (group, tags) in enumerate(batch.groups):
                assert group == slice(t, t + 1)
                (number,) = np.unique(batch.images[t])
                assert batch.masks[t].sum() == number
                assert tags == labels[number // 10 - 1]
                seen.append(int(number))
        expected = [frame_number(s, t) for s, shot in enumerate(SHOTS) for t in range(shot[3])]
        assert sorted(seen) == expected


def test_frames_of_one_batch_are_of_several_shots_in_another_order_each_epoch(samples):
    batches = mini_batches(samples, [0, 1, 2], video_batches="frames")
    drawn = [[int(image[0, 0, 0]) for image in batches(k).images] for k in range(12)]
    assert any(len({number // 10 for number in numbers}) == 3 for numbers in drawn)
    epochs = [tuple(map(tuple, drawn[3 * k : 3 * k + 3])) for k in range(4)]
    assert len(set(epochs)) == 4


def test_shots_that_were_not_chosen_give_no_frames(samples):
    batches = mini_batches(samples, [1], video_batches="frames")
    drawn = [int(image[0, 0, 0]) for image in batches(0).images]
    assert sorted(drawn) == [20, 21, 22, 23]


@pytest.mark.parametrize("given", [{}, {"video_batches": "shots"}])
def test_otherwise_a_batch_is_a_shot_whose_frames_are_labelled_together(samples, given):
    batches = mini_batches(samples, [0, 1, 2], **given)
    lengths = sorted(len(batches(k).images) for k in range(3))
    assert lengths == [2, 3, 4]
    assert all(batches(k).groups[0][0] == slice(0, len(batches(k).images)) for k in range(3))


def test_weights_of_the_loss_are_balanced_or_equal_or_all_1():
    balanced = Optimizer(class_weights="balanced", background_weight=0.4)
    assert loss_weights([10, 40], balanced).tolist() == pytest.approx([0.4, 1, 0.25])
    equal = Optimizer(class_weights="equal", background_weight=0.4)
    assert loss_weights([10, 40], equal).tolist() == pytest.approx([0.4, 1, 1])
    none = Optimizer(class_weights="none", background_weight=0.4)
    assert loss_weights([10, 40], none).tolist() == [1, 1, 1]
