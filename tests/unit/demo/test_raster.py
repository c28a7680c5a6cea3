import numpy as np
import pytest

from mcnn.demo.appearance import draw_instance
from mcnn.demo.geometry import curve, ellipse, path, points, ribbon, smooth, turn
from mcnn.demo.plan import DEMO_CLASSES, stream
from mcnn.demo.raster import SHAPES, Pose, paint

SHAPE = (80, 101)


def drawn(kind: str, pose: Pose, seed: int = 0):
    return paint(draw_instance(stream(9, seed), kind), pose, SHAPE)


@pytest.mark.parametrize("kind", SHAPES)
def test_colours_lie_where_the_object_covers(kind: str) -> None:
    picture = drawn(kind, Pose(50, 40, 60))
    assert picture.alpha.min() == 0
    assert picture.alpha.max() == 1
    assert not picture.rgb[picture.alpha == 0].any()


@pytest.mark.parametrize("kind", DEMO_CLASSES)
def test_mirrored_objects_face_left(kind: str) -> None:
    right = drawn(kind, Pose(50.5, 40, 60)).alpha
    left = drawn(kind, Pose(50.5, 40, 60, mirrored=True)).alpha
    assert np.abs(right[:, ::-1] - left).mean() < 0.01
    assert np.abs(right - left).mean() > 0.02


@pytest.mark.parametrize("kind", ["horse", "person"])
def test_limbs_move_with_the_phase(kind: str) -> None:
    one, other = drawn(kind, Pose(50, 40, 60)), drawn(kind, Pose(50, 40, 60, phase=1.5))
    assert np.abs(one.alpha - other.alpha).sum() > 20


def test_an_object_outside_of_the_picture_leaves_no_trace() -> None:
    picture = drawn("car", Pose(400, 40, 60))
    assert not picture.alpha.any()
    assert not picture.rgb.any()


def test_area_grows_with_the_square_of_the_size() -> None:
    small, large = (drawn("car", Pose(50, 45, size)).alpha.sum() for size in (25, 50))
    assert large / small == pytest.approx(4, rel=0.1)


def test_classes_differ_in_their_silhouettes() -> None:
    shapes = {
        kind: np.mean([drawn(kind, Pose(50, 40, 55), s).alpha for s in range(8)], 0)
        for kind in DEMO_CLASSES
    }
    for one in DEMO_CLASSES:
        for other in DEMO_CLASSES:
            if one < other:
                both = np.minimum(shapes[one], shapes[other]).sum()
                assert both / np.maximum(shapes[one], shapes[other]).sum() < 0.6


def test_colour_alone_does_not_tell_the_class() -> None:
    # A class's coats and paints are also those of others: nearest neighbours often err.
    samples = [
        (c, draw_instance(stream(8, c, k), kind))
        for c, kind in enumerate(DEMO_CLASSES)
        for k in range(60)
    ]
    tags = np.array([c for c, _ in samples])
    keys = [next(key for key in ("coat", "paint") if key in i.colours) for _, i in samples]
    rgb = np.array([i.colours[key] for key, (_, i) in zip(keys, samples, strict=True)])
    distance = np.linalg.norm(rgb[:, None] - rgb[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, 1)[:, :9]
    votes = np.array([np.bincount(tags[row], minlength=5).argmax() for row in nearest])
    assert 0.25 < np.mean(votes == tags) < 0.65


def test_smooth_passes_through_its_vertices() -> None:
    vertices = path("0,0 1,0 1,1 0,2")
    np.testing.assert_allclose(smooth(vertices, 4)[::4], vertices)


def test_curve_passes_through_its_three_points() -> None:
    line = curve(points(0, 0, 1, 2, 3, 1), 5)
    np.testing.assert_allclose(line[[0, 2, 4]], [[0, 0], [1, 2], [3, 1]])


def test_turn_goes_around_its_centre() -> None:
    np.testing.assert_allclose(turn(points(2, 1), np.pi / 2, (1, 1)), [[1, 2]], atol=1e-12)


def test_ellipse_has_its_axes() -> None:
    outline = ellipse(1, 2, 3, 4)
    np.testing.assert_allclose(outline.max(0) - (1, 2), (3, 4), rtol=0.02)


def test_ribbon_keeps_its_radius() -> None:
    (capsule,) = ribbon(points(0, 0, 10, 0), (1, 2))
    assert capsule[:, 0].min() == pytest.approx(-1)
    assert capsule[:, 0].max() == pytest.approx(12)
    assert capsule[:, 1].max() == pytest.approx(2)
