from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from mcnn.demo.appearance import draw_instance
from mcnn.demo.effects import effects_of
from mcnn.demo.motion_errors import draw_errors, segment
from mcnn.demo.plan import DEMO_CLASSES, ShotPlan, stream
from mcnn.demo.raster import GROUND, Pose, paint
from mcnn.demo.shots import draw_shot
from mcnn.demo.videos import render_shot

SIZE = (48, 64)


def rendered(tag: str, kind: str, number: int, length: int = 24) -> tuple[np.ndarray, ...]:
    plan = ShotPlan(tag, number, number, kind, number, 1, length)
    frames = list(render_shot(0, plan, kind, *SIZE))
    assert len(frames) == length
    return tuple(np.stack(part) for part in zip(*frames, strict=True))


@cache
def several(kind: str) -> list[tuple[np.ndarray, ...]]:
    return [rendered(tag, kind, number) for number in range(2) for tag in DEMO_CLASSES]


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def test_good_masks_are_fair_and_pass_the_bounds_of_pruning() -> None:
    shots = several("good")
    assert 0.45 < np.mean([iou(motion, truth) for _, motion, truth in shots]) < 0.8
    area = np.concatenate([motion.mean((1, 2)) for _, motion, _ in shots])
    assert np.mean((area >= 0.025) & (area <= 0.5)) > 0.8


def test_static_masks_are_mostly_empty_though_the_object_is_there() -> None:
    motion = np.concatenate([motion for _, motion, _ in several("static")])
    truth = np.concatenate([truth for _, _, truth in several("static")])
    assert np.mean(~motion.any((1, 2))) > 0.5
    assert truth.any((1, 2)).all()


def test_absent_masks_show_what_is_not_the_tag() -> None:
    for _, motion, truth in several("absent"):
        assert not truth.any()
        assert np.mean(motion.any((1, 2))) > 0.6


def test_masks_of_both_cover_more_than_the_object() -> None:
    beyond = [(motion & ~truth).sum() / motion.sum() for _, motion, truth in several("both")]
    alone = [(motion & ~truth).sum() / motion.sum() for _, motion, truth in several("good")]
    assert np.mean(beyond) > np.mean(alone) + 0.1


def test_shaken_masks_cover_more_than_pruning_allows() -> None:
    for _, motion, _ in several("shake"):
        assert np.mean(motion.mean((1, 2)) > 0.5) > 0.8


def test_a_duplicate_is_nearly_its_original() -> None:
    original = ShotPlan("horse", 0, 0, "good", 0, 1, 22)
    duplicate = ShotPlan("horse", 0, 1, "duplicate", 0, 23, 44)
    stranger = ShotPlan("horse", 0, 2, "good", 2, 45, 66)
    one, two, three = (
        draw_shot(0, plan, "good", *SIZE) for plan in (original, duplicate, stranger)
    )
    assert one.scene.kind == two.scene.kind
    np.testing.assert_array_equal(one.scene.layers[0].rgb, two.scene.layers[0].rgb)
    steps = [
        np.diff([pose.x for pose in shot.actors["target"].poses]) for shot in (one, two, three)
    ]
    zoom = two.cameras[0].zoom / one.cameras[0].zoom
    np.testing.assert_allclose(steps[1], steps[0] * zoom)
    assert not np.allclose(steps[2], steps[0], atol=0.05)
    assert one.cameras != two.cameras


def test_all_shots_of_a_video_show_the_same_individual_and_videos_differ() -> None:
    def colours(video: int, number: int) -> dict[str, tuple[float, float, float]]:
        plan = ShotPlan("cat", video, number, "good", number, 1, 20)
        return draw_shot(0, plan, "good", *SIZE).actors["target"].instance.colours

    assert colours(0, 0) == colours(0, 3)
    assert colours(0, 0) != colours(1, 5)


def test_masks_change_slowly_within_a_shot() -> None:
    for _, motion, _ in several("good"):
        if not motion.any((1, 2)).all() or motion.mean((1, 2)).max() > 0.5:
            continue  # a lapse
        following = [iou(a, b) for a, b in pairwise(motion)]
        far = [iou(a, b) for a, b in zip(motion[:12], motion[12:], strict=True)]
        assert np.median(following) > 0.7
        assert np.median(following) > np.median(far)


def recalls(kind: str, part: str, shots: int = 40) -> tuple[float, float]:
    """Mean recall of a part and of all the rest of an object, over the errors of many shots."""
    of_part, of_rest = [], []
    for number in range(shots):
        rng = stream(1, number)
        pose = Pose(50, 40, 60, phase=1.0)
        drawn = paint(draw_instance(rng, kind), pose, (80, 100))
        errors = draw_errors(rng, kind, drawn.names, 100, only_parts=False)
        mask = segment(errors, drawn, {}, pose, 3)
        seen = drawn.parts == drawn.names.index(part) + 1
        of_part.append(mask[seen].mean())
        of_rest.append(mask[(drawn.parts > 0) & ~seen].mean())
    return float(np.mean(of_part)), float(np.mean(of_rest))


@pytest.mark.parametrize(
    ("kind", "part"),
    [("horse", "legs"), ("aeroplane", "wings"), ("cat", "tail"), ("car", "wheels")],
)
def test_masks_of_a_class_miss_its_parts_systematically(kind: str, part: str) -> None:
    of_part, of_rest = recalls(kind, part)
    assert of_part < 0.6 < 0.75 < of_rest


@pytest.mark.parametrize(
    ("kind", "scene", "effect"), [("boat", "sea", "wake"), ("car", "road", "shadow")]
)
def test_surroundings_stick_to_a_class_systematically(kind: str, scene: str, effect: str) -> None:
    included = []
    for number in range(40):
        rng = stream(2, number)
        pose = Pose(55, 40, 60)
        drawn = paint(draw_instance(rng, kind), pose, (80, 100))
        effects = effects_of(kind, pose, scene, 1.0, (80, 100))
        errors = draw_errors(rng, kind, drawn.names, 100, only_parts=False)
        mask = segment(errors, drawn, effects, pose, 3)
        core = (effects[effect] > 0.7) & (drawn.alpha == 0)
        included.append(mask[core].mean() > 0.5)
    assert 0.6 < np.mean(included) < 1.0


def test_things_stand_on_the_ground_and_the_object_is_in_the_frame() -> None:
    for tag in DEMO_CLASSES:
        for number in range(6):
            plan = ShotPlan(tag, 0, number, "good", number, 1, 24)
            shot = draw_shot(3, plan, "good", *SIZE)
            for pose in shot.actors["target"].poses:
                assert 0 < pose.x < SIZE[1]
                if tag in GROUND:
                    foot = pose.y + GROUND[tag] * pose.size
                    assert foot > shot.scene.horizon * SIZE[0]
