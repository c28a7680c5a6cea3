import numpy as np
import pandas as pd
from trees import SIZE, picture, write_image, write_palette_mask

from mcnn.artefacts.label_maps import write_names
from mcnn.artefacts.localized import Localized, write_localized
from mcnn.export.sources import read_annotations


def test_localized_objects_are_labels_at_the_size_of_the_frames(tmp_path):
    half = np.zeros((SIZE[0] // 2, SIZE[1] // 2), bool)
    left, top = half.copy(), half.copy()
    left[:, :4], top[:3] = True, True
    found = [
        ("v", 0, Localized(frame, tag, SIZE, None, np.nan, mask))
        for frame in (0, 2)
        for tag, mask in (("dog", left), ("cat", top))
    ]
    write_localized(found, tmp_path / "boxes" / "localized.parquet")
    for k in range(3):
        write_image(tmp_path / "frames" / f"f{k}.png", picture(k))
    names, count, images = read_annotations(tmp_path / "boxes", tmp_path / "frames")
    assert (names, count) == ({0: "background", 1: "dog", 2: "cat"}, 2)
    expected = np.zeros(SIZE, np.uint8)
    expected[:, :8] = 1
    expected[:6] = 2
    read = list(images)
    assert [each.name for each in read] == ["f0.png", "f2.png"]
    for each in read:
        np.testing.assert_array_equal(each.labels, expected)
    assert read[1].image == (tmp_path / "frames" / "f2.png").read_bytes()


def test_a_videos_folder_of_predictions_has_its_names_beside_it(tmp_path):
    write_palette_mask(tmp_path / "out" / "v" / "00000001.png", np.full(SIZE, 1, np.uint8))
    pd.DataFrame({"label": [0, 1], "name": ["background", "yak"]}).to_csv(
        tmp_path / "out" / "labels.csv", index=False
    )
    write_image(tmp_path / "frames" / "00000001.png", picture(0))
    names, _, _ = read_annotations(tmp_path / "out" / "v", tmp_path / "frames")
    assert names == {0: "background", 1: "yak"}
    write_names({1: "gnu"}, tmp_path / "out" / "v")
    names, _, _ = read_annotations(tmp_path / "out" / "v", tmp_path / "frames")
    assert names[1] == "gnu"
