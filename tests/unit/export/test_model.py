import json
import sys

import numpy as np
import onnxruntime
import pytest
import torch
from random_networks import make
from trees import picture

from mcnn.config.network import Network
from mcnn.errors import DataError
from mcnn.export import model as model_module
from mcnn.export.model import export_model
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.weights import load_network, save_network

ARCHITECTURES = [
    "deeplab_large_fov",
    "deeplab_small_fov",
    "shallow",
    "squeezenet1_1",
    "mobilenet_v2",
    "timm:resnet18",
    "timm:vit_tiny_patch16_224",
]
CLASSES = ("boat", "car")
SIZES = [(75, 98), (65, 81), (120, 90)]
"""That of the export, one of no padding, another one."""


def save(path, architecture):
    network = make(architecture, 0.2)
    torch.nn.init.normal_(network.classifier[-1].weight, std=0.5)
    save_network(network, path, CLASSES, Network(architecture=architecture, width=0.2))
    return path


def images(size):
    return np.stack([picture(0, size), picture(1, size)])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_onnx_computes_what_the_network_does_at_any_size(tmp_path, architecture):
    path = save(tmp_path / "model.safetensors", architecture)
    assert export_model(path, tmp_path / "model.onnx") < 1e-4
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (given,) = session.get_inputs()
    assert (given.name, given.type) == ("images", "tensor(uint8)")
    assert given.shape == ["n", "height", "width", 3]
    network, _ = load_network(path)
    for size in SIZES:
        for batch in (images(size), images(size)[:1]):
            labels, probabilities = session.run(["labels", "probabilities"], {"images": batch})
            expected = predict_probabilities(network, batch)
            assert len(np.unique(expected.argmax(1))) > 1
            np.testing.assert_allclose(probabilities, expected, atol=1e-4)
            np.testing.assert_array_equal(labels, probabilities.argmax(1))
            assert labels.dtype == np.uint8


@pytest.mark.parametrize("name", ["model.onnx", "model.pt2"])
def test_an_export_does_not_bother_people_with_warnings(tmp_path, recwarn, name):
    export_model(save(tmp_path / "model.safetensors", "shallow"), tmp_path / name)
    assert [str(each.message) for each in recwarn] == []


def test_onnx_names_its_labels(tmp_path):
    path = save(tmp_path / "model.safetensors", "shallow")
    export_model(path, tmp_path / "model.onnx")
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    names = session.get_modelmeta().custom_metadata_map["names"]
    assert json.loads(names) == ["background", *CLASSES]


def test_a_program_of_torch_computes_what_the_network_does_at_any_size(tmp_path):
    path = save(tmp_path / "model.safetensors", "mobilenet_v2")
    export_model(path, tmp_path / "model.pt2")
    extra = {"names": ""}
    program = torch.export.load(tmp_path / "model.pt2", extra_files=extra)
    assert json.loads(extra["names"]) == ["background", *CLASSES]
    network, _ = load_network(path)
    for size in SIZES:
        found = program.module(check_guards=False)(torch.from_numpy(images(size)))
        labels, probabilities = (each.numpy(force=True) for each in found)
        expected = predict_probabilities(network, images(size))
        np.testing.assert_allclose(probabilities, expected, atol=1e-4)
        np.testing.assert_array_equal(labels, probabilities.argmax(1))


def test_a_model_that_computes_something_else_is_not_written(tmp_path, monkeypatch):
    path = save(tmp_path / "model.safetensors", "shallow")
    off = lambda *given: predict_probabilities(*given) + 1e-3  # noqa: E731
    monkeypatch.setattr(model_module, "predict_probabilities", off)
    with pytest.raises(DataError, match=r"model\.pt2: its probabilities differ by 1\.0e-03"):
        export_model(path, tmp_path / "model.pt2")
    assert not (tmp_path / "model.pt2").exists()


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    path = save(tmp_path / "model.safetensors", "shallow")
    with pytest.raises(DataError, match=r"model\.h5: .* end it in \.onnx or \.pt2"):
        export_model(path, tmp_path / "model.h5")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        DataError, match=r"onnxruntime: it is not installed.*mcnn-segmentation\[export\]"
    ):
        export_model(path, tmp_path / "model.onnx")
