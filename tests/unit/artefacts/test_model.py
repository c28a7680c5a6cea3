import pytest
import torch
from awkward import DAMAGES, TEXT, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from mcnn.artefacts.model import GIVE_MODEL, Model, read_model, read_tensors, write_model
from mcnn.config.network import Network
from mcnn.errors import DataError

SETTINGS = Network(architecture="shallow", width=0.25, weights="none", mean=(0.1, 0.2, 0.3))
TENSORS = {
    "weight": torch.arange(6.0).reshape(2, 3),
    "half": torch.tensor([0.1, float("inf"), float("-inf")], dtype=torch.float16),
    "count": torch.tensor(2**40),
    "mask": torch.tensor([True, False]),
    "none": torch.zeros(0, 4),
}
MODEL = Model(TENSORS, ("dog", "NA"), SETTINGS)


def refused(read, path, remedy=GIVE_MODEL):
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(f". Remedy: {remedy}.")
    return caught.value.problem


def test_a_model_comes_back_as_it_was(tmp_path):
    path = tmp_path / "new" / "model.safetensors"
    write_model(MODEL, path)
    again = read_model(path)
    assert again[1:] == MODEL[1:]
    assert again.tensors.keys() == TENSORS.keys()
    for name, tensor in again.tensors.items():
        assert tensor.dtype == TENSORS[name].dtype
        assert torch.equal(tensor, TENSORS[name])
    assert [item.name for item in path.parent.iterdir()] == ["model.safetensors"]


@settings(max_examples=50)
@given(st.lists(TEXT, max_size=4).map(tuple))
def test_classes_come_back_as_they_were(tmp_path_factory, classes):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    write_model(MODEL._replace(classes=classes), path)
    assert read_model(path).classes == classes


def test_the_order_of_tensors_leaves_no_trace_in_the_file(tmp_path):
    write_model(MODEL, tmp_path / "a.safetensors")
    backward = dict(reversed(TENSORS.items()))
    write_model(MODEL._replace(tensors=backward), tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_model_is_named(tmp_path, damage):
    path = tmp_path / "model.safetensors"
    write_model(MODEL, path)
    damage(path)
    missing = "give the path of the model.safetensors of a training"
    assert refused(read_model, path, GIVE_MODEL if path.is_file() else missing)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_holds_no_tensors_is_named(tmp_path, damage):
    path = tmp_path / "vgg16.pth"
    torch.save(TENSORS, path)
    damage(path)
    assert refused(lambda path: read_tensors(path, "fetch it again"), path, "fetch it again")


def test_a_model_that_ends_early_is_damaged(tmp_path):
    path = tmp_path / "model.safetensors"
    write_model(MODEL, path)
    data = path.read_bytes()
    for length in range(0, len(data), 17):
        path.write_bytes(data[:length])
        assert "damaged" in refused(read_model, path)


@pytest.mark.parametrize(
    "described",
    [
        "",
        "[]",
        "3",
        "null",
        '"dog"',
        '{"classes": ["dog"]}',
        '{"network": {}}',
        '{"network": {}, "classes": 3}',
        '{"network": {"width": 7}, "classes": ["dog"]}',
        '{"network": {"depth": 7}, "classes": ["dog"]}',
        '{"network": {"architecture": "resnet18"}, "classes": ["dog"]}',
    ],
)
def test_a_model_without_a_sound_description_is_refused(tmp_path, described):
    path = tmp_path / "model.safetensors"
    save_file(TENSORS, path, {"model": '{"network": {}, "classes": ["dog"]}'})
    assert read_model(path).classes == ("dog",)
    save_file(TENSORS, path, {"model": described})
    assert "no model of a training" in refused(read_model, path)


def test_pretrained_weights_and_texts_are_told_from_models(tmp_path):
    path = tmp_path / "resnet18.safetensors"
    save_file(TENSORS, path)
    assert refused(read_model, path).startswith("it holds tensors, but no model of a training")
    readme = tmp_path / "README.md"
    readme.write_text("# M-CNN\n" * 100)
    assert refused(read_model, readme).startswith("this is no model of a training")


def test_weights_that_are_none_are_named_without_advice_to_run_them(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# M-CNN\n" * 100)
    problem = refused(lambda path: read_tensors(path, "fetch it again"), path, "fetch it again")
    assert problem == "the file is damaged, or no file of tensors alone"


def test_tensors_of_other_files_are_read_with_the_remedy_given(tmp_path):
    path = tmp_path / "vgg16.pth"
    torch.save({**TENSORS, "epoch": 3}, path)
    found = read_tensors(path, "fetch it again")
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)
    torch.save([1, 2], path)

    def read(path):
        return read_tensors(path, "fetch it again")

    assert "no dictionary" in refused(read, path, "fetch it again")
    path.unlink()
    assert "no such file" in refused(read, path, "fetch it again")


class Intruder:
    def __reduce__(self):
        return exec, ("import pathlib; pathlib.Path('intruded').touch()",)


def test_a_file_that_runs_code_is_refused_and_the_code_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Intruder()}, tmp_path / "model.pth")
    assert "damaged" in refused(read_model, tmp_path / "model.pth")
    assert not (tmp_path / "intruded").exists()


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    assert leaves_nothing(lambda path: write_model(MODEL, path), tmp_path, monkeypatch)
    shared = {"a": TENSORS["weight"], "b": TENSORS["weight"]}
    with pytest.raises(RuntimeError, match="share memory"):
        write_model(MODEL._replace(tensors=shared), tmp_path / "folder" / "model.safetensors")
    assert list((tmp_path / "folder").iterdir()) == []
