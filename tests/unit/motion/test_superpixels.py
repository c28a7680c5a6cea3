import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.imaging.slic import segment_superpixels
from mcnn.motion.superpixels import describe, link, mean_over


def random_labels(rng, shape=(13, 17), count=12):
    return rng.integers(0, count, shape).astype(np.int32)


def test_slic_gives_about_as_many_as_asked():
    y, x = np.mgrid[0:120, 0:160]
    frame = np.stack([y, x, (x + y) // 2], axis=2).astype(np.uint8)
    labels = segment_superpixels(frame, 200)
    assert labels.shape == (120, 160)
    assert labels.dtype == np.int32
    assert labels.min() == 0
    assert 100 < labels.max() + 1 < 300


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_description_by_hand(seed):
    rng = np.random.default_rng(seed)
    labels = random_labels(rng)
    frame = rng.integers(0, 255, (13, 17, 3), dtype=np.uint8)
    found = describe(frame, labels)
    pairs, centres = set(), {}
    for y in range(13):
        for x in range(17):
            for ny in range(max(0, y - 1), min(13, y + 2)):
                for nx in range(max(0, x - 1), min(17, x + 2)):
                    a, b = int(labels[y, x]), int(labels[ny, nx])
                    if a != b:
                        pairs.add((min(a, b), max(a, b)))
    for k in np.unique(labels):
        centres[k] = np.argwhere(labels == k).mean(0)
        np.testing.assert_allclose(found.colours[k], frame[labels == k].mean(0))
        assert found.sizes[k] == (labels == k).sum()
    assert {(int(a), int(b)) for a, b in found.pairs} == pairs
    assert len(found.pairs) == len(pairs)
    for (a, b), distance in zip(found.pairs, found.distances, strict=True):
        assert np.isclose(distance, np.linalg.norm(centres[a] - centres[b]))


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_links_by_hand(seed):
    rng = np.random.default_rng(seed)
    first, second = random_labels(rng), random_labels(rng)
    frame = np.zeros((13, 17, 3), np.uint8)
    flow = rng.normal(0, 3, (13, 17, 2)).astype(np.float32)
    expected = {}
    for y in range(13):
        for x in range(17):
            ty, tx = round(float(y + flow[y, x, 1])), round(float(x + flow[y, x, 0]))
            if 0 <= ty < 13 and 0 <= tx < 17:
                key = int(first[y, x]), int(second[ty, tx])
                expected[key] = expected.get(key, 0) + 1 / (first == first[y, x]).sum()
    links = link(flow, describe(frame, first), describe(frame, second))
    keys = zip(links.source.tolist(), links.target.tolist(), strict=True)
    found = dict(zip(keys, links.overlap, strict=True))
    assert found.keys() == expected.keys()
    assert all(np.isclose(found[key], expected[key]) for key in expected)


def test_mean_over_superpixels_with_an_empty_one():
    labels = np.array([[0, 0, 2]], np.int32)
    superpixels = describe(np.zeros((1, 3, 3), np.uint8), labels)
    values = np.array([[1, 2, 5]], np.float32)
    assert mean_over(values, superpixels).tolist() == [1.5, 0, 5]
