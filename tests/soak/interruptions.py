"""Interrupt the tiny run again and again, and see that it ends as an undisturbed one does.

    python tests/soak/interruptions.py OUT [--kill 40] [--terminate 10] [--interrupt 10] [--seed 0]

A run is made in one go; then others, each interrupted once in a job of every rule, in turn, at a
random time after its log has been opened, or when it has written all and ended, but Snakemake,
stopped before, does not know. SIGKILL and
SIGINT go to the whole process group, SIGTERM to it or to Snakemake alone. After each, the run is
taken up by the documented commands: `--unlock` after SIGKILL, none after the others.
"""

import argparse
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_run import checkout, command, environment, snakemake

RESULTS = "results/tiny"
LONGEST_DELAY, LONGEST_END = 1.5, 60.0
"""Seconds from the start of a job to the signal, and from that to the end of the run."""

FIRST = ["train_initial", "train_finetuned", "train_joint", "select_shots", "localize"]
"""Rules that are interrupted in any case, if not all can be."""


def main():
    options = arguments()
    options.out.mkdir(parents=True)
    reference = checkout(options.out / "undisturbed")
    began = time.monotonic()
    run = snakemake(reference)
    assert run.returncode == 0, run.stderr
    print(f"undisturbed: {time.monotonic() - began:.0f} s", flush=True)
    ends, jobs = digests(reference), jobs_by_rule(reference)
    rng = random.Random(options.seed)
    counts, problems = Counter(), []
    for name in ("SIGKILL", "SIGTERM", "SIGINT"):
        wanted, rounds = vars(options)[name], itertools.count()
        while counts[name] < wanted:
            folder = checkout(options.out / f"{name}{next(rounds)}")
            found = interrupted_run(folder, name, jobs, wanted, counts, rng)
            found += differences(ends, digests(folder))
            print(*found, sep="\n", flush=True)
            problems += found
            shutil.rmtree(folder)
    print(json.dumps({"interruptions": counts, "rules": len(jobs), "problems": problems}, indent=2))
    sys.exit(bool(problems))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="new folder")
    for option, name, default in [
        ("--kill", "SIGKILL", 40),
        ("--terminate", "SIGTERM", 10),
        ("--interrupt", "SIGINT", 10),
    ]:
        parser.add_argument(option, dest=name, type=int, default=default)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def interrupted_run(folder, name, jobs, wanted, counts, rng):
    """Run to the end with an interruption in each rule; what went wrong."""
    problems = []
    others = sorted(jobs.keys() - set(FIRST))
    rng.shuffle(others)
    left = set([*FIRST, *others][: wanted - counts[name]])
    while True:
        before = finished_trainings(folder)
        started = time.time()
        process = subprocess.Popen(
            command(),
            cwd=folder,
            env=environment(folder),
            start_new_session=True,
            preexec_fn=heeding_interrupts,
            stdout=(folder / "run.log").open("w"),
            stderr=subprocess.STDOUT,
        )
        rule = None
        if counts[name] < wanted:
            rule = wait_for_a_job(
                folder, process, jobs, left, started, rng, at_end=name == "SIGKILL"
            )
        if rule is None:
            process.wait(timeout=1200)
            problems += trained_twice(folder, before, started)
            if process.returncode != 0:
                problems.append(f"{name}: the run failed: {(folder / 'run.log').read_text()}")
            return problems
        left.remove(rule)
        counts[name] += 1
        alone = name == "SIGTERM" and rng.random() < 0.5
        problems += interrupt(process, name, rule, alone)
        problems += trained_twice(folder, before, started)
        print(f"{name} {counts[name]}: {rule}{' (Snakemake alone)' if alone else ''}", flush=True)
        if name == "SIGKILL":
            assert snakemake(folder, "--unlock").returncode == 0


def heeding_interrupts():
    """What a shell starts in the background ignores SIGINT, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for_a_job(folder, process, jobs, left, started, rng, at_end):
    """A rule one of whose jobs runs at a moment of chance; None when the run has ended."""
    at_output = rng.random() < 0.5
    while process.poll() is None:
        for rule in sorted(left):
            for log, outputs in jobs[rule]:
                if not is_new(folder / log, started):
                    continue
                if at_output and outputs:
                    ends = time.monotonic() + 30
                    while not (folder / outputs[-1]).exists() and time.monotonic() < ends:
                        time.sleep(0.001)
                    if at_end:
                        os.kill(process.pid, signal.SIGSTOP)
                        time.sleep(LONGEST_DELAY)  # For the script to end.
                else:
                    time.sleep(rng.uniform(0, LONGEST_DELAY))
                return rule if process.poll() is None else None
        time.sleep(0.002)
    return None


def interrupt(process, name, rule, alone):
    """Send the signal and wait for the end; whether it took too long."""
    number, began = getattr(signal, name), time.monotonic()
    send = os.kill if alone else os.killpg
    send(process.pid, number)
    try:
        process.wait(timeout=LONGEST_END)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return [f"{name} in {rule}: no end within {time.monotonic() - began:.0f} s"]
    finally:
        wait_for_group(process.pid)
    return []


def wait_for_group(group):
    """Wait until no process of the group is left."""
    try:
        while True:
            os.killpg(group, 0)
            time.sleep(0.01)
    except ProcessLookupError:
        return


def is_new(path, started):
    return path.exists() and path.stat().st_mtime >= started


def jobs_by_rule(folder):
    """Log file and outputs of each job of a finished run, by rule."""
    text = snakemake(folder, "--summary").stdout
    rows = [line.split("\t") for line in text.splitlines() if "\t" in line]
    places = {name: k for k, name in enumerate(rows[0])}
    jobs = {}
    for row in rows[1:]:
        rule, log = row[places["rule"]], row[places["log-file(s)"]]
        of_rule = jobs.setdefault(rule, {})
        of_rule.setdefault(log, []).append(row[places["output_file"]])
    return {
        rule: [(log, outputs) for log, outputs in of_rule.items() if log not in ("", "-")]
        for rule, of_rule in jobs.items()
    }


def finished_trainings(folder):
    """Folders of trainings that have written all, and the length of their histories.

    By their outputs, of which run.json is the last, and not by what they keep to be resumed.
    """
    found = {}
    for path in (folder / RESULTS / "models").rglob("run.json"):
        rows = path.with_name("history.csv").read_text().splitlines()
        found[path.parent] = len(rows) - 1
    return found


def trained_twice(folder, before, started):
    """Trainings that were finished, and began anew."""
    problems = []
    for training, length in before.items():
        experiment, seed, stage = training.relative_to(folder / RESULTS / "models").parts
        log = folder / RESULTS / "logs/train" / experiment / seed / f"{stage}.log"
        # A training that begins anew says nothing, as one does that is killed before it can.
        worked = any(is_new(training / name, started) for name in ("checkpoint.pt", "run.json"))
        if worked and f"at iteration {length}\n" not in log.read_text():
            problems.append(f"{experiment}/{stage} was trained again")
    return problems


def digests(folder):
    """Digest of each result: without logs and times."""
    found = {}
    for path in sorted((folder / RESULTS).rglob("*")):
        name = str(path.relative_to(folder / RESULTS))
        if path.is_dir() or name.split("/")[0] in {"logs", "benchmarks"}:
            continue
        content = path.read_bytes()
        if path.name == "run.json":
            record = json.loads(content)
            record.pop("seconds")
            content = json.dumps(record, sort_keys=True).encode()
        if path.name == "report.html":
            content = b""  # It shows times.
        found[name] = hashlib.sha256(content).hexdigest()
    return found


def differences(expected, found):
    changed = [name for name in expected.keys() & found.keys() if expected[name] != found[name]]
    return [
        *(f"{name} is missing" for name in sorted(expected.keys() - found.keys())),
        *(f"{name} was left behind" for name in sorted(found.keys() - expected.keys())),
        *(f"{name} is another" for name in sorted(changed)),
    ]


if __name__ == "__main__":
    main()
