import numpy as np
import pytest

from mcnn.demo.noise import octaves
from mcnn.demo.plan import DEMO_CLASSES, stream
from mcnn.demo.scenes import SCENE_TYPES, SCENES_OF, Camera, draw_scene

SIZE = (48, 64)


def test_each_class_has_its_scenes_and_shares_some() -> None:
    for tag in DEMO_CLASSES:
        assert sum(SCENES_OF[tag].values()) == pytest.approx(1)
        assert set(SCENES_OF[tag]) <= set(SCENE_TYPES)
        others = set().union(*(SCENES_OF[other] for other in DEMO_CLASSES if other != tag))
        assert set(SCENES_OF[tag]) & others


@pytest.mark.parametrize("kind", SCENE_TYPES)
def test_scenes_are_textured_and_differ(kind: str) -> None:
    one, other = (draw_scene(stream(5, k), kind, *SIZE).draw(Camera(), 0) for k in range(2))
    assert one.shape == (*SIZE, 3)
    assert np.isfinite(one).all()
    assert one.mean((0, 1)).min() > 10
    assert one.std((0, 1)).min() > 3
    assert np.abs(one - other).mean() > 5


@pytest.mark.parametrize("kind", ["sea", "field", "sky", "river"])
def test_backgrounds_move_by_themselves(kind: str) -> None:
    scene = draw_scene(stream(6), kind, *SIZE)
    now, later = scene.draw(Camera(), 0), scene.draw(Camera(), 10)
    assert np.abs(now - later).max() > 4


def test_the_camera_moves_the_near_more_than_the_far() -> None:
    scene = draw_scene(stream(7), "road", *SIZE)
    far, *_, near = scene.layers
    assert far.parallax < near.parallax
    rest, moved = scene.draw(Camera(), 0), scene.draw(Camera(x=4), 0)
    road = np.s_[-6:]
    assert (
        np.abs(rest[road, 4:] - moved[road, :-4]).mean() < np.abs(rest[road] - moved[road]).mean()
    )


def test_noise_is_centred_and_coarse() -> None:
    field = octaves(np.random.default_rng(0), (200, 200), (40, 40), 1)
    assert abs(field.mean()) < 0.2
    assert 0.3 < field.std() < 1.0
    assert np.abs(np.diff(field, axis=0)).max() < 0.3
