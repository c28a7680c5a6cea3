import numpy as np
import pytest

from mcnn.imaging.drawing import COLOURS, TILE_WIDTH
from mcnn.labels.picture import Row, draw_picture


def row(foreground=None):
    mask = np.zeros((180, TILE_WIDTH), bool)
    mask[50:100, 50:100] = True
    labels = np.where(mask, 2, 0).astype(np.uint8)
    labels[120:170, 200:300] = 5
    return Row(
        "shot 0, frame 3", np.full((*mask.shape, 3), 100, np.uint8), mask, foreground, labels
    )


def blend(colour):
    return [int(55 + 0.45 * value) for value in colour]


@pytest.mark.parametrize("columns", [3, 4])
def test_columns_hold_frame_mask_probability_and_labels(columns):
    probability = np.zeros((90, 160), np.float32)
    probability[:, 80:] = 1
    rows = [row(probability if columns == 4 else None)] * 2
    picture = draw_picture(rows, {"dog": 2})
    assert picture.shape[1] == columns * TILE_WIDTH
    tiles = np.hsplit(picture[: len(picture) // 2][-180:], columns)
    assert (tiles[0] == 100).all()
    np.testing.assert_array_equal(tiles[1][75, 75], blend(COLOURS[0]))
    np.testing.assert_array_equal(tiles[-1][75, 75], blend(COLOURS[0]))
    assert (tiles[1][150, 250] == 100).all()
    assert (tiles[-1][150, 250] == 100).all()
    if columns == 4:
        dark, bright = (tiles[2][90, x].astype(int).sum() for x in (40, 280))
        assert bright > 500 > 20 > dark


def test_tags_have_colours_of_their_own_and_a_legend():
    rows = [row()]
    single, several = (
        draw_picture(rows, tags) for tags in ({"dog": 2}, {"dog": 2, "very long name": 5})
    )
    assert len(several) > len(single)
    labelled = several[len(single) - 180 : len(single), -TILE_WIDTH:]
    np.testing.assert_array_equal(labelled[75, 75], blend(COLOURS[0]))
    np.testing.assert_array_equal(labelled[150, 250], blend(COLOURS[1]))
    legend = several[len(single) :].reshape(-1, 3).tolist()
    assert list(COLOURS[0]) in legend
    assert list(COLOURS[1]) in legend
