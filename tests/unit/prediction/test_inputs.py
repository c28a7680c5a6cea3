from pathlib import Path

import pytest

from mcnn.errors import DataError
from mcnn.prediction.inputs import find_sources

OUT = Path("out")


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(inputs):
    return [(str(s.path), str(s.target), s.is_video) for s in find_sources(inputs, OUT)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a/f10.jpg", "a/f2.PNG", "a/b/x.mp4", "a/notes.txt", "a/.hidden/y.jpg")
    touch(tmp_path, "c/f2.jpeg", "one.jpg", "two.MOV", "empty/readme.md")


def test_what_lies_in_a_folder_keeps_its_place():
    assert found([Path("a")]) == [
        ("a/b/x.mp4", "out/b/x", True),
        ("a/f2.PNG", "out/f2.png", False),
        ("a/f10.jpg", "out/f10.png", False),
    ]


def test_several_inputs_have_folders_of_their_own():
    assert found([Path("a"), Path("one.jpg"), Path("c/"), Path("two.MOV")]) == [
        ("a/b/x.mp4", "out/a/b/x", True),
        ("a/f2.PNG", "out/a/f2.png", False),
        ("a/f10.jpg", "out/a/f10.png", False),
        ("one.jpg", "out/one.png", False),
        ("c/f2.jpeg", "out/c/f2.png", False),
        ("two.MOV", "out/two", True),
    ]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("nowhere", "there is no such file or folder"),
        ("a/notes.txt", "it is neither an image nor a video"),
        ("empty", "the folder holds no image and no video"),
    ],
)
def test_what_cannot_be_labelled_is_named(path, problem):
    with pytest.raises(DataError, match=f"^{path}: {problem}"):
        find_sources([Path("one.jpg"), Path(path)], OUT)


def test_no_two_inputs_write_the_same_file():
    touch(Path(), "a/f2.jpg")
    with pytest.raises(DataError, match=r"f2\.\w+: its labels would overwrite those of a/f2\."):
        find_sources([Path("a")], OUT)
    assert len(find_sources([Path("one.jpg"), Path("one.jpg")], OUT)) == 2
