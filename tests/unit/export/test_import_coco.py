import json

import numpy as np
import pytest
from PIL import Image as Pillow
from trees import SIZE, picture, write_image

from mcnn.artefacts.label_maps import read_labels, read_names, write_names
from mcnn.errors import DataError
from mcnn.export.import_coco import import_coco
from mcnn.export.masks_to_folder import export_masks


def coco(tmp_path, annotations, names=("images/f/a.jpg", "b.PNG")):
    content = {
        "images": [
            {"id": 10 + k, "file_name": name, "height": 8, "width": 10}
            for k, name in enumerate(names)
        ],
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
        "annotations": [{"id": k, "iscrowd": 0} | each for k, each in enumerate(annotations)],
    }
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(content))
    return path


def test_masks_and_polygons_become_label_maps(tmp_path):
    square = {"image_id": 10, "category_id": 7, "segmentation": [[2, 1, 6, 1, 6, 5, 2, 5]]}
    runs = {"size": [8, 10], "counts": [8 * 9, 8]}
    column = {"image_id": 10, "category_id": 3, "segmentation": runs}
    assert import_coco(coco(tmp_path, [square, column]), tmp_path / "out") == 2
    expected = np.zeros((8, 10), np.uint8)
    expected[1:5, 2:6] = 2
    expected[:, 9] = 1
    np.testing.assert_array_equal(read_labels(tmp_path / "out/f/a.png"), expected)
    np.testing.assert_array_equal(read_labels(tmp_path / "out/b.png"), 0)
    assert Pillow.open(tmp_path / "out/b.png").size == (10, 8)
    assert read_names(tmp_path / "out") == {0: "background", 1: "cat", 2: "dog"}


@pytest.mark.parametrize("shape", ["mask", "polygon"])
def test_what_was_exported_comes_back(tmp_path, shape):
    labels = np.zeros(SIZE, np.uint8)
    labels[3:20, 4:25] = 1
    labels[8:12, 9:15] = 2
    labels[14:17, 9:15] = 0
    write_image(tmp_path / "images" / "a.png", picture(0))
    write_image(tmp_path / "labels" / "a.png", labels)
    write_names({1: "cat", 2: "dog"}, tmp_path / "labels")
    folders = tmp_path / "labels", tmp_path / "images"
    export_masks(*folders, tmp_path / "coco", "coco", shape=shape, tolerance=0)
    write_image(tmp_path / "out" / "a.png", labels * 0)
    other = write_image(tmp_path / "out" / "b.png", labels).read_bytes()
    import_coco(tmp_path / "coco" / "annotations.json", tmp_path / "out")
    np.testing.assert_array_equal(read_labels(tmp_path / "out" / "a.png"), labels)
    assert (tmp_path / "out" / "b.png").read_bytes() == other


@pytest.mark.parametrize(
    ("names", "annotations"),
    [
        (["../a.jpg"], []),
        (["/a.jpg"], []),
        (["a.jpg"], [{"image_id": 10, "category_id": 1, "segmentation": [[0, 0, 3, 0, 3, 3]]}]),
        (["a.jpg"], [{"image_id": 10, "category_id": 3}]),
    ],
)
def test_a_file_at_fault_leaves_nothing(tmp_path, names, annotations):
    with pytest.raises(DataError, match=r"annotations\.json: this is no file of COCO's"):
        import_coco(coco(tmp_path, annotations, names), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_text_is_named_in_short(tmp_path):
    (tmp_path / "a.jpg").write_bytes(bytes(range(255, 0, -1)) * 100)
    with pytest.raises(DataError, match=r"a\.jpg: this is no file of COCO's") as caught:
        import_coco(tmp_path / "a.jpg", tmp_path / "out")
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_what_is_no_json_is_named(tmp_path):
    (tmp_path / "a.json").write_text("<xml>")
    with pytest.raises(DataError, match=r"a\.json: this is no file of COCO's"):
        import_coco(tmp_path / "a.json", tmp_path / "out")
