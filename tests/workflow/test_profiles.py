"""What the profiles ask for: of one machine, and of SLURM, by commands that are a sham."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest
import yaml
from tiny_run import ROOT, environment, snakemake

pytestmark = pytest.mark.xdist_group("tiny")
needs_slurm = pytest.mark.skipif(
    find_spec("snakemake_executor_plugin_slurm") is None,
    reason="not installed: snakemake-executor-plugin-slurm",
)
TRAINED = [f"results/tiny/models/{name}/seed0/initial" for name in ("m-cnn-hard", "m-cnn")]
MODELS = [f"{folder}/model.safetensors" for folder in TRAINED]
PROFILES = ["default", "slurm", "slurm-gres", "kubernetes"]
# Notes what it is given, and refuses.
SBATCH = '#!/bin/sh\necho "$@" >> {log}\necho "sbatch: error: sham" >&2\nexit 1\n'
ACCOUNTS = "#!/bin/sh\necho project\n"
NOTHING = "#!/bin/sh\n"


def profile(name):
    return yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())


@pytest.fixture
def untrained(finished, tmp_path):
    """The finished run without two of its initial trainings."""
    folder = shutil.copytree(finished, tmp_path / "run")
    for trained in TRAINED:
        shutil.rmtree(folder / trained)
    return folder


@pytest.fixture
def submitted(untrained, tmp_path):
    """What SLURM would be asked for: from Snakemake's options to its output and calls of sbatch."""
    programs, log = tmp_path / "bin", tmp_path / "sbatch.log"
    programs.mkdir()
    scripts = {"sbatch": SBATCH.format(log=log), "sacctmgr": ACCOUNTS}
    scripts |= dict.fromkeys(("squeue", "sacct", "sinfo", "scontrol", "scancel"), NOTHING)
    for name, text in scripts.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def submit(*options, models=MODELS[:1]):
        log.unlink(missing_ok=True)
        hurried = ["--slurm-init-seconds-before-status-checks", "1"]
        device = ["--configfile", "tiny.yaml", "--config", "device=auto"]
        result = subprocess.run(
            [sys.executable, "-m", "snakemake", *options, *hurried, *device, "--", *models],
            cwd=untrained,
            env={**environment(untrained), "PATH": f"{programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode != 0
        assert log.exists(), result.stderr
        calls = [call.split("--wrap")[0] for call in log.read_text().splitlines()]
        return result.stderr, calls

    return submit


def started(text):
    """Numbers of jobs that Snakemake started together."""
    return [int(line.split()[1]) for line in text.splitlines() if line.startswith("Execute ")]


def selected_at_once(folder, *options):
    result = snakemake(folder, *options, "--cores", "4", "--config", "device=auto", "--", *MODELS)
    assert result.returncode == 0, result.stderr
    return started(result.stderr)


def test_one_machine_trains_on_one_gpu_at_a_time(untrained):
    assert selected_at_once(untrained) == [1, 1]


def test_one_machine_with_two_gpus_trains_twice_at_a_time(untrained):
    assert selected_at_once(untrained, "--resources", "gpu=2") == [2]


@needs_slurm
def test_slurm_is_asked_for_what_the_profile_and_the_rules_say(submitted, untrained):
    path = untrained / "profiles/slurm/config.yaml"
    text = path.read_text()
    assert "  slurm_partition: main\n  # slurm_account: project\n" in text
    text = text.replace("slurm_partition: main", "slurm_partition: gpus")
    path.write_text(text.replace("# slurm_account", "slurm_account"))
    _, calls = submitted("--profile", "profiles/slurm")
    assert len(calls) == 1 + profile("slurm")["retries"]
    for attempt, call in enumerate(calls, start=1):
        for words in (
            *("-p gpus", "-A project", "--gpus=1", "--cpus-per-task=8", "--requeue"),
            *(f"--mem {8000 * attempt}", f"-t {720 * attempt}", "--signal=TERM@120"),
        ):
            assert f" {words} " in call
        assert "--gres" not in call


@needs_slurm
def test_a_localization_asks_for_the_memory_of_a_process_with_a_gpu(submitted, untrained):
    path = next(untrained.glob("results/tiny/colocalization/*/*/*/*/videos/*.parquet"))
    path.unlink()
    target = str(path.relative_to(untrained))
    _, (call,) = submitted("--profile", "profiles/slurm", "--retries", "0", models=[target])
    assert " --gpus=1 " in call
    assert " --mem 8000 " in call


@needs_slurm
@pytest.mark.parametrize("count", [1, 30])
def test_a_motion_job_has_a_minute_more_for_each_of_its_videos(submitted, untrained, count):
    settings = yaml.safe_load((untrained / "tiny.yaml").read_text())
    settings["motion"]["videos_per_job"] = count
    (untrained / "tiny.yaml").write_text(yaml.safe_dump(settings))
    first = "results/tiny/motion/youtube_objects/boat-0001.parquet"
    (untrained / first).unlink()
    _, (call,) = submitted("--profile", "profiles/slurm", "--retries", "0", models=[first])
    assert f" -t {60 + count} " in call


@needs_slurm
def test_a_cluster_trains_on_more_than_one_gpu_at_a_time(submitted):
    text, _ = submitted("--profile", "profiles/slurm", "--retries", "0", models=MODELS)
    assert started(text)[0] == 2


@needs_slurm
def test_the_profile_does_in_place_of_the_default_one_too(submitted):
    _, (call,) = submitted("--workflow-profile", "profiles/slurm", "--retries", "0")
    assert " -p main " in call


@needs_slurm
def test_older_sites_are_asked_for_a_gres(submitted):
    _, (call,) = submitted("--profile", "profiles/slurm-gres", "--retries", "0")
    assert " --gres=gpu:1 " in call
    assert "--gpus" not in call


def test_the_profile_of_older_sites_differs_by_its_gpus_alone():
    gres, slurm = profile("slurm-gres"), profile("slurm")
    asked = gres.pop("set-resources")
    assert gres == slurm
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk")).split("\nrule ")
    wanting = {text.split(":")[0] for text in rules if "        gpu=" in text}
    inheriting = {"train_finetuned", "train_joint", "evaluate_dense_crf"}
    assert asked == {name: {"gpu": 0, "gres": "gpu:1"} for name in wanting | inheriting}


def test_where_profiles_set_the_same_key_they_agree():
    """The default one is read with each of the others, and wins."""
    default = profile("default")
    assert {"rerun-triggers", "max-checksum-file-size"} <= default.keys()
    for name in PROFILES[1:]:
        other = profile(name)
        assert default.keys() - other.keys() == {"resources"}
        assert {key: other.get(key) for key in default.keys() & other.keys()} == {
            key: default[key] for key in default.keys() & other.keys()
        }
