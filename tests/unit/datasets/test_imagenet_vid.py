import pytest
from trees import imagenet_vid

from mcnn.datasets.frames import frame_path
from mcnn.datasets.imagenet_vid import SYNSETS, list_snippets, read_manifest
from mcnn.errors import DataError

CAT, DOG, ZEBRA = (SYNSETS[name][0] for name in ("cat", "dog", "zebra"))
A, B = "ILSVRC2015_VID_train_0000", "ILSVRC2015_VID_train_0001"
SNIPPETS = {
    f"{A}/ILSVRC2015_train_00007000": [[DOG], [], [CAT, ZEBRA]],
    f"{A}/ILSVRC2015_train_00007002": [[ZEBRA], [ZEBRA]],
    f"{B}/ILSVRC2015_train_00007001": [[DOG, DOG], [DOG]],
    f"{B}/ILSVRC2015_train_00123000": [[], []],
    f"{B}/ILSVRC2015_train_00124000": [[CAT]],
}
LISTS = {number: synset for synset, number in SYNSETS.values()}
EXPECTED = [
    ("ILSVRC2015_train_00007", 0, 0, 2, ("cat", "dog"), 1),
    ("ILSVRC2015_train_00007", 1, 0, 1, ("dog",), 2),
    ("ILSVRC2015_train_00124", 0, 0, 0, ("cat",), 1),
]


def rows(shots):
    return [(s.video, s.shot, s.first, s.last, s.tags, s.class_shot) for s in shots]


@pytest.mark.parametrize(
    ("lists", "xml"), [(LISTS, False), (LISTS, True), ({}, True), ({9: DOG}, True)]
)
@pytest.mark.parametrize("above", [False, True])
def test_shots_tags_and_grouping(tmp_path, lists, xml, above):
    root = imagenet_vid(tmp_path / "ILSVRC2015", SNIPPETS, lists=lists, xml=xml)
    shots, skipped = read_manifest(tmp_path if above else root, ["cat", "dog", "person"], "stop")
    assert rows(shots) == EXPECTED
    assert skipped == []
    assert all(frame_path(shot, shot.last).is_file() for shot in shots)


def test_lists_need_no_annotations_and_annotations_no_lists(tmp_path):
    root = imagenet_vid(tmp_path, SNIPPETS, lists={}, xml=False)
    with pytest.raises(DataError, match=r"neither annotations nor lists.*Remedy"):
        read_manifest(root, ["cat"], "skip")


def test_snippets_in_no_list_get_their_tags_from_annotations(tmp_path):
    root = imagenet_vid(tmp_path, SNIPPETS, lists=LISTS)
    path = root / "ImageSets" / "VID" / "train_10.txt"
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in lines if "00124000" not in line))
    assert rows(read_manifest(root, ["cat", "dog"], "stop")[0]) == EXPECTED


def test_only_positive_snippets_of_a_list_count(tmp_path):
    root = imagenet_vid(tmp_path, SNIPPETS, lists=LISTS)
    path = root / "ImageSets" / "VID" / "train_10.txt"
    path.write_text(path.read_text().replace(" 1\n", " -1\n"))
    assert rows(read_manifest(root, ["cat"], "stop")[0]) == []


def test_a_list_that_is_none(tmp_path):
    root = imagenet_vid(tmp_path, SNIPPETS, lists=LISTS)
    (root / "ImageSets" / "VID" / "train_10.txt").write_text("<html> not found, sorry\n")
    with pytest.raises(DataError, match=r"train_10\.txt"):
        read_manifest(root, ["cat"], "stop")


def test_snippets_are_listed_whatever_they_show(tmp_path):
    root = imagenet_vid(tmp_path, SNIPPETS)
    (root / "Data" / "VID" / "train" / "readme.txt").touch()
    (root / "Data" / "VID" / "train" / A / "other").mkdir()
    listed = list_snippets(root)
    assert len(listed) == 5
    assert len({video for video, _, _ in listed}) == 3
    assert listed[1] == (
        "ILSVRC2015_train_00007",
        "ILSVRC2015_train_00007001",
        root / "Data" / "VID" / "train" / B / "ILSVRC2015_train_00007001",
    )


def break_gap(data, xml):
    (data / "000001.JPEG").unlink()
    return r"000001\.JPEG: a frame of the snippet is missing"


def break_start(data, xml):
    (data / "000000.JPEG").unlink()
    return r"000000\.JPEG: a frame of the snippet is missing"


def break_empty(data, xml):
    for path in data.iterdir():
        path.unlink()
    return "the snippet holds no frames"


def break_annotation(data, xml):
    (xml / "000001.xml").write_text("<annotation><object>")
    return r"000001\.xml: this is no annotation"


def break_annotations(data, xml):
    for path in xml.iterdir():
        path.unlink()
    return "the snippet has no annotations"


@pytest.mark.parametrize(
    "damage", [break_gap, break_start, break_empty, break_annotation, break_annotations]
)
def test_flaws_stop_or_skip(tmp_path, damage):
    root = imagenet_vid(tmp_path, SNIPPETS)
    snippet = f"{A}/ILSVRC2015_train_00007000"
    match = damage(
        root / "Data" / "VID" / "train" / snippet, root / "Annotations" / "VID" / "train" / snippet
    )
    with pytest.raises(DataError, match=match + ".*Remedy"):
        read_manifest(root, ["cat", "dog"], "stop")
    shots, skipped = read_manifest(root, ["cat", "dog"], "skip")
    assert rows(shots) == EXPECTED[1:]
    assert [entry.item for entry in skipped] == ["ILSVRC2015_train_00007000"]
