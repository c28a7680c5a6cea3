"""What an import loads, told by a fresh interpreter: seconds are saved where no clock is needed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow_scripts"
NETWORKS = {"torch", "torchvision", "timm", "safetensors"}
SLOW = NETWORKS | {"numba", "skimage", "matplotlib", "snakemake"}
IMAGES = {"av", "cv2", "scipy", "h5py", "scenedetect", "PIL", "maxflow"}
USE_NETWORKS = {"train", "select_shots", "evaluate", "export_voc_test", "predictions", "localize"}
USE_NETWORKS |= {"pretrained_weights", "draw_examples", "draw_latent_labels"}
USE_NETWORKS |= {"export_latent_labels"}
TABLES = {"segmentation_table", "paper_tables", "table4", "shots_table", "skipped_table"}

HELP = """
from mcnn.cli import app
app(["--help"], standalone_mode=False)
"""
SCRIPT = """
import ast, pathlib, sys
for path in sys.argv[1:]:
    tree = ast.parse(pathlib.Path(path).read_text())
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(tree, path, "exec"))
"""
SETTINGS = """
import sys
from pathlib import Path
from mcnn.config.files import read_settings
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.own_videos import own_videos
from mcnn.experiments.paths import Paths
import mcnn.colocalization.frames, mcnn.report.paper
ExperimentGraph(read_settings([Path(path) for path in sys.argv[1:]])).tables()
"""


def loaded(code, *arguments):
    """Packages that a fresh interpreter has loaded at the end of some code."""
    code += "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return {name.partition(".")[0] for name in json.loads(result.stdout.splitlines()[-1])}


def test_the_help_loads_no_library_but_that_of_command_lines():
    heavy = SLOW | IMAGES | {"numpy", "pandas", "pyarrow", "pydantic", "yaml"}
    assert loaded(HELP) & heavy == set()


def test_the_configuration_is_checked_without_networks_and_images():
    assert loaded(SETTINGS) & (SLOW | IMAGES) == set()


def test_tables_load_no_network_and_no_image():
    scripts = [SCRIPTS / f"{name}.py" for name in sorted(TABLES | {"checked_config"})]
    assert loaded(SCRIPT, *scripts) & (SLOW | IMAGES) == set()


def test_jobs_without_a_network_load_no_torch():
    scripts = {path.stem for path in SCRIPTS.glob("*.py")} - USE_NETWORKS
    found = loaded(SCRIPT, *(SCRIPTS / f"{name}.py" for name in sorted(scripts)))
    assert found & NETWORKS == set()
    assert "cv2" in found


@pytest.mark.parametrize(
    "script", ["segment_motion", "sample_frames", "superpixels", "localize", "score_motion"]
)
def test_jobs_that_read_image_files_load_no_ffmpeg(script):
    assert "av" not in loaded(SCRIPT, SCRIPTS / f"{script}.py")


@pytest.mark.parametrize("script", ["segment_motion", "ingest_motion"])
def test_jobs_of_single_videos_load_no_pandas(script):
    assert "pandas" not in loaded(SCRIPT, SCRIPTS / f"{script}.py")


@pytest.mark.parametrize("script", ["manifest", "image_set", "annotations", "prune_shots"])
def test_small_jobs_compile_nothing(script):
    assert loaded(SCRIPT, SCRIPTS / f"{script}.py") & SLOW == set()
