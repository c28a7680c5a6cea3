"""The trainings that config/paper.yaml asks for, against a list written from the paper's tables."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from mcnn.artefacts.shots import Shot, write_shots
from mcnn.cli import app
from mcnn.config.resolve import load_settings, stage_records
from mcnn.experiments.graph import ExperimentGraph
from mcnn.label_space import VOC_CLASSES, YOUTUBE_OBJECTS_CLASSES
from mcnn.report.paper import VARIANT, published_csv, read_published, variants

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "config.yaml", ROOT / "config" / "paper.yaml"]
TRAINING = re.compile(r"^Job \d+: ([^/\s]+/[a-z]+), seed (\d+): train$", re.MULTILINE)
VIDEOS = {"youtube_objects": 155, "imagenet_vid": 795}

ONE, FIVE = range(1), range(5)
ALL_OF_THE_PAPER = {
    # Table 1
    "em-adapt-small/initial": FIVE,
    "em-adapt/initial": FIVE,
    "m-cnn-small/initial": FIVE,
    "m-cnn/initial": FIVE,
    "m-cnn-hard/initial": FIVE,
    "m-cnn/finetuned": FIVE,
    # Table 2
    "em-adapt-imnet/initial": ONE,
    "em-adapt-voc/initial": ONE,
    "em-adapt-voc-aug/initial": ONE,
    "m-cnn/joint": FIVE,
    "m-cnn-voc-aug/joint": ONE,
    "m-cnn-imnet/initial": ONE,
    "m-cnn-imnet/finetuned": ONE,
    "m-cnn-imnet/joint": ONE,
    "m-cnn-imnet-voc-aug/joint": ONE,
    # Table 3; EM-Adapt's row with a CRF has no training of its own.
    "mil-20/initial": ONE,
    "ccnn-20/initial": ONE,
    "em-adapt-20/initial": ONE,
    "m-cnn-20/joint": ONE,
    "m-cnn-imnet-20/joint": ONE,
    # Section 4.2: 1, 2, 3, 5 rounds; alpha 0.5, 2, 3, 10 at first; 0.5, 1, 3, 10 in fine-tuning
    **{f"m-cnn-rounds-{rounds}/initial": ONE for rounds in (1, 2, 3, 5)},
    **{f"m-cnn-alpha-{alpha}/initial": ONE for alpha in ("0.5", "2", "3", "10")},
    **{f"m-cnn-finetuned-alpha-{alpha}/finetuned": ONE for alpha in ("0.5", "1", "3", "10")},
    # Section 4.4
    "m-cnn-network-only/joint": ONE,
}
EXPECTED = Counter((name, seed) for name, seeds in ALL_OF_THE_PAPER.items() for seed in seeds)


def resolved(*files):
    def merge(base, changes):
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(base.get(key), dict):
                merge(base[key], value)
            else:
                base[key] = value

    config: dict = {}
    for file in files:
        merge(config, yaml.safe_load(file.read_text()))
    return load_settings(config)


@pytest.fixture(scope="module")
def settings():
    return resolved(*FILES)


@pytest.fixture
def sources(settings):
    """The paper's rows of each target."""
    graph = ExperimentGraph(settings)
    return {
        target: [row.model_dump() for row in graph.published(target)] for target in graph.targets
    }


def named(row):
    """Table, method and variant of a row."""
    return row["table"], row["method"], row["variant"]


def keys(table):
    """Method and variant of each row of a table of the paper."""
    paper = read_published(published_csv(table))
    return list(zip(paper["method"], variants(table, paper), strict=True))


def dry_run(folder, *targets):
    """Output of a dry run, and how often it would train what."""
    result = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "snakemake",
                *targets,
                "--dry-run",
                "--snakefile",
                ROOT / "Snakefile",
            ),
            *("--directory", folder, "--configfile", *FILES),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    found = TRAINING.findall(result.stdout)
    return result.stdout, Counter((step, int(seed)) for step, seed in found)


def write_manifests(folder):
    """Manifests of the datasets' numbers of videos, a shot each: all that the jobs depend on."""
    for name, videos in VIDEOS.items():
        shots = [
            Shot(f"video-{k}", 0, 1, 50, ("dog",), "numbered", "dog/%08d.jpg", k + 1)
            for k in range(videos)
        ]
        data = folder / "results" / "paper" / "data" / name
        data.mkdir(parents=True)
        write_shots(shots, data / "shots.parquet")
        (data / "skipped.csv").write_text("item,reason\n")


def test_a_dry_run_lists_what_the_tables_need_and_none_twice(tmp_path, settings):
    needed = Counter(
        (f"{name}/{stage}", seed)
        for (name, stage), seeds in ExperimentGraph(settings).needed().items()
        for seed in seeds
    )
    assert needed == EXPECTED
    _, trainings = dry_run(tmp_path)
    assert trainings == EXPECTED
    write_manifests(tmp_path)
    output, trainings = dry_run(tmp_path)
    assert trainings == EXPECTED
    # With the manifests there, all jobs are known.
    assert f"segment_motion {sum(VIDEOS.values())}" in re.sub(" +", " ", output)


COUNTED = """
import sys
from mcnn.artefacts import shots
videos_of, calls = shots.videos_of, []
shots.videos_of = lambda manifest: calls.append(1) or videos_of(manifest)
from snakemake.cli import main
try:
    main(sys.argv[1:])
finally:
    print("gone through", len(calls), flush=True)
"""


def test_a_manifest_is_gone_through_once_and_not_for_every_job(tmp_path):
    write_manifests(tmp_path)
    command = [sys.executable, "-c", COUNTED, "--dry-run", "--snakefile", ROOT / "Snakefile"]
    result = subprocess.run(
        [*command, "--quiet", "all", "--directory", tmp_path, "--configfile", *FILES],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"gone through {len(VIDEOS)}\n" in result.stdout


def test_the_frames_of_the_baselines_of_table_4_are_localized_without_another_training(settings):
    graph, paper = (
        ExperimentGraph(each)
        for each in (resolved(*FILES, ROOT / "config" / "youtube_objects_v1.yaml"), settings)
    )
    assert graph.needed() == paper.needed()
    assert graph.settings.run == paper.settings.run
    assert graph.trained_datasets() == paper.trained_datasets()
    more = set(graph.localizations()) - set(paper.localizations())
    assert more == {("m-cnn", "finetuned", seed, "youtube_objects_v1") for seed in FIVE}
    assert set(paper.localizations()) <= set(graph.localizations())


def test_a_table_alone_trains_what_it_shows(tmp_path):
    _, trainings = dry_run(tmp_path, "results/paper/tables/table3.csv")
    assert trainings <= EXPECTED
    assert trainings.total() == 3 + 2 * 3  # With the chains of both datasets, one seed.


def test_the_plan_counts_as_many(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = [text for file in FILES for text in ("--configfile", str(file))]
    result = CliRunner().invoke(app, ["plan", "--timing", "0", *options])
    assert result.exit_code == 0, result.output
    assert f"\n{EXPECTED.total()} trainings needed: 0 done" in result.output


def test_no_two_trainings_are_the_same_but_for_their_name(settings):
    known: dict[str | None, str] = {None: "pretrained"}
    for name, stage in ExperimentGraph(settings).needed():
        record = stage_records(settings, name)[stage]
        # Settings of what a training does not see make no difference.
        unused = set()
        if record.dataset is None:
            unused |= {"predictor"}
        if record.images is None:
            unused |= {"image_predictor"}
        used = record.model_dump(exclude={"labels": unused, "start": True})
        if record.images is None and record.optimizer.video_batches == "shots":
            del used["optimizer"]["images_per_batch"]
        identity = repr((known[record.start], used))
        assert identity not in known.values(), f"{name}/{stage}"
        known[f"{name}/{stage}"] = identity


def test_every_row_that_is_ours_or_a_baseline_of_ours_is_a_target_once(sources):
    found = Counter(named(row) for rows in sources.values() for row in rows)
    wanted = [
        (table, method, variant)
        for table in VARIANT
        for method, variant in keys(table)
        # Of table 3, ours, MIL-FCN, CCNN and EM-Adapt.
        if table != "table3" or method in ("M-CNN", "[31]", "[30]", "[28]", "[28] + CRF")
    ]
    assert found == Counter(wanted)
    assert len(wanted) == 6 + 10 + 6 + 15 + 2


def test_a_crf_follows_where_the_papers_row_has_one_and_nowhere_else(sources):
    for target, rows in sources.items():
        for row in rows:
            assert (target.postprocessing == "dense_crf") == ("CRF" in row["method"])


def test_seeds_are_as_many_as_the_papers_runs(settings, sources):
    runs = {("table1", *key): 5 for key in keys("table1")}
    table2 = zip(keys("table2"), read_published(published_csv("table2"))["runs"], strict=True)
    runs |= {("table2", *key): number for key, number in table2}
    for target, rows in sources.items():
        for row in rows:
            if row["table"] in ("table1", "table2"):
                seeds = settings.seeds_of_experiment(target.experiment)
                assert len(seeds) == runs[named(row)], target


def test_networks_of_twenty_classes_are_evaluated_on_all_of_val(settings):
    for target in settings.targets:
        name = target.split("/")[0]
        twenty = name.endswith("-20")
        classes = VOC_CLASSES if twenty else YOUTUBE_OBJECTS_CLASSES
        assert settings.classes_of_experiment(name) == classes
        assert settings.sets_of_experiment(name) == (("voc_val_20",) if twenty else ("voc_val",))
        for images in settings.sets_of_experiment(name):
            assert settings.images[images].split == "val"


def test_no_training_sees_the_images_of_val(settings):
    used = {settings.experiments[name].images for name, _ in ExperimentGraph(settings).needed()} - {
        None
    }
    assert {settings.images[name].split for name in used} == {"train", "train_aug"}


def test_the_sweeps_differ_from_m_cnn_in_their_parameter_alone(settings, sources):
    def without(name, stage, parameter):
        """Settings of a training, and the value of a parameter that is taken out of them."""
        record = stage_records(settings, name)[stage].model_dump()
        del record["labels"]["image_predictor"]  # These trainings have no images.
        value = record["labels" if parameter == "rounds" else "stage"].pop(parameter)
        return record, value

    seen = 0
    for (name, stage, _), rows in sources.items():
        for row in rows:
            if row["table"] == "sensitivity":
                parameter, value = row["variant"].split()
                record, swept = without(name, stage, parameter)
                assert swept == float(value), name
                assert record == without("m-cnn", stage, parameter)[0], name
                seen += 1
    assert seen == 15
