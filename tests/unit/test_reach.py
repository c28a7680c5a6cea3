"""What the stages of the workflow depend on: a module boundary is a workflow dependency.

Each rule reruns when a module that its script reaches is edited (`mcnn.provenance`).
"""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from mcnn.provenance import reached_modules

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mcnn"
SCRIPTS = ROOT / "workflow_scripts"
ROOMS = [
    # In this order: a room imports from those before it alone.
    *("errors", "files", "label_space", "logs", "progress", "ahead", "provenance"),
    *("graph_cut", "_torchvision", "_timm", "config", "imaging", "mixtures", "artefacts"),
    *("datasets", "demo", "shots", "labels", "motion", "networks", "training", "evaluation"),
    *("prediction", "colocalization", "report", "export", "experiments", "commands"),
    *("cli_export", "workflow", "cli"),
]
READERS = {
    f"mcnn.datasets.{name}"
    for name in (
        *("pascal_voc", "image_folder", "youtube_objects", "youtube_objects_v1"),
        *("imagenet_vid", "video_folder", "frames", "video_files", "mat", "ground_truth"),
    )
}
TRAINING = {"train"}
TABLES = {"segmentation_table", "paper_tables", "table4", "shots_table", "skipped_table"}
SCORING = {"score_videos", "score_motion"}


def reached(script):
    return set(reached_modules(SCRIPTS / f"{script}.py"))


def inside(modules, room):
    """Those of the modules that are in a room."""
    return {name for name in modules if f"{name}.".startswith(f"mcnn.{room}.")}


@pytest.mark.parametrize("script", sorted(TABLES | SCORING | {"report"}))
def test_tables_and_scores_reach_no_network_no_training_and_no_algorithm(script):
    modules = reached(script)
    for room in ("networks", "training", "labels", "motion", "shots", "datasets", "mixtures"):
        assert inside(modules, room) == set()
    boxes = {"mcnn.colocalization", "mcnn.colocalization.score", "mcnn.colocalization.motion_boxes"}
    assert inside(modules, "colocalization") <= (boxes if script in SCORING else set())


def test_training_reaches_no_reader_and_no_section_that_it_does_not_read():
    modules = reached("train")
    for room in ("datasets", "demo", "motion", "shots", "evaluation", "colocalization", "report"):
        assert inside(modules, room) == set()
    sections = {"mcnn.config", *(f"mcnn.config.{name}" for name in ("base", "record"))}
    sections |= {f"mcnn.config.{name}" for name in ("labels", "network", "training")}
    assert inside(modules, "config") == sections


def test_localization_reaches_no_motion_segmentation_and_no_label_predictor():
    modules = reached("localize")
    assert inside(modules, "motion") == set()
    assert inside(modules, "training") == set()
    # The energy is the paper's; its terms alone are shared.
    shared = {"mcnn.labels", "mcnn.labels.arrays"}
    shared |= {"mcnn.labels.energy", "mcnn.labels.motion_potential"}
    assert inside(modules, "labels") == shared


def test_superpixels_reach_no_network_and_no_energy():
    modules = reached("superpixels")
    for room in ("networks", "labels", "mixtures", "motion", "training"):
        assert inside(modules, room) == set()
    names = {f"mcnn.colocalization.{name}" for name in ("frames", "superpixels")}
    assert inside(modules, "colocalization") == {"mcnn.colocalization", *names}


def test_evaluation_reaches_no_label_engine():
    modules = reached("evaluate")
    for room in ("labels", "mixtures", "motion", "training", "shots", "datasets"):
        assert inside(modules, room) == set()


def test_motion_that_is_ingested_is_not_segmented():
    algorithms = inside(reached("segment_motion"), "motion") - {"mcnn.motion"}
    assert len(algorithms) > 10
    assert inside(reached("ingest_motion"), "motion") == {"mcnn.motion", "mcnn.motion.ingest"}


def test_layouts_are_read_by_the_first_stages_alone():
    first = {"annotations", "detect_shots", "image_set", "manifest"}
    for script in {path.stem for path in SCRIPTS.glob("*.py")} - first:
        layouts = READERS - {f"mcnn.datasets.{name}" for name in ("frames", "video_files", "mat")}
        assert reached(script) & layouts == set(), script


@pytest.mark.parametrize(
    ("script", "at_most"),
    [
        ("train", 70),
        ("localize", 59),
        ("evaluate", 38),
        *((name, 22) for name in sorted(TABLES | SCORING)),
    ],
)
def test_no_script_reaches_more_than_it_did(script, at_most):
    assert len(reached(script)) <= at_most


def imports():
    """Modules of the package and those that each imports."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        nodes = list(ast.walk(ast.parse(path.read_text())))
        froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
        found[name] = {
            candidate
            for node in froms
            for alias in node.names
            for candidate in (node.module, f"{node.module}.{alias.name}")
            if candidate.startswith("mcnn.")
        }
    return {name: {other for other in others if other in found} for name, others in found.items()}


def test_no_import_runs_upward_and_none_in_a_circle():
    graph = imports()
    assert {name.split(".")[1] for name in graph if name != "mcnn"} == set(ROOMS)
    for name, others in graph.items():
        for other in others:
            here, there = name.split(".")[1], other.split(".")[1]
            assert ROOMS.index(there) <= ROOMS.index(here), f"{name} imports {other}"
    packages = {name for name in graph if (PACKAGE / Path(*name.split(".")[1:])).is_dir()}
    TopologicalSorter({name: graph[name] - packages for name in graph}).prepare()


def test_the_library_does_not_import_through_its_face():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "mcnn":
                assert {alias.name for alias in node.names} <= {*ROOMS, "__version__"}, path
            if isinstance(node, ast.Import):
                assert "mcnn" not in {alias.name for alias in node.names}, path


def test_the_face_imports_nothing_of_the_library_by_itself():
    assert imports()["mcnn"] == set()


def test_the_tree_of_the_design_is_the_tree_on_disk():
    text = (ROOT / "docs" / "design.md").read_text()
    tree = text[text.index("```\nSnakefile") :].split("```")[1]
    named = re.findall(r"^ {2}([a-z_]+)(/|\.py) ", tree, re.MULTILINE)
    assert [name for name, _ in named] == ROOMS
    for name, kind in named:
        assert (PACKAGE / f"{name}{kind}").exists()
    for name in re.findall(r"^([A-Za-z_.]+)/? ", tree, re.MULTILINE):
        assert (ROOT / name).exists(), name
