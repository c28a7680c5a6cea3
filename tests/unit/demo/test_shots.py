import numpy as np

from mcnn.demo.plan import DEMO_CLASSES, KINDS, ShotPlan
from mcnn.demo.raster import GROUND, paint
from mcnn.demo.shots import draw_shot
from mcnn.demo.videos import render_shot

SIZE = (48, 64)


def rendered(tag: str, kind: str, number: int, length: int = 24) -> tuple[np.ndarray, ...]:
    plan = ShotPlan(tag, number, number, kind, number, 1, length)
    frames = list(render_shot(0, plan, kind, *SIZE))
    assert len(frames) == length
    return tuple(np.stack(part) for part in zip(*frames, strict=True))


def test_the_object_is_there_but_in_shots_where_it_is_absent() -> None:
    for kind in KINDS:
        for tag in DEMO_CLASSES:
            truth = rendered(tag, kind, 0)[1]
            assert truth.any((1, 2)).all() == (kind != "absent"), (kind, tag)


def test_what_hides_the_object_is_not_the_object() -> None:
    for number in range(4):
        plan = ShotPlan("horse", number, number, "both", number, 1, 24)
        actors = draw_shot(0, plan, "both", *SIZE).actors
        truth = rendered("horse", "both", number)[1]
        alone = np.stack(
            [paint(actors["target"].instance, p, SIZE).alpha for p in actors["target"].poses]
        )
        assert not (truth & (alone < 0.5)).any()
        if list(actors) == ["distractor", "target"]:
            np.testing.assert_array_equal(truth, alone >= 0.5)


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
