import numpy as np
import pytest
import torch
from torchmetrics.classification import MulticlassJaccardIndex
from trees import write_image, write_palette_mask

from mcnn.artefacts.label_maps import write_names
from mcnn.errors import DataError
from mcnn.evaluation.label_files import read_list, score_label_files
from mcnn.label_space import VOC_CLASSES

CAT, DOG = 8, 12
"""VOC's indices."""


@pytest.fixture
def folders(tmp_path):
    """Two images in VOC's indices: half a dog is found, and a cat in the place of background."""
    truth = np.zeros((4, 6), np.uint8)
    truth[:2] = DOG
    truth[0, 0] = 255
    found = np.zeros((4, 6), np.uint8)
    found[0] = DOG
    found[3, :3] = CAT
    for name in ("a", "b/c"):
        write_palette_mask(tmp_path / "truth" / f"{name}.png", truth)
        write_palette_mask(tmp_path / "found" / f"{name}.png", found)
    return tmp_path / "found", tmp_path / "truth"


def iou_of(table):
    return dict(zip(table["class"], table["iou"], strict=True))


def test_labels_without_names_are_vocs(folders):
    table = score_label_files(*folders)
    assert table["class"].tolist() == ["background", *VOC_CLASSES, "mean"]
    iou = iou_of(table)
    assert (iou["dog"], iou["background"]) == (5 / 11, 9 / 18)
    # No cat is there to be found.
    assert np.isnan([iou["cat"], iou["horse"]]).all()
    assert iou["mean"] == pytest.approx((5 / 11 + 0.5) / 2)
    dog = table.set_index("class").loc["dog"]
    assert (dog["true"], dog["predicted"]) == (22, 10)


def test_random_labels_score_as_torchmetrics_says(tmp_path):
    rng = np.random.default_rng(0)
    index = MulticlassJaccardIndex(21, average="none", ignore_index=255)
    for name in "abc":
        truth, found = rng.integers(0, 21, (2, 20, 30)).astype(np.uint8)
        truth[3:6] = 255
        write_image(tmp_path / "truth" / f"{name}.png", truth)
        write_image(tmp_path / "found" / f"{name}.png", found)
        index.update(torch.from_numpy(found)[None], torch.from_numpy(truth)[None])
    table = score_label_files(tmp_path / "found", tmp_path / "truth")
    np.testing.assert_allclose(table["iou"][:-1], index.compute(), rtol=1e-6)


def test_labels_of_a_model_are_matched_by_name_and_other_classes_are_background(folders):
    found, truth = folders
    write_image(found / "a.png", np.full((4, 6), 1, np.uint8))
    write_names({0: "background", 1: "dog", 2: "horse"}, found)
    table = score_label_files(found, truth, ["a"])
    assert table["class"].tolist() == ["background", "dog", "horse", "mean"]
    assert iou_of(table)["dog"] == 11 / 23


def test_other_classes_than_those_asked_for_are_background(folders):
    table = score_label_files(*folders, classes=["dog"])
    iou = iou_of(table)
    assert list(iou) == ["background", "dog", "mean"]
    assert iou["background"] == 12 / 18


def test_ground_truth_with_names_of_its_own(folders):
    found, truth = folders
    for folder, value in ((found, 2), (truth, 1)):
        write_image(folder / "a.png", np.full((4, 6), value, np.uint8))
    write_names({1: "yak"}, truth)
    write_names({1: "gnu", 2: "yak"}, found)
    with pytest.raises(DataError, match=r"truth: no label of it is called 'gnu'.*--class.*yak"):
        score_label_files(found, truth, ["a"])
    assert iou_of(score_label_files(found, truth, ["a"], ["yak"]))["yak"] == 1


def test_an_image_without_prediction_is_no_perfect_score(folders):
    found, truth = folders
    (found / "b/c.png").unlink()
    with pytest.raises(DataError, match=r"1 of 2 images .* no prediction, first b/c.*--list"):
        score_label_files(found, truth)
    assert len(score_label_files(found, truth, ["a"])) == 22
    with pytest.raises(DataError, match=r"c\.png: the file is missing"):
        score_label_files(found, truth, ["b/c"])


@pytest.mark.parametrize(
    ("folder", "value", "message"),
    [
        ("found", 21, r"found/a\.png: it holds 21, a label without a name"),
        ("found", 255, r"found/a\.png: it holds 255"),
        ("truth", 30, r"truth/a\.png: it holds 30"),
    ],
)
def test_a_value_without_a_name_is_refused(folders, folder, value, message):
    write_image(folders[0].parent / folder / "a.png", np.full((4, 6), value, np.uint8))
    with pytest.raises(DataError, match=message):
        score_label_files(*folders)


def test_sizes_must_agree(folders):
    write_image(folders[0] / "a.png", np.zeros((6, 4), np.uint8))
    with pytest.raises(DataError, match=r"a\.png: the prediction is 4x6, the ground truth 6x4"):
        score_label_files(*folders)


def test_what_holds_nothing_to_score_is_named(folders):
    found, truth = folders
    write_image(truth / "a.png", np.full((4, 6), 255, np.uint8))
    with pytest.raises(DataError, match="all its pixels are ignored"):
        score_label_files(found, truth, ["a"])
    with pytest.raises(DataError, match="no such folder"):
        score_label_files(found, truth / "none")
    (truth / "empty").mkdir()
    with pytest.raises(DataError, match="holds no PNG"):
        score_label_files(found, truth / "empty")


def test_a_list_names_images_by_the_first_word(tmp_path):
    path = tmp_path / "val.txt"
    path.write_text("2007_1  1\n\n2007_2 -1\n")
    assert read_list(path) == ["2007_1", "2007_2"]
    path.write_text("a\na\n")
    with pytest.raises(DataError, match="it lists a twice"):
        read_list(path)
    path.write_text("\n")
    with pytest.raises(DataError, match="it lists no images"):
        read_list(path)


@pytest.mark.parametrize("name", ["../a", "/a", "b/../../a", "x" * 5000])
def test_a_list_names_what_is_below_the_folders(tmp_path, name):
    (tmp_path / "val.txt").write_text(f"a\n{name}\n")
    with pytest.raises(DataError, match=r"val\.txt: .* is no name of an image.*Remedy"):
        read_list(tmp_path / "val.txt")
    (tmp_path / "val.txt").write_text("a\nb/c\n")
    assert read_list(tmp_path / "val.txt") == ["a", "b/c"]
