import pytest
import torch
from random_networks import make, same, snapshot
from safetensors.torch import save_file

from mcnn.artefacts.model import read_model
from mcnn.config.network import Network
from mcnn.errors import DataError
from mcnn.networks.build import ARCHITECTURES, build_network
from mcnn.networks.weights import load_matching, load_network, save_network

LARGE, SMALL = "deeplab_large_fov", "deeplab_small_fov"


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_saved_network_comes_back(architecture, tmp_path):
    settings = Network(
        architecture=architecture, width=0.1, mean=(0.5, 0.4, 0.3), std=(0.3, 0.2, 0.1)
    )
    torch.manual_seed(0)
    network = build_network(settings, 3).eval()
    path = tmp_path / "models" / "model.safetensors"
    save_network(network, path, ("dog", "cat"), settings)
    random_state = torch.get_rng_state()
    loaded, classes = load_network(path)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert classes == ("dog", "cat")
    assert not loaded.training
    assert loaded.settings == settings
    assert torch.equal(loaded.mean, network.mean)
    assert same(snapshot(loaded), snapshot(network))
    image = torch.randn(1, 3, 33, 33)
    with torch.no_grad():
        assert torch.equal(loaded(image), network(image))
    assert list(path.parent.iterdir()) == [path]


def save(network, path, classes):
    save_network(network, path, classes, network.settings)
    return path


def test_a_model_says_by_which_mean_and_deviation_its_input_is_normalised(tmp_path):
    network = make("shallow")
    save_network(network, tmp_path / "a.safetensors", ("a", "b"), Network(architecture="shallow"))
    settings = read_model(tmp_path / "a.safetensors").settings
    assert (settings.mean, settings.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def test_equal_networks_give_equal_files(tmp_path):
    network = make("shallow")
    files = {save(network, tmp_path / f"{i}", ("a", "b")).read_bytes() for i in range(8)}
    assert len(files) == 1


def test_loading_what_is_no_model(tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(DataError, match="no such file"):
        load_network(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(DataError, match="no model of a training"):
        load_network(path)
    save_file({"a": torch.zeros(1)}, path, {"model": '{"classes": [], "network": {"width": 7}}'})
    with pytest.raises(DataError, match="no model of a training"):
        load_network(path)
    save_file({"a": torch.zeros(1)}, path, {"model": "[]"})
    with pytest.raises(DataError, match="no model of a training"):
        load_network(path)
    save(make("shallow"), path, ("a", "b"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="damaged"):
        load_network(path)
    torch.save({"a": torch.zeros(1)}, tmp_path / "model.pth")
    with pytest.raises(DataError, match="no model of a training"):
        load_network(tmp_path / "model.pth")


def test_loading_a_model_with_other_tensors(tmp_path):
    path = save(make("shallow", n_labels=4), tmp_path / "a.safetensors", ("dog",))
    with pytest.raises(DataError, match=r"classifier\.3\.weight has shape \(4, .* expected \(2, "):
        load_network(path)


TEN = ("aeroplane", "bird", "boat", "car", "cat", "cow", "dog", "horse", "motorbike", "train")
OTHER_TEN = ("bicycle", "bottle", "bus", "chair", "person", "plant", "sheep", "sofa", "table", "tv")
TWENTY = tuple(sorted((*TEN, *OTHER_TEN)))


def test_from_ten_to_twenty_classes(tmp_path):
    old = make("shallow", n_labels=11, seed=0)
    torch.nn.init.normal_(old.classifier[-1].bias)
    path = save(old, tmp_path / "old.safetensors", TEN)
    new = make("shallow", n_labels=21, seed=1)
    before, random_state = snapshot(new), torch.get_rng_state()
    load_matching(new, TWENTY, path)
    assert torch.equal(torch.get_rng_state(), random_state)
    after, source = snapshot(new), snapshot(old)
    last = new.classifier_names()
    for name in after:
        if name not in last:
            assert torch.equal(after[name], source[name])
            continue
        for row, label in enumerate(("background", *TWENTY)):
            if label == "background" or label in TEN:
                expected = source[name][("background", *TEN).index(label)]
            else:
                expected = before[name][row]
            assert torch.equal(after[name][row], expected), label


def test_rows_follow_the_names_not_the_order(tmp_path):
    old = make("shallow", n_labels=4, seed=0)
    path = save(old, tmp_path / "old.safetensors", ("a", "b", "c"))
    new = make("shallow", n_labels=3, seed=1)
    load_matching(new, ("c", "a"), path)
    assert torch.equal(new.classifier[-1].weight, old.classifier[-1].weight[[0, 3, 1]])


@pytest.mark.parametrize(
    ("architecture", "width", "message"),
    [("squeezenet1_1", 1.0, "shallow.*squeezenet1_1"), ("shallow", 0.5, r"tensor \S+ has shape")],
)
def test_another_network_is_refused(architecture, width, message, tmp_path):
    path = save(make("shallow"), tmp_path / "old.safetensors", ("a", "b"))
    network = make(architecture, width=width, seed=1)
    before = snapshot(network)
    with pytest.raises(DataError, match=message):
        load_matching(network, ("a", "b"), path)
    assert same(snapshot(network), before)


@pytest.mark.parametrize("architecture", ["squeezenet1_1", "mobilenet_v2"])
def test_the_statistics_of_the_features_come_with_the_weights(architecture, tmp_path):
    old = make(architecture, seed=0)
    for tensor in old.standardise.buffers():
        torch.nn.init.uniform_(tensor, 1, 2)
    path = save(old, tmp_path / "old.safetensors", ("a", "b"))
    new = make(architecture, seed=1)
    load_matching(new, ("b", "a"), path)
    loaded, _ = load_network(path)
    for network in (new, loaded):
        assert same(snapshot(network.standardise), snapshot(old.standardise))


def test_matching_with_a_missing_model(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_matching(make("shallow"), ("a", "b"), tmp_path / "model.safetensors")
