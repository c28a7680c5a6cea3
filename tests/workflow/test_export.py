"""The archive for VOC's server through the workflow, of a model that is there already."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trees
import yaml
from random_networks import make

from mcnn.config.network import Network
from mcnn.evaluation.voc_archive import validate_export
from mcnn.networks.weights import save_network

ROOT = Path(__file__).parents[2]
IDS = ["2008_000001", "2008_000006"]
CLASSES = ("boat", "car")
FOLDER = "results/export/evaluation/m-cnn/seed0/initial"


@pytest.fixture
def folder(tmp_path):
    """Two images of `test`, a random network, and the sets test and val declared."""
    trees.pascal_voc(tmp_path / "VOC2012", {"test": dict.fromkeys(IDS, ())})
    model = tmp_path / "results/export/models/m-cnn/seed0/initial/model.safetensors"
    model.parent.mkdir(parents=True)
    network = make("shallow", 0.2, 1 + len(CLASSES))
    save_network(network, model, CLASSES, Network(architecture="shallow", width=0.2))
    sets = {
        f"voc_{split}": {"format": "pascal_voc", "root": "VOC2012", "split": split}
        for split in ("test", "val")
    }
    overlay = {"run": "export", "demo": {"enabled": False}, "images": sets}
    (tmp_path / "export.yaml").write_text(yaml.safe_dump(overlay))
    return tmp_path


def snakemake(folder, *targets):
    return subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--cores", "1"),
            *("--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)),
            *("--configfile", str(ROOT / "config.yaml"), "export.yaml"),
            # Without those that would train the model anew.
            *("--allowed-rules", "image_set", "export_voc_test", "--", *targets),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_archive_is_made_by_its_path(folder):
    result = snakemake(folder, f"{FOLDER}/voc_test.tgz")
    assert result.returncode == 0, result.stderr
    validate_export(folder / FOLDER / "voc_test.tgz", IDS, [trees.SIZE] * 2)


def test_sets_other_than_test_have_none(folder):
    result = snakemake(folder, f"{FOLDER}/voc_val.tgz")
    assert result.returncode != 0
    assert "No rule to produce" in result.stdout + result.stderr


def test_a_missing_image_ends_the_export_even_if_it_was_left_out_of_the_set(folder):
    (folder / "VOC2012" / "JPEGImages" / f"{IDS[1]}.jpg").unlink()
    with (folder / "export.yaml").open("a") as file:
        file.write("on_error: skip\n")
    result = snakemake(folder, f"{FOLDER}/voc_test.tgz")
    assert result.returncode != 0
    assert f"left out: 1, first {IDS[1]}" in result.stderr
    assert not (folder / FOLDER / "voc_test.tgz").exists()
