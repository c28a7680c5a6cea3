import pytest
from trees import imagenet_vid, picture, write_image, youtube_objects

from mcnn.artefacts.shots import Shot
from mcnn.config.datasets import MotionMasks, VideoDataset
from mcnn.datasets.manifest import READERS, build_manifest
from mcnn.errors import DataError


def dataset(layout, root):
    return VideoDataset(
        format=layout, root=str(root), motion=MotionMasks(format="png", root=f"{root}/masks")
    )


def video_folder(root):
    write_image(root / "dog" / "a" / "1.jpg", picture(0))


BUILDERS = {
    "youtube_objects": lambda root: youtube_objects(root, {"dog": [(1, 3, 1)]}, empty=True),
    "imagenet_vid": lambda root: imagenet_vid(
        root, {"ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000000": [["n02084071"]]}
    ),
    "video_folder": video_folder,
}


@pytest.mark.parametrize("layout", BUILDERS)
def test_every_layout_has_a_reader(tmp_path, layout):
    BUILDERS[layout](tmp_path)
    shots, skipped = build_manifest(dataset(layout, tmp_path), ["dog"], "stop")
    assert [shot.tags for shot in shots] == [("dog",)]
    assert skipped == []


@pytest.mark.parametrize("layout", BUILDERS)
@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_a_missing_root_stops_in_any_case(tmp_path, layout, on_error):
    with pytest.raises(DataError, match=r"absent: the folder of the dataset is missing.*`root`"):
        build_manifest(dataset(layout, tmp_path / "absent"), ["dog"], on_error)


def test_nothing_left_stops_in_any_case(tmp_path):
    youtube_objects(tmp_path, {"dog": [(1, 3, 1)]}, empty=True)
    (tmp_path / "dog" / "00000003.jpg").unlink()
    with pytest.raises(DataError, match=r"no shot.*is left, 1 .*past the last frame"):
        build_manifest(dataset("youtube_objects", tmp_path), ["dog"], "skip")


def test_a_misspelt_class_is_named(tmp_path):
    youtube_objects(tmp_path, {"dog": [(1, 3, 1)], "boat": [(1, 3, 1)]}, empty=True)
    classes = ["dog", "bot"]
    expected = (
        r"it has no shot of the class 'bot' \(did you mean 'boat'\?\)\. Remedy: correct `classes`"
    )
    with pytest.raises(DataError, match=expected):
        build_manifest(dataset("youtube_objects", tmp_path), classes, "stop")
    assert [
        s.item for s in build_manifest(dataset("youtube_objects", tmp_path), classes, "skip")[1]
    ] == ["bot"]
    assert build_manifest(dataset("youtube_objects", tmp_path), ["dog", "unicorn"], "stop")[1] == []


@pytest.mark.parametrize("names", [("dog-1", "Dog-1"), ("dog/1", "dog-2"), ("", "dog-2")])
def test_unsafe_and_repeated_names_are_refused(tmp_path, monkeypatch, names):
    shots = [Shot(name, 0, 0, 9, ("dog",), "file", "x", 1) for name in names]
    monkeypatch.setitem(READERS, "video_folder", lambda *_: (shots, []))
    with pytest.raises(DataError, match="taken or unsafe"):
        build_manifest(dataset("video_folder", tmp_path), ["dog"], "stop")
