"""Pretrained features of real frames, at stride 8, still say what is seen."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from mcnn._torchvision import import_torchvision
from mcnn.config.network import Network
from mcnn.networks.build import build_network
from mcnn.networks.pretrained import load_pretrained
from mcnn.networks.scores import normalise

DATA = Path(__file__).parents[2].parent / "shared" / "data"
WEIGHTS = DATA / "weights" / "mobilenet_v2_imagenet.safetensors"
pytestmark = pytest.mark.skipif(not WEIGHTS.exists(), reason=f"{WEIGHTS} is not there")
HALF = (0.5, 0.5, 0.5)
FRAMES = {
    130: "davis2016_train/JPEGImages/flamingo/00000.jpg",
    100: "davis2016/JPEGImages/480p/blackswan/00000.jpg",
}
"""By the ImageNet class of what they show."""


@pytest.mark.parametrize("label", FRAMES)
def test_mobilenets_last_features_are_classified_rightly(label):
    network = build_network(Network(architecture="mobilenet_v2", mean=HALF, std=HALF), 2).eval()
    load_pretrained(network, WEIGHTS)
    classifier = import_torchvision().models.mobilenet_v2(weights=None).eval()
    classifier.load_state_dict(load_file(WEIGHTS))
    image = np.array(Image.open(DATA / FRAMES[label]).convert("RGB").resize((385, 225)))
    with torch.no_grad():
        features = network.levels(normalise(image[None], network.mean, network.std))[-1]
        last = classifier.features[18](features)
        scores = classifier.classifier(last.mean(dim=(2, 3)))
    assert scores.argmax() == label
