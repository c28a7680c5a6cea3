"""Many cases over all targets, and a table of what was found."""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.runner import Failure, run_cases
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
    first = options.first if options.case is None else options.case
    failures: list[Failure] = []
    ran = 0
    started = time.monotonic()
    for name in names:
        share = max(1, round(options.cases * TARGETS[name].share / total))
        count = share if options.case is None else 1
        begun, before = time.monotonic(), len(failures)
        for _, _, failure in run_cases([(name, first, count)]):
            ran += 1
            if failure is not None:
                failures.append(failure)
                print(f"  {failure.target} {failure.case}: {failure.what}", flush=True)
        seconds = time.monotonic() - begun
        wrong = len(failures) - before
        print(f"{name:24}{count:8} cases{wrong:6} wrong{seconds:8.1f} s", flush=True)
    seconds = time.monotonic() - started
    print(f"{'all':24}{ran:8} cases{len(failures):6} wrong{seconds:8.1f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
