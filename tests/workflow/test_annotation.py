"""The annotation loop of docs/annotation.md, command by command, on a tiny video."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from moving import moving_disc
from pycocotools import mask as coder
from tiny_run import ROOT, checkout, environment
from trees import write_video

from mcnn.artefacts.label_maps import read_labels
from mcnn.imaging.masks import decode_mask

SIZE = (120, 160)


def blocks(kind):
    """Code blocks of the loop's section."""
    page = (ROOT / "docs" / "annotation.md").read_text()
    section = page[page.index("## From a tagged video") : page.index("### All shots of a run")]
    return re.findall(rf"^```{kind}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def run(folder, script):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**environment(folder), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def corrected(folder):
    """As an annotator would: every object is a rectangle now."""
    run(folder, "mcnn export masks labels/park videos/dog/park.mp4 --format coco -o coco")
    content = json.loads((folder / "coco" / "annotations.json").read_text())
    for each in content["annotations"]:
        each["segmentation"] = [[30, 20, 90, 20, 90, 70, 30, 70]]
    (folder / "instances_default.json").write_text(json.dumps(content))
    return [int(Path(image["file_name"]).stem) for image in content["images"]]


def test_corrected_masks_come_back_as_motion_masks(tmp_path):
    folder = checkout(tmp_path / "run")
    shutil.copytree(ROOT / "config", folder / "config")
    write_video(folder / "videos/dog/park.mp4", moving_disc(14)[0])
    draft, back, samples = blocks("bash")
    run(folder, draft)
    before = read_labels(folder / "masks/dog/park/00000002.png")
    assert (folder / "to_correct" / "annotations.xml").is_file()
    frames = corrected(folder)
    assert len(frames) == 10
    run(folder, back)
    (overlay,) = blocks("yaml")
    (folder / "corrected.yaml").write_text(overlay)
    run(folder, samples)
    table = pd.read_parquet(folder / "results/own_videos/samples/own.parquet")
    assert table["tags"].map(list).tolist() == [["dog"]] * 5
    rectangle = coder.decode(coder.frPyObjects([[30, 20, 90, 20, 90, 70, 30, 70]], *SIZE))[..., 0]
    seen = 0
    for frame, mask in zip(table["frame"], table["mask"], strict=True):
        if frame in frames:
            np.testing.assert_array_equal(decode_mask(mask["bytes"]), rectangle > 0)
            seen += 1
    assert seen > 0
    assert 2 not in frames
    np.testing.assert_array_equal(read_labels(folder / "masks/dog/park/00000002.png"), before)
