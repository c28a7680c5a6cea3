import hashlib
from http.client import IncompleteRead
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import load_file, save_file

from mcnn.config.method import Network
from mcnn.errors import DataError
from mcnn.networks import weights
from mcnn.networks.build import ARCHITECTURES, build_network
from mcnn.networks.weights import (
    fetch_pretrained,
    load_matching,
    load_network,
    load_pretrained,
    save_network,
)

LARGE, SMALL = "deeplab_large_fov", "deeplab_small_fov"
VGG = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
VGG_INDICES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


def random_tensor(*shape):
    """Of any size in little memory and on little disk: its rows overlap, 101 values apart."""
    n_rows, n_columns = shape[0], torch.Size(shape[1:]).numel()
    values = torch.randn(101 * (n_rows - 1) + n_columns)
    strides = [1]
    for side in reversed(shape[2:]):
        strides.insert(0, strides[0] * side)
    return values.as_strided(shape, (101, *strides) if shape[1:] else (101,))


def random_vgg16():
    tensors, in_channels = {}, 3
    for i, channels in zip(VGG_INDICES, VGG, strict=True):
        tensors[f"features.{i}.weight"] = random_tensor(channels, in_channels, 3, 3)
        tensors[f"features.{i}.bias"] = random_tensor(channels)
        in_channels = channels
    for i, shape in ((0, (4096, 25088)), (3, (4096, 4096)), (6, (1000, 4096))):
        tensors[f"classifier.{i}.weight"] = random_tensor(*shape)
        tensors[f"classifier.{i}.bias"] = random_tensor(shape[0])
    return tensors


def make(architecture, width=1.0, n_labels=3, seed=0):
    torch.manual_seed(seed)
    return build_network(Network(architecture=architecture, width=width), n_labels)


def without_initial_weights(architecture):
    with torch.device("meta"):
        network = build_network(Network(architecture=architecture), 3)
    return network.to_empty(device="cpu")


def snapshot(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


# --- VGG-16 to DeepLab


@pytest.mark.parametrize(
    ("architecture", "positions", "channels", "as_convolutions"),
    [
        (LARGE, (0, 3, 6), range(0, 4096, 4), False),
        (LARGE, (0, 3, 6), range(0, 4096, 4), True),
        (SMALL, (0, 2, 4, 6), range(4096), False),
    ],
)
def test_fc6_and_fc7_are_subsampled(architecture, positions, channels, as_convolutions, tmp_path):
    vgg = random_vgg16()
    stored = dict(vgg)
    if as_convolutions:
        stored["classifier.0.weight"] = vgg["classifier.0.weight"].view(4096, 512, 7, 7)
        stored["classifier.3.weight"] = vgg["classifier.3.weight"].view(4096, 4096, 1, 1)
    torch.save(stored, tmp_path / "vgg16.pth")
    network = without_initial_weights(architecture)
    fc8 = [
        torch.nn.init.normal_(parameter).clone()
        for parameter in network.classifier[-1].parameters()
    ]
    random_state = torch.get_rng_state()
    load_pretrained(network, tmp_path / "vgg16.pth")
    assert torch.equal(torch.get_rng_state(), random_state)
    state = network.state_dict()

    kept, side = torch.tensor(channels), len(positions)
    columns = torch.tensor(
        [[49 * c + 7 * y + x for y in positions for x in positions] for c in range(512)]
    )
    fc6 = torch.stack([vgg["classifier.0.weight"][row][columns] for row in kept])
    assert torch.equal(state["classifier.0.weight"], fc6.view(len(kept), 512, side, side))
    fc7 = vgg["classifier.3.weight"][kept][:, kept]
    assert torch.equal(state["classifier.3.weight"], fc7[:, :, None, None])
    for name in ("classifier.0.bias", "classifier.3.bias"):
        assert torch.equal(state[name], vgg[name][kept])
    for name in (name for name in vgg if name.startswith("features.")):
        assert torch.equal(state[name], vgg[name])
    assert all(map(torch.equal, fc8, network.classifier[-1].parameters()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classifier.0.weight": None}, r"tensor classifier\.0\.weight is missing"),
        ({"classifier.3.bias": None}, r"tensor classifier\.3\.bias is missing"),
        (
            {"classifier.0.weight": (4096, 25087)},
            r"classifier\.0\.weight has shape \(4096, 25087\)",
        ),
        ({"features.14.weight": None}, r"tensor features\.14\.weight is missing"),
        ({"features.0.weight": (64, 1, 3, 3)}, r"features\.0\.weight has shape .* \(64, 3, 3, 3\)"),
        ({"classifier.6.weight": None}, None),
    ],
)
def test_incomplete_vgg(change, message, tmp_path):
    vgg = random_vgg16()
    for name, shape in change.items():
        vgg[name] = None if shape is None else random_tensor(*shape)
    path = tmp_path / "vgg16.pth"
    torch.save({name: tensor for name, tensor in vgg.items() if tensor is not None}, path)
    network = without_initial_weights(LARGE)
    if message is None:
        load_pretrained(network, path)
        return
    torch.nn.init.zeros_(network.features[2].weight)
    with pytest.raises(DataError, match=message) as error:
        load_pretrained(network, path)
    assert str(path) in str(error.value)
    assert "vgg16-397923af.pth" in str(error.value)
    assert not network.features[2].weight.any(), "loaded in part"


def test_weights_that_are_not_numbers_are_refused(tmp_path):
    """torchvision's features-only VGG-16 has such a classifier."""
    vgg = random_vgg16()
    vgg["classifier.0.weight"] = torch.tensor(torch.nan).expand(4096, 25088)
    torch.save(vgg, tmp_path / "vgg16.pth")
    with pytest.raises(DataError, match=r"classifier\.0\.weight has values that are not finite"):
        load_pretrained(without_initial_weights(LARGE), tmp_path / "vgg16.pth")


def test_pretrained_weights_need_the_full_width(tmp_path):
    torch.save(random_vgg16(), tmp_path / "vgg16.pth")
    with pytest.raises(DataError, match=r"width.*0\.25.*to 1"):
        load_pretrained(make(LARGE, width=0.25), tmp_path / "vgg16.pth")


# --- other files


def test_a_features_only_file_is_enough_for_squeezenet(tmp_path):
    source = snapshot(make("squeezenet1_1", seed=1))
    features = {name: t for name, t in source.items() if name.startswith("features.")}
    save_file(features, tmp_path / "features.safetensors")
    network = make("squeezenet1_1", seed=2)
    before = snapshot(network)
    load_pretrained(network, tmp_path / "features.safetensors")
    assert same(snapshot(network), {**before, **features})


def test_shallow_has_no_pretrained_weights(tmp_path):
    for call in (
        lambda: fetch_pretrained("shallow", tmp_path / "a.safetensors"),
        lambda: load_pretrained(make("shallow"), tmp_path / "a.safetensors"),
    ):
        with pytest.raises(DataError, match=r"no pretrained weights for shallow.*none"):
            call()


def test_missing_file_says_where_to_get_it(tmp_path):
    path = tmp_path / "nowhere.pth"
    with pytest.raises(DataError) as error:
        load_pretrained(make("resnet18"), path)
    for part in (str(path), "https://", "resnet18-f37072fd.pth", "`network.weights`"):
        assert part in str(error.value)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("damage", ["truncated", "empty", "noise", "text"])
def test_damaged_file(suffix, damage, tmp_path):
    path = tmp_path / f"weights{suffix}"
    tensors = {"features.0.weight": torch.randn(64, 3, 3, 3)}
    if suffix == ".pth":
        torch.save(tensors, path)
    else:
        save_file(tensors, path)
    content = path.read_bytes()
    noise = torch.randint(0, 256, (4096,), generator=torch.Generator().manual_seed(0)).tolist()
    path.write_bytes(
        {
            "truncated": content[: len(content) // 2],
            "empty": b"",
            "noise": bytes(noise),
            "text": b"<html>404 Not Found</html>\n",
        }[damage]
    )
    with pytest.raises(DataError, match="damaged"):
        load_pretrained(make("squeezenet1_1"), path)


def test_a_file_that_is_no_state_dict(tmp_path):
    torch.save([torch.zeros(1)], tmp_path / "a.pth")
    with pytest.raises(DataError, match="no dictionary"):
        load_pretrained(make("squeezenet1_1"), tmp_path / "a.pth")


# --- the download


@pytest.mark.parametrize("architecture", sorted(weights.TORCHVISION_NAMES))
def test_fetch(architecture, tmp_path, monkeypatch):
    tensors = {"a": torch.randn(3), "b": torch.randn(4, 2).T}
    calls = []

    def download(url, dst, hash_prefix=None, progress=True):
        calls.append((url, hash_prefix))
        torch.save(tensors, dst)

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    path = tmp_path / "weights" / "a.safetensors"
    fetch_pretrained(architecture, path)
    file = {
        LARGE: "vgg16-397923af",
        SMALL: "vgg16-397923af",
        "squeezenet1_1": "squeezenet1_1-b8a52dc0",
        "resnet18": "resnet18-f37072fd",
        "resnet50": "resnet50-0676ba61",
    }[architecture]
    assert calls == [(f"https://download.pytorch.org/models/{file}.pth", file[-8:])]
    assert same(load_file(path), tensors)
    assert list(path.parent.iterdir()) == [path]


def test_every_architecture_but_shallow_can_be_fetched():
    assert set(weights.TORCHVISION_NAMES) == set(ARCHITECTURES) - {"shallow"}


@pytest.mark.parametrize(
    "error",
    [
        URLError("no route to host"),
        TimeoutError("timed out"),
        IncompleteRead(b"", 5),
        RuntimeError('invalid hash value (expected "397923af", got "00000000")'),
    ],
)
def test_failing_download(error, tmp_path, monkeypatch):
    def download(url, dst, hash_prefix=None, progress=True):
        with open(dst, "wb") as file:
            file.write(b"half")
        raise error

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    path = tmp_path / "vgg16.safetensors"
    path.write_bytes(b"before")
    with pytest.raises(DataError) as raised:
        fetch_pretrained(LARGE, path)
    url = "https://download.pytorch.org/models/vgg16-397923af.pth"
    for part in (url, str(error), "download vgg16-397923af.pth", "`network.weights: <path>"):
        assert part in str(raised.value)
    assert [file.name for file in tmp_path.iterdir()] == ["vgg16.safetensors"]
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("intact", [True, False])
def test_the_digest_in_the_name_is_verified(intact, tmp_path, monkeypatch):
    tensors = {"a": torch.randn(3)}
    torch.save(tensors, tmp_path / "a.pth")
    content = (tmp_path / "a.pth").read_bytes()
    digest = hashlib.sha256(content if intact else content + b"more").hexdigest()[:8]
    source = (tmp_path / "a.pth").rename(tmp_path / f"a_net-{digest}.pth")
    monkeypatch.setattr(weights, "_url", lambda *_: source.as_uri())
    path = tmp_path / "out" / "a.safetensors"
    if intact:
        fetch_pretrained("resnet18", path)
        assert same(load_file(path), tensors)
    else:
        with pytest.raises(DataError, match="invalid hash"):
            fetch_pretrained("resnet18", path)
        assert list(path.parent.iterdir()) == []


# --- trained networks


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


def test_matching_with_a_missing_model(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_matching(make("shallow"), ("a", "b"), tmp_path / "model.safetensors")
