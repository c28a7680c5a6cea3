"""Many cases over all targets, and a table of what was found."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.runner import Outcome, run_cases
from fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="over all targets")
    parser.add_argument("--first", type=int, default=0, help="number of the first case of each")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="these alone")
    parser.add_argument("--case", type=int, help="this one of the target alone")
    options = parser.parse_args()
    names = options.target or list(TARGETS)
    total = sum(TARGETS[name].share for name in names)
    counts = {name: max(1, round(options.cases * TARGETS[name].share / total)) for name in names}
    jobs = [(name, options.first, count) for name, count in counts.items()]
    if options.case is not None:
        jobs = [(name, options.case, 1) for name in names]
    wrong: Counter[str] = Counter()
    started = begun = time.monotonic()
    for (name, _, count), outcomes in zip(jobs, _grouped(run_cases(jobs)), strict=True):
        for _, _, failure in outcomes:
            if failure is not None:
                wrong[name] += 1
                print(f"  {failure.target} {failure.case}: {failure.what}", flush=True)
        now = time.monotonic()
        print(f"{name:24}{count:8} cases{wrong[name]:6} wrong{now - begun:8.1f} s", flush=True)
        begun = now
    ran = sum(count for *_, count in jobs)
    seconds = time.monotonic() - started
    print(f"{'all':24}{ran:8} cases{wrong.total():6} wrong{seconds:8.1f} s")
    return 1 if wrong else 0


def _grouped(outcomes: Iterator[Outcome]) -> Iterator[Iterator[Outcome]]:
    """Outcomes of one target after the other."""
    return (group for _, group in groupby(outcomes, key=lambda outcome: outcome[0]))


if __name__ == "__main__":
    sys.exit(main())
