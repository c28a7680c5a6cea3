"""A few hundred damaged files, and that the harness notices every way to fail."""

import random

import pytest

from fuzz.faults import FAULTS, SOUND
from fuzz.runner import run_cases
from fuzz.targets import TARGETS
from fuzz.worker import bytes_of_case

CASES = 8
"""Of a target of share 1."""


def test_damaged_files_are_refused_or_read():
    jobs = [(name, 0, max(1, round(CASES * target.share))) for name, target in TARGETS.items()]
    outcomes = list(run_cases(jobs))
    assert [failure for *_, failure in outcomes if failure is not None] == []
    assert len(outcomes) == sum(count for *_, count in jobs) > 400


WAYS = {
    "crash": "SIGSEGV",
    "hang": "it hangs for 2 seconds",
    "leave": "SystemExit",
    "raise_another": "KeyError: \"'tags'\" at faults.py",
    "fill_memory": "MB were in memory",
    "ask_for_too_much": "MemoryError",
    "forget_the_file": "does not name the file",
}


def test_readers_that_fail_are_noticed_with_their_cases():
    cases = range(4)
    jobs = [(name, 0, len(cases)) for name in FAULTS]
    slow = [job for job in jobs if job[0] == "fault: hang"]
    outcomes = list(run_cases([job for job in jobs if job not in slow]))
    outcomes = outcomes[: len(cases)] + list(run_cases(slow, seconds=2)) + outcomes[len(cases) :]
    assert [outcome[:2] for outcome in outcomes] == [
        (name, case) for name in FAULTS for case in cases
    ]
    failures = [failure for *_, failure in outcomes if failure is not None]
    for fault, what in WAYS.items():
        name = f"fault: {fault}"
        wrong = [c for c in cases if bytes_of_case(FAULTS[name], [SOUND], name, c) != SOUND]
        mine = {failure.case: failure.what for failure in failures if failure.target == name}
        assert 0 < len(wrong) < len(cases), fault
        assert list(mine) == wrong
        assert all(what in text for text in mine.values()), mine
    assert {failure.target for failure in failures} == {f"fault: {fault}" for fault in WAYS}


@pytest.mark.parametrize("name", TARGETS)
def test_cases_are_the_same_again(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corpus = TARGETS[name].corpus(tmp_path)
    assert all(corpus)
    damaged = [bytes_of_case(TARGETS[name], corpus, name, case) for case in range(5)]
    random.seed(1)
    assert damaged == [bytes_of_case(TARGETS[name], corpus, name, case) for case in range(5)]
    assert len({*damaged, *corpus}) > 3
