import pytest
from trees import picture, write_image

from mcnn.config.datasets import VideoDataset
from mcnn.experiments.own_videos import own_videos

CLASSES = ["dog", "cat"]


def dataset(root, layout="video_folder"):
    return VideoDataset(format=layout, root=str(root))


@pytest.fixture
def root(tmp_path):
    """A file that is no video but called one, and a folder of frames."""
    root = tmp_path / "videos"
    (root / "cat").mkdir(parents=True)
    (root / "cat" / "001.mp4").write_bytes(b"")
    write_image(root / "dog" / "NA" / "0.png", picture(0))
    return root


def test_videos_are_listed_with_their_tags_and_not_opened(root):
    assert own_videos(dataset(root), CLASSES) == {
        "cat-001": (root / "cat" / "001.mp4", ("cat",)),
        "dog-NA": (root / "dog" / "NA", ("dog",)),
    }


def test_tags_of_a_table_are_in_the_order_of_the_classes(root):
    (root / "videos.csv").write_text("path,tags\ncat/001.mp4,cat dog\n")
    assert own_videos(dataset(root), CLASSES)["cat-001"][1] == ("dog", "cat")
    assert own_videos(dataset(root), CLASSES[::-1])["cat-001"][1] == ("cat", "dog")


def test_videos_of_other_classes_are_left_out(root):
    assert list(own_videos(dataset(root), ["dog"])) == ["dog-NA"]
    assert list(own_videos(dataset(root), ["horse"])) == []


def test_a_video_that_is_missing_does_not_hide_the_others(root):
    (root / "videos.csv").write_text("path,tags\ncat/gone.mp4,cat\n")
    assert list(own_videos(dataset(root), CLASSES)) == ["cat-001", "dog-NA"]


@pytest.mark.parametrize("layout", ["youtube_objects", "youtube_objects_v1", "imagenet_vid"])
def test_other_layouts_have_none(root, layout):
    assert own_videos(dataset(root, layout), CLASSES) == {}


def test_a_folder_that_cannot_be_read_has_none(tmp_path, root):
    assert own_videos(dataset(tmp_path / "absent"), CLASSES) == {}
    assert own_videos(dataset(root / "cat" / "001.mp4"), CLASSES) == {}
    (root / "videos.csv").write_text("video,label\ncat/001.mp4,cat\n")
    assert own_videos(dataset(root), CLASSES) == {}


def test_two_datasets_are_not_mixed_up(tmp_path, root):
    other = tmp_path / "other"
    (other / "dog").mkdir(parents=True)
    (other / "dog" / "1.avi").touch()
    assert list(own_videos(dataset(root), CLASSES)) == ["cat-001", "dog-NA"]
    assert list(own_videos(dataset(other), CLASSES)) == ["dog-1"]
    assert list(own_videos(dataset(root), CLASSES)) == ["cat-001", "dog-NA"]
