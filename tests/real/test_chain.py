"""From real frames and pretrained weights to a network evaluated on real images.

Six DAVIS sequences with their masks as motion masks, and the FOS release's dog shot with its
authors' own segmentation, in the layout of one's own videos.
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mcnn.networks.weights import load_network

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
SEQUENCES = {
    "blackswan": "bird",
    "car-roundabout": "car",
    "cows": "cow",
    "dog": "dog",
    "horsejump-high": "horse",
    "scooter-black": "motorbike",
}
VOC_IMAGES = {
    "2008_002429": "bird",
    "2008_003577": "car",
    "2007_002903": "cow",
    "2007_003194": "dog",
    "2007_002046": "horse",
    "2008_000782": "motorbike",
    "2007_001774": "cat",
    "2007_003714": "sheep",
}
"""Images of VOC's `val_dev`, with the only class that each shows; the last two are of no video."""
ITERATIONS = int(os.environ.get("MCNN_REAL_ITERATIONS", "3"))
CROP = int(os.environ.get("MCNN_REAL_CROP", "129"))

pytestmark = pytest.mark.skipif(
    not (DATA / "davis2016").is_dir(), reason="the real data is not there: ../shared/data"
)


def build_tree(root):
    """Link the real files into the layout of one's own videos; return the overlay."""
    for sequence, tag in SEQUENCES.items():
        for kind, source in (("videos", "JPEGImages"), ("motion", "Annotations")):
            (root / kind / tag).mkdir(parents=True, exist_ok=True)
            (root / kind / tag / sequence).symlink_to(
                DATA / "davis2016" / source / "480p" / sequence
            )
    fos = root / "videos" / "dog" / "fos"
    fos.mkdir()
    for frame in range(1, 33):
        (fos / f"{frame:08d}.jpg").symlink_to(DATA / "fos_release" / "frames" / f"{frame:08d}.jpg")
    (root / "motion" / "dog-fos").symlink_to(DATA / "fos_release" / "segmentations")
    voc = root / "VOC2012"
    (voc / "ImageSets" / "Segmentation").mkdir(parents=True)
    for part in ("JPEGImages", "SegmentationClass", "image_tags.csv"):
        (voc / part).symlink_to(DATA / "voc2012" / part)
    (voc / "ImageSets" / "Segmentation" / "val.txt").write_text("\n".join(VOC_IMAGES) + "\n")
    weizmann = DATA / "weizmann_horse"
    masks = next(path for path in weizmann.iterdir() if path.is_dir() and path.name != "rgb")
    stage = {"iterations": ITERATIONS, "step_size": max(1, ITERATIONS * 2 // 3)}
    return {
        "classes": sorted(SEQUENCES.values()),
        "device": "cpu",
        "threads": 1,
        "datasets": {
            "own": {
                "root": str(root / "videos"),
                "motion": {"format": "auto", "root": str(root / "motion")},
            }
        },
        "images": {
            "test": {
                "format": "image_folder",
                **{"images": str(weizmann / "rgb"), "masks": str(masks), "tag": "horse"},
            },
            "voc": {"format": "pascal_voc", "root": str(voc), "split": "val"},
        },
        "network": {
            "weights": str(DATA / "weights" / "mobilenet_v2_imagenet.safetensors"),
            **{"mean": [0.5] * 3, "std": [0.5] * 3},
        },
        # The paper's balance of unary and pairwise terms on the grid of this crop.
        "labels": {"stride": 4, "lambda": 50 * (CROP // 4) / 321},
        "selection": {"min_iou": 0.0 if ITERATIONS < 50 else 0.2},
        "training": {
            "initial": {**stage, "warmup": ITERATIONS // 2},
            "finetuned": {**stage, "iterations": ITERATIONS // 2 + 1},
            "crop_size": CROP,
            "iter_size": 1 if ITERATIONS < 50 else 5,
        },
        "evaluation": {"sets": ["voc", "test"]},
    }


def test_the_chain_runs_on_real_frames(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "real.yaml").write_text(yaml.safe_dump(build_tree(tmp_path / "tree")))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(tmp_path)]
    files = [ROOT / "config.yaml", ROOT / "config" / "own_videos.yaml", tmp_path / "real.yaml"]
    result = subprocess.run(
        [*command, "--snakefile", str(ROOT / "Snakefile"), "--configfile", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    results = tmp_path / "results" / "own_videos"
    network, _ = load_network(results / "models/own/seed0/initial/model.safetensors")
    # Measured on the training frames: 0 and 1 at first.
    assert network.standardise.mean.any()
    pruned = pd.read_csv(results / "shots" / "own" / "pruned.csv")
    assert len(pruned) == 7
    assert pruned.set_index("video").loc["dog-fos", "kept"]
    table = pd.read_csv(results / "tables" / "segmentation.csv")
    assert list(table["set"]) == ["voc", "test"] * 2
    of_videos = sum(tag in SEQUENCES.values() for tag in VOC_IMAGES.values())
    assert table["images"].tolist() == [of_videos, 120] * 2
    assert table["mean_iou"].between(0, 100, inclusive="neither").all()
