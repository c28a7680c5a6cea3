import numpy as np
import pytest
from PIL import Image as Pillow
from trees import write_image, write_palette_mask

from mcnn.artefacts.label_maps import read_labels, read_names, write_names
from mcnn.errors import DataError


def test_names_are_read_as_written(tmp_path):
    assert read_names(tmp_path) is None
    names = {0: "background", 2: "NA", 7: "a,b"}
    write_names(names, tmp_path)
    assert read_names(tmp_path) == names


def test_the_table_of_predictions_will_do(tmp_path):
    (tmp_path / "labels.csv").write_text("label,name\n1,dog\n")
    assert read_names(tmp_path) == {0: "background", 1: "dog"}


def test_the_table_of_another_command_is_passed_over(tmp_path):
    (tmp_path / "labels.csv").write_text("shot,frame,file\n0,0,a.png\n")
    assert read_names(tmp_path) is None


@pytest.mark.parametrize("rows", ["1,cat\n1,dog", "1,dog\n2,dog", "two,dog", "255,dog", "-1,dog"])
def test_a_table_that_does_not_name_labels_is_refused(tmp_path, rows):
    (tmp_path / "names.csv").write_text(f"label,name\n{rows}\n")
    with pytest.raises(DataError, match=r"names\.csv: "):
        read_names(tmp_path)


def test_labels_are_indices_whatever_the_palette(tmp_path):
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(read_labels(write_image(tmp_path / "grey.png", labels)), labels)
    bits = write_image(tmp_path / "bits.png", labels > 5)
    np.testing.assert_array_equal(read_labels(bits), labels > 5)
    path = write_palette_mask(tmp_path / "palette.png", labels)
    np.testing.assert_array_equal(read_labels(path), labels)
    Pillow.open(path).convert("RGB").save(path)
    with pytest.raises(DataError, match=r"palette\.png: the labels are RGB"):
        read_labels(path)
