"""The Python of the documents runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest
from colour_network import save_colour_network
from PIL import Image

from mcnn.export.model import export_model

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "config" / "README.md"]
WITH_PYTHON = {page.name: page for page in PAGES if BLOCK.search(page.read_text())}


def test_pages_with_python_are_found():
    assert WITH_PYTHON.keys() >= {"README.md", "labels.md", "own_videos.md"}
    for page in PAGES:
        assert not re.search(r"^```(py|python3|Python|pycon)$", page.read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", sorted(WITH_PYTHON))
def test_the_python_of_a_page_runs_from_top_to_bottom(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_colour_network(tmp_path / "model.safetensors", ("dog", "horse", "cat"))
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save("photo.jpg")
    blocks = BLOCK.findall(WITH_PYTHON[name].read_text())
    for exported in sorted(set(re.findall(r"model\.(?:onnx|pt2)", "".join(blocks)))):
        export_model(tmp_path / "model.safetensors", tmp_path / exported)
    namespace = {"image": np.zeros((40, 60, 3), np.uint8)}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{name}, block {number}", "exec"), namespace)
