"""Weights, checkpoints, archives, annotations of tools, and the configuration."""

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from safetensors.torch import save_file

from fuzz.mutations import mutate
from fuzz.target import Target
from mcnn.artefacts.model import read_tensors
from mcnn.config.files import merge, read_settings
from mcnn.config.network import Network
from mcnn.evaluation.voc_archive import FOLDER, validate_export
from mcnn.export.import_coco import import_coco
from mcnn.imaging.palette import encode_labels
from mcnn.networks.build import build_network
from mcnn.networks.weights import load_network, save_network
from mcnn.training.checkpoint import load_checkpoint, save_checkpoint

ROOT = Path(__file__).parents[2]
STATE = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(3, dtype=torch.int64)}
REMEDY = "copy it again"


def _model(folder: Path) -> list[Path]:
    settings = Network(architecture="shallow", width=0.05, weights="none")
    save_network(build_network(settings, 3), folder / "a", ["dog", "cat"], settings)
    return [folder / "a"]


def _safetensors(folder: Path) -> list[Path]:
    save_file(STATE, folder / "a", {"note": "words"})
    return [folder / "a"]


def _pth(folder: Path) -> list[Path]:
    torch.save(STATE, folder / "a")
    torch.save(STATE, folder / "b", _use_new_zipfile_serialization=False)
    return [folder / "a", folder / "b"]


def _checkpoint(folder: Path) -> list[Path]:
    state = {"iteration": 7, "network": STATE, "optimizer": {"state": {0: STATE}, "lr": 0.1}}
    save_checkpoint(folder / "a", {**state, "history": [[1, 0.5]], "rng": torch.arange(9)}, "mark")
    return [folder / "a"]


def _damaged_checkpoint(rng: random.Random, sound: Sequence[bytes]) -> bytes:
    """One whose digest is right nevertheless, in three of four cases."""
    if rng.random() < 0.25:
        return mutate(rng, sound)
    content = mutate(rng, [data[hashlib.sha256().digest_size :] for data in sound])
    return hashlib.sha256(content).digest() + content


def _archive(folder: Path) -> list[Path]:
    import gzip
    import io
    import tarfile

    data = encode_labels(np.arange(20, dtype=np.uint8).reshape(4, 5))
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(f"{FOLDER}/a.png")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    (folder / "a").write_bytes(gzip.compress(plain.getvalue()))
    return [folder / "a"]


def _damaged_archive(draw: random.Random, corpus: Sequence[bytes]) -> bytes:
    import gzip

    if draw.random() < 0.5:
        return mutate(draw, corpus)
    return gzip.compress(mutate(draw, [gzip.decompress(draw.choice(corpus))[:2048]]), 1)


COCO = {
    "images": [{"id": 1, "file_name": "images/a.jpg", "height": 6, "width": 8}],
    "categories": [{"id": 3, "name": "dog"}, {"id": 1, "name": "cat"}],
    "annotations": [
        {"image_id": 1, "category_id": 3, "segmentation": [[1, 1, 5, 1, 5, 4, 1, 4]]},
        {
            "image_id": 1,
            "category_id": 1,
            "segmentation": {"size": [6, 8], "counts": [3, 5, 10, 6, 24]},
        },
        {"image_id": 1, "category_id": 1, "segmentation": {"size": [6, 8], "counts": "=33000a0"}},
    ],
}


def _coco(folder: Path) -> list[Path]:
    (folder / "a.json").write_text(json.dumps(COCO))
    return [folder / "a.json"]


SCRAPS: tuple[Any, ...] = (None, True, 0, -1, 1, 2, 2**31, 2**63, 2**70, 10**400, 0.5, -0.5, 1e308)
SCRAPS += (float("inf"), float("nan"), "", "..", "/", "a/b", "a\nb", "x" * 5000, "\0", "é", "none")
SCRAPS += ("auto", "timm:", "timm:resnet18", "m:f", "os:getcwd", "sys:exit", [], {}, [[]], [{}])
SCRAPS += ({"a": 1}, [1, "a"], ["dog", "dog"], {1: 2}, {"": {}}, [[[[]]]], "m-cnn/initial")
SCRAPS += (__import__("datetime").date(2024, 5, 6), b"\xff", {True: False}, {None: None})


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Each place in a tree: what holds it, and key or index."""
    found: list[tuple[Any, Any]] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in list(items):
            found.append((node, key))
            if isinstance(value, dict | list) and value:
                pending.append(value)
    return found


def restructured(draw: random.Random, tree: Any) -> Any:
    """A tree of JSON with other values at some places, keys renamed, and what is moved or gone."""
    tree = json.loads(json.dumps(tree))
    for _ in range(draw.choice((1, 1, 2, 4))):
        places = _places(tree)
        if not places:
            break
        node, key = draw.choice(places)
        action = draw.randrange(5)
        if action == 0:
            del node[key]
        elif action == 1 and isinstance(node, dict):
            name = draw.choice((*(each for each in SCRAPS if isinstance(each, str | int)), "more"))
            node[name] = node.pop(key)
        elif action == 2:
            other, place = draw.choice(places)
            node[key] = json.loads(json.dumps(other[place], default=str))
        else:
            node[key] = draw.choice(SCRAPS)
            try:  # What comes after it copies trees.
                json.dumps(tree)
            except (TypeError, ValueError):
                break
    return tree


def _damaged_coco(draw: random.Random, corpus: Sequence[bytes]) -> bytes:
    if draw.random() < 0.4:
        return mutate(draw, corpus)
    tree = restructured(draw, COCO)
    try:
        return json.dumps(tree, default=str).encode()
    except TypeError:
        return repr(tree).encode()


def _configurations(folder: Path) -> list[Path]:
    """The demo's configuration, and that of the paper's tables on top of it."""
    paper = yaml.safe_load((ROOT / "config.yaml").read_text())
    merge(paper, yaml.safe_load((ROOT / "config" / "paper.yaml").read_text()))
    (folder / "paper.yaml").write_text(yaml.safe_dump(paper))
    return [ROOT / "config.yaml", folder / "paper.yaml"]


def _damaged_structure(draw: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Another structure; sometimes with an anchor that is in itself, or deep."""
    text = yaml.safe_dump(restructured(draw, _parsed(draw.choice(corpus))), allow_unicode=True)
    lines = text.splitlines()
    if draw.random() < 0.1:
        place = draw.randrange(len(lines))
        more = ("&a {x: *a}", "&a [*a]", "[" * 40 + "]" * 40, "[" * 3000 + "]" * 3000, "!!binary x")
        lines[place] = f"{lines[place].partition(':')[0]}: {draw.choice(more)}"
    return "\n".join(lines).encode("utf-8", "replace")


_PARSED: dict[bytes, Any] = {}


def _parsed(data: bytes) -> Any:
    if data not in _PARSED:
        _PARSED[data] = yaml.safe_load(data)
    return _PARSED[data]


TARGETS = {
    "model": Target("damaged.safetensors", load_network, _model, share=2),
    "safetensors": Target(
        "damaged.safetensors", lambda path: read_tensors(path, REMEDY), _safetensors, share=2
    ),
    "pth": Target("damaged.pth", lambda path: read_tensors(path, REMEDY), _pth, share=4),
    "checkpoint": Target(
        "damaged.pt",
        lambda path: load_checkpoint(path, "mark"),
        _checkpoint,
        _damaged_checkpoint,
        share=2,
    ),
    "archive": Target(
        "damaged.tgz",
        lambda path: validate_export(path, ["a"], [(4, 5)]),
        _archive,
        _damaged_archive,
    ),
    "coco": Target(
        "damaged.json", lambda path: import_coco(path, Path("out")), _coco, _damaged_coco, share=2
    ),
    "yaml bytes": Target(
        "damaged.yaml", lambda path: read_settings([path]), _configurations, share=0.5
    ),
    "yaml structure": Target(
        "damaged.yaml",
        lambda path: read_settings([path]),
        _configurations,
        _damaged_structure,
        share=0.5,
    ),
}
