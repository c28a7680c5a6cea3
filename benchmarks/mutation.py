"""Mutation scores: the share of small faults in a module that the tests of its package notice.

Runs the tests that mirror the module's package in tests/unit on each mutant of `mutants.py`, up to
the first that fails. A mutant is killed if one does, or crashes, or if they take ten times the CPU
time that they take without it. Prints a JSON line a module; the diffs of the survivors go to a file
as they are found.

    pip install -e '.[dev,mutation]'
    python benchmarks/mutation.py mcnn/labels/energy.py ... [--survivors survivors.diff]
        [--only earlier.diff] [--without equivalent.diff]

A mutant meets the tests that enter the mutated function; if it is compiled or outside of functions,
those that enter any function of the module, and all of the module's own test file. What a test
starts in another interpreter sees no mutant. --only leaves it at the mutants of an earlier file of
survivors; --without leaves out those of a file, such as those that change nothing one can observe.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# Threads do not survive a fork.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from mutants import Mutant, make_mutants
from mutation_plugins import Watch, file_of
from mutation_tests import FORK, ROOT, Fault, TestsOfPackage


def tests_of(mutant: Mutant, module: str, own_file: str, watch: Watch) -> list[str]:
    """Tests that may notice a mutant, those of the module's own file first, then by time."""
    anywhere = mutant.compiled or not mutant.function

    def concerned(key: str) -> bool:
        entered = watch.entered.get(key, ())
        if anywhere:
            return any(name.startswith(f"{module}:") for name in entered)
        return f"{module}:{mutant.function}" in entered

    names = [
        name
        for name in watch.seconds
        if concerned(name) or concerned(file_of(name)) or (anywhere and file_of(name) == own_file)
    ]
    return sorted(names, key=lambda name: (file_of(name) != own_file, watch.seconds[name]))


def users_of(module: str) -> set[str]:
    """A module and those that reach it."""
    from mcnn.provenance import PACKAGE, reached_modules

    files = {_module(path.relative_to(ROOT)): path for path in PACKAGE.rglob("*.py")}
    return {module} | {name for name, path in files.items() if module in reached_modules(path)}


def score(
    tests: TestsOfPackage, path: Path, own_file: str, mutants: Iterator[Mutant], survivors: Path
) -> dict[str, object]:
    """Run the tests of a package on mutants of one of its modules, a path below the root."""
    began = time.perf_counter()
    module, users = _module(path), users_of(_module(path))
    counts = {"mutants": 0, "killed": 0, "survived": 0}
    for mutant in mutants:
        names = tests_of(mutant, module, own_file, tests.watch)
        function = None if mutant.compiled else mutant.function or None
        fault = Fault(module, ROOT / path, function, mutant.source, users)
        survived = not names or tests.survives(fault, names)
        counts["mutants"] += 1
        counts["survived" if survived else "killed"] += 1
        if survived:
            with survivors.open("a", encoding="utf-8") as file:
                file.write(mutant.diff + "\n")
    return {"module": str(path), **counts, "seconds": round(time.perf_counter() - began)}


def score_package(
    paths: Sequence[Path], survivors: Path, is_wanted: Callable[[Mutant], bool]
) -> None:
    """Print the scores of modules of one package, paths below the root."""
    out = sys.stdout
    folder = Path("tests", "unit", *paths[0].parts[1:-1])

    def work(tests: TestsOfPackage) -> None:
        for path in paths:
            mutants = filter(is_wanted, make_mutants(ROOT / path, str(path)))
            own_file = str(folder / f"test_{path.name}")
            row = score(tests, path, own_file, mutants, survivors)
            print(json.dumps(row), file=out, flush=True)

    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).glob("test_*.py"))
    TestsOfPackage(work).run(files)


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _change(diff: str) -> str:
    """A diff without the numbers of its lines."""
    return "".join(line for line in diff.splitlines(keepends=True) if not line.startswith("@@"))


def main() -> None:
    """Score the modules named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", type=Path, nargs="+")
    parser.add_argument("--survivors", type=Path, default=Path("survivors.diff"))
    parser.add_argument("--only", type=Path)
    parser.add_argument("--without", type=Path)
    args = parser.parse_args()
    only, without = (
        None if path is None else _change(path.read_text(encoding="utf-8"))
        for path in (args.only, args.without)
    )

    def is_wanted(mutant: Mutant) -> bool:
        change = _change(mutant.diff)
        return (only is None or change in only) and (without is None or change not in without)

    packages: dict[Path, list[Path]] = defaultdict(list)
    for path in args.modules:
        below = path.resolve().relative_to(ROOT)
        packages[below.parent].append(below)
    survivors = args.survivors.resolve()
    survivors.write_text("")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for paths in packages.values():
        # Each in a process of its own, so that the import of what it tests is seen.
        process = FORK.Process(target=score_package, args=(paths, survivors, is_wanted))
        process.start()
        process.join()
        if process.exitcode != 0:
            sys.exit(f"{paths[0].parent}: failed")


if __name__ == "__main__":
    main()
