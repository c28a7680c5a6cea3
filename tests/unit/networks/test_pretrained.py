import hashlib
from http.client import IncompleteRead
from urllib.error import URLError

import pytest
import torch
from random_networks import make, same, snapshot
from safetensors.torch import load_file, save_file

from mcnn.config.network import Network
from mcnn.errors import DataError
from mcnn.networks import pretrained
from mcnn.networks.build import ARCHITECTURES, build_network
from mcnn.networks.pretrained import fetch_pretrained, load_pretrained

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


def without_initial_weights(architecture):
    with torch.device("meta"):
        network = build_network(Network(architecture=architecture), 3)
    return network.to_empty(device="cpu")


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
        load_pretrained(make("mobilenet_v2"), path)
    for part in (str(path), "https://", "mobilenet_v2-b0353104.pth", "`network.weights`"):
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


@pytest.mark.parametrize("architecture", sorted(pretrained.TORCHVISION_NAMES))
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
        "mobilenet_v2": "mobilenet_v2-b0353104",
    }[architecture]
    assert calls == [(f"https://download.pytorch.org/models/{file}.pth", file[-8:])]
    assert same(load_file(path), tensors)
    assert list(path.parent.iterdir()) == [path]


def test_every_architecture_but_shallow_can_be_fetched():
    assert set(pretrained.TORCHVISION_NAMES) == set(ARCHITECTURES) - {"shallow"}


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
    monkeypatch.setattr(pretrained, "_url", lambda *_: source.as_uri())
    path = tmp_path / "out" / "a.safetensors"
    if intact:
        fetch_pretrained("mobilenet_v2", path)
        assert same(load_file(path), tensors)
    else:
        with pytest.raises(DataError, match="invalid hash"):
            fetch_pretrained("mobilenet_v2", path)
        assert list(path.parent.iterdir()) == []


# --- trained networks
