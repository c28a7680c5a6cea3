import re
from pathlib import Path

import pytest

from mcnn.errors import ConfigError
from mcnn.experiments.paths import Paths, pretrained_weights

PATTERNS = vars(Paths("some.run"))
OF_THE_RUN = {name: path for name, path in PATTERNS.items() if name != "root"}
WILDCARDS = {"dataset", "video", "images", "experiment", "seed", "stage", "name", "table"}
WILDCARDS |= {"postprocessing"}


def test_everything_lies_below_the_folder_of_the_run():
    assert PATTERNS["root"] == "results/some.run"
    assert all(path.startswith("results/some.run/") for path in OF_THE_RUN.values())


@pytest.mark.parametrize("name", ["x", "motion", "selected", "images", "seed0", "shots.parquet"])
def test_no_artefact_is_another_or_lies_inside_it_whatever_their_names(name):
    facts = dict.fromkeys(WILDCARDS, name) | {"seed": 0, "stage": "finetuned", "table": "table1"}
    paths = {pattern: Path(pattern.format(**facts)) for pattern in OF_THE_RUN.values()}
    assert len(set(paths.values())) == len(OF_THE_RUN)
    files = {path for pattern, path in paths.items() if Path(pattern).suffix}
    assert len(files) > 30
    assert not files & {parent for path in paths.values() for parent in path.parents}


TRAINING = "m-cnn/seed2/finetuned"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("config", "results/r/config.yaml"),
        ("split", "results/r/data/web/splits/v.csv"),
        ("shots", "results/r/data/web/shots.parquet"),
        ("skipped_shots", "results/r/data/web/skipped.csv"),
        ("annotations", "results/r/data/web/annotations.csv"),
        ("images", "results/r/data/voc/images.parquet"),
        ("motion", "results/r/motion/web/v.parquet"),
        ("pruned", "results/r/shots/web/pruned.csv"),
        ("selected", "results/r/shots/web/selected/m-cnn/seed2.csv"),
        ("samples", "results/r/samples/web.parquet"),
        ("model", f"results/r/models/{TRAINING}/model.safetensors"),
        ("initial_model", "results/r/models/m-cnn/seed2/initial/model.safetensors"),
        ("history", f"results/r/models/{TRAINING}/history.csv"),
        ("run", f"results/r/models/{TRAINING}/run.json"),
        ("checkpoint", f"results/r/models/{TRAINING}/checkpoint.pt"),
        ("iou", f"results/r/evaluation/{TRAINING}/iou.csv"),
        ("exported_labels", f"results/r/latent_labels/{TRAINING}"),
        ("image_iou", f"results/r/evaluation/{TRAINING}/image_iou.csv"),
        ("confusion", f"results/r/evaluation/{TRAINING}/confusion.csv"),
        ("voc_archive", f"results/r/evaluation/{TRAINING}/voc.tgz"),
        ("localized", f"results/r/colocalization/{TRAINING}/web/videos/v.parquet"),
        ("boxes", f"results/r/colocalization/{TRAINING}/web/boxes.csv"),
        ("coco", f"results/r/colocalization/{TRAINING}/web/boxes.json"),
        ("corloc", f"results/r/colocalization/{TRAINING}/web/corloc.csv"),
        ("sheet", f"results/r/colocalization/{TRAINING}/web/dog.jpg"),
        ("superpixels", "results/r/colocalization/superpixels/web/v.parquet"),
        ("motion_corloc", "results/r/colocalization/motion/web/corloc.csv"),
        ("table", "results/r/tables/table1.csv"),
        ("shots_table", "results/r/tables/shots.csv"),
        ("skipped_table", "results/r/tables/skipped.csv"),
    ],
)
def test_finished_runs_are_found_where_they_lie(name, expected):
    facts = {"dataset": "web", "images": "voc", "video": "v", "name": "dog", "table": "table1"}
    pattern = vars(Paths("r"))[name]
    assert pattern.format(**facts, experiment="m-cnn", seed=2, stage="finetuned") == expected


def test_the_artefact_of_a_training():
    paths = Paths("r")
    found = paths.of_training(paths.run, "m-cnn", "joint", 7)
    assert found == Path("results/r/models/m-cnn/seed7/joint/run.json")


def test_pretrained_weights_are_those_of_all_runs():
    assert pretrained_weights("mobilenet_v2") == "resources/weights/mobilenet_v2.safetensors"


def artefacts_of_readme():
    """Files of the table of artefacts, with a word in the place of each name."""
    text = (Path(__file__).parents[3] / "README.md").read_text()
    lines = re.findall(r"^\| (`.*?) \| (.*) \|$", text, re.MULTILINE)
    for first, what in lines:
        folder = ""
        for span in re.findall("`([^`]+)`", first):
            path = re.sub("<[^>]+>", "0", span)
            path = path if "/" in path.rstrip("/…") or not folder else f"{folder}/{path}"
            folder = path.rpartition("/")[0]
            if path.endswith("…"):
                yield f"{folder}/0/seed0.csv"
            elif path.endswith("/"):
                names = re.findall(r"`([^`/]*\.\w+)`", what)
                assert names, first
                yield from (folder + "/" + re.sub("<[^>]+>", "0", name) for name in names)
            else:
                yield path


def test_the_readme_names_every_kind_of_artefact_by_its_path():
    named = list(artefacts_of_readme())
    assert len(named) > 15
    patterns = [re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) for path in OF_THE_RUN.values()]
    for path in named:
        assert any(re.fullmatch(pattern, f"results/some.run/{path}") for pattern in patterns), path
    for name in ("shots", "motion", "pruned", "selected", "samples", "model", "history", "run"):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(PATTERNS[name]))
        assert any(re.fullmatch(pattern, f"results/some.run/{path}") for path in named), name


@pytest.mark.parametrize("place", ["results", "results/some.run", "results/some.run/logs"])
def test_a_file_where_a_folder_has_to_be_is_named_before_anything_runs(
    tmp_path, monkeypatch, place
):
    monkeypatch.chdir(tmp_path)
    paths = Paths("some.run")
    paths.refuse_files_for_folders()
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    Path(place).write_text("")
    with pytest.raises(ConfigError, match=rf"^{place}: a file lies where a folder.*Remedy"):
        paths.refuse_files_for_folders()
    Path(place).unlink()
    Path(place).mkdir()
    paths.refuse_files_for_folders()
