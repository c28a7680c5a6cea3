"""An exported model on photographs computes what the network does."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from mcnn.config.network import Network
from mcnn.export.model import export_model
from mcnn.networks.build import build_network
from mcnn.networks.pretrained import load_pretrained
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.weights import save_network

DATA = Path(__file__).parents[2].parent / "shared" / "data"
WEIGHTS = DATA / "weights" / "mobilenet_v2_imagenet.safetensors"
pytestmark = pytest.mark.skipif(not WEIGHTS.exists(), reason=f"{WEIGHTS} is not there")
HALF = (0.5, 0.5, 0.5)
PHOTOGRAPHS = 4


def test_onnx_computes_the_networks_probabilities_of_photographs(tmp_path):
    settings = Network(architecture="mobilenet_v2", mean=HALF, std=HALF)
    torch.manual_seed(0)
    network = build_network(settings, 3).eval()
    load_pretrained(network, WEIGHTS)
    torch.nn.init.normal_(network.classifier[-1].weight, std=0.1)
    save_network(network, tmp_path / "model.safetensors", ("cat", "dog"), settings)
    export_model(tmp_path / "model.safetensors", tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for path in sorted((DATA / "voc2012" / "JPEGImages").glob("*.jpg"))[:PHOTOGRAPHS]:
        image = np.array(Image.open(path).convert("RGB"))[None]
        (found,) = session.run(["probabilities"], {"images": image})
        expected = predict_probabilities(network, image)
        assert len(np.unique(expected.argmax(1))) > 1
        np.testing.assert_allclose(found, expected, atol=1e-4)
