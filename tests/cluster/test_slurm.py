"""The workflow on a real SLURM, by the profile and the commands of docs/clusters.md."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack

import one_node_slurm
import pytest
import yaml
from one_node_slurm import OneNode, output, wait_for
from tiny_run import OVERLAY, checkout, environment, snakemake
from trees import youtube_objects

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(one_node_slurm.missing()), reason=one_node_slurm.missing() or "-"),
]
SEEDS = [0, 1]
# Two trainings on a GPU each, long enough to be caught at work, and what they need. They leave a
# checkpoint if they are asked to end, and not before.
TWO = {
    **OVERLAY,
    "device": "auto",
    "targets": ["m-cnn/initial"],
    "seeds": SEEDS,
    "evaluation": {"sets": []},
    "colocalization": {"targets": []},
    "training": {
        **OVERLAY["training"],
        "initial": {"iterations": 1500, "warmup": 4},
        "checkpoint_every": 1500,
        "checkpoint_minutes": 60,
    },
}
# This SLURM has no accounting, and nobody waits 40 s for the first look at a job.
HURRIED = [
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"),
    *("--seconds-between-status-checks", "2"),
    # Threads of the profile are more than the machine has.
    *("--set-threads", "train_initial=1"),
]
GPUS = {"gpu:1(IDX:0)", "gpu:1(IDX:1)"}
VIDEOS = 40
END_WITH_US = ["setpriv", "--pdeathsig", "KILL"]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    with ExitStack() as stack:
        try:
            node = stack.enter_context(OneNode(tmp_path_factory.mktemp("slurm")))
        except (AssertionError, OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"SLURM's daemons do not start on this machine: {error}")
        yield node


@pytest.fixture
def folder(tmp_path):
    folder = checkout(tmp_path / "run")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TWO))
    return folder


@pytest.fixture
def start(slurm, folder):
    """Starts the run that is asked for with some options, and kills what a failed test leaves."""
    runs = []

    def begin(*options, **profile):
        runs.append(Run(folder, f"run{len(runs)}", *options, **profile))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.kill()
            output("scancel", "--user", "root")


class Run:
    """`snakemake --profile profiles/slurm --configfile tiny.yaml`, beside the test."""

    def __init__(self, folder, name, *options, profile="slurm"):
        self.log = folder / f"{name}.log"
        given = ["--profile", f"profiles/{profile}", "--configfile", "tiny.yaml", *HURRIED]
        with self.log.open("w") as file:
            self.process = subprocess.Popen(
                [*END_WITH_US, sys.executable, "-m", "snakemake", *given, *options],
                cwd=folder,
                env=environment(folder),
                stdout=file,
                stderr=file,
                start_new_session=True,
                # Or it stays ignored in what a shell runs in its background.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def text(self):
        return self.log.read_text()

    def until(self, value, seconds=600):
        """The value of a function as soon as it is true, if the run goes on that long."""

        def found():
            assert self.process.poll() is None, self.text()
            return value()

        return wait_for(found, seconds)

    def jobs(self):
        """What SLURM knows of the jobs of this run."""
        name = re.search(r"SLURM run ID: (\S+)", self.text())
        return [job for job in OneNode.jobs() if name and job["JobName"] == name.group(1)]

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def trainings(run, asking=""):
    """The trainings of a run that SLURM has at work, of those that ask for something."""
    jobs = [job for job in run.jobs() if job["Comment"].startswith("rule_train")]
    return [job for job in jobs if job["JobState"] == "RUNNING" and asking in job["TRES"]]


def both(run, folder, saying, asking=""):
    """The two trainings, once they are at work and their logs say so."""
    running = trainings(run, asking)
    said = all(saying in log_of(folder, seed) for seed in SEEDS)
    return running if len(running) == 2 and said else None


def log_of(folder, seed):
    path = folder / f"results/tiny/logs/train/m-cnn/seed{seed}/initial.log"
    return path.read_text() if path.exists() else ""


def resumed_at(folder):
    """The iteration that each training resumed at last."""
    text = r"resumed from \S+ at iteration (\d+)"
    return [int(re.findall(text, log_of(folder, seed))[-1]) for seed in SEEDS]


def stops(folder):
    """How often each training has stopped by a signal."""
    return [log_of(folder, seed).count("stopped by SIGTERM") for seed in SEEDS]


def test_a_run_survives_its_own_death_a_scancel_and_the_controllers(slurm, folder, start):
    first = start()
    running = first.until(lambda: both(first, folder, "INFO training: "))
    assert {job["Partition"] for job in first.jobs()} == {"main"}
    # Each on a GPU of its own.
    assert {job["GRES"] for job in running} == GPUS
    assert {job["TimeLimit"] for job in running} == {"12:00:00"}
    assert all(",mem=8000M," in job["TRES"] for job in running)
    assert max(Counter(job["Comment"] for job in first.jobs()).values()) == 1

    # Snakemake is killed; its jobs would go on.
    first.kill()
    output("scancel", "--name", running[0]["JobName"])
    wait_for(lambda: not trainings(first))
    assert snakemake(folder, "--unlock").returncode == 0
    # By the profile of older sites.
    again = start(profile="slurm-gres")
    running = again.until(lambda: both(again, folder, "INFO resumed from"))
    assert {job["GRES"] for job in running} == GPUS
    assert all(job["Comment"].startswith("rule_train") for job in again.jobs())

    before = resumed_at(folder)
    stopped = stops(folder)
    time.sleep(2)
    output("scancel", running[0]["JobId"])
    # As SLURM's warning, to the steps of the job and not to its shell.
    output("scancel", "--signal=TERM", running[1]["JobId"])
    # A controller that dies at once takes a signal along that it has not sent yet.
    wait_for(lambda: all(now > then for then, now in zip(stopped, stops(folder), strict=True)))
    slurm.kill("slurmctld", signal.SIGKILL)
    slurm.start("slurmctld", "-D")
    repeated = again.until(lambda: both(again, folder, "INFO resumed from", ",mem=16000M,"))
    assert {job["TimeLimit"] for job in repeated} == {"1-00:00:00"}
    assert again.process.wait(600) == 0, again.text()
    assert all(now > then for then, now in zip(before, resumed_at(folder), strict=True))
    counts = Counter(job["Comment"] for job in again.jobs())
    assert [counts.pop(job["Comment"]) for job in repeated] == [2, 2]
    assert set(counts.values()) == {1}
    assert (folder / "results/tiny/report.html").is_file()


def test_a_partition_that_does_not_exist_is_refused(folder, start):
    path = folder / "profiles/slurm/config.yaml"
    path.write_text(path.read_text().replace("slurm_partition: main", "slurm_partition: nowhere"))
    run = start("--retries", "0")
    assert run.process.wait(120) != 0
    assert "invalid partition specified: nowhere" in run.text()
    assert not run.jobs()


def test_forty_videos_are_submitted_once_each_and_cancelled_by_control_c(slurm, folder, start):
    ranges = [(2 * i - 1, 2 * i, i) for i in range(1, VIDEOS // 2 + 1)]
    youtube_objects(folder / "many", {"boat": ranges, "car": ranges})
    many = {"datasets": {"youtube_objects": {"root": "many"}}, "run": "many"}
    overlay = {**TWO, **many, "demo": {"enabled": False}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(overlay))
    shots = "results/many/data/youtube_objects/shots.parquet"
    assert snakemake(folder, "--", shots).returncode == 0
    slurm.node("drain")
    run = start("--", "results/many/shots/youtube_objects/pruned.csv")
    run.until(lambda: len(run.jobs()) >= VIDEOS)
    # In this time there were ten submissions too many by groups.
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(10)
    comments = Counter(job["Comment"] for job in run.jobs())
    assert len(comments) == VIDEOS
    assert set(comments.values()) == {1}
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.process.wait(120) != 0
    assert {job["JobState"] for job in run.jobs()} == {"CANCELLED"}
    slurm.node("resume")
