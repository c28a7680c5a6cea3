"""The book of the benchmarks: runs them, and writes what they print to benchmarks/README.md.

Each chapter is a benchmark of this folder with the arguments that make it end in minutes. What it
prints, one JSON object a line, is kept in benchmarks/book/ with the commit and the machine, and
README.md is written from all that is kept: chapters that were not run keep their figures and say of
which commit they are, those that need a GPU too, where there is none. A chapter that fails keeps
its figures as well, and the command fails at the end.

    python benchmarks/book.py DATA [--only labels max_flow ...]     # or: make bench DATA=...
    python benchmarks/book.py --write                               # README.md alone

DATA holds what the tests in tests/real read. Nothing else may run on the machine meanwhile.
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from book_page import flat, page, plot

HERE = Path(__file__).parent
KEPT, README, BOOK = HERE / "book", HERE / "README.md", HERE / "book.yaml"
LIBRARIES = ("torch", "numpy", "numba", "opencv-contrib-python-headless", "PyMaxflow", "snakemake")


class Chapter(NamedTuple):
    """A benchmark with its arguments, and what is said of it.

    Attributes
    ----------
    title, text
        Of the chapter; the text names the peers.
    command
        Words after ``python benchmarks/``; {data} stands for the folder of the data.
    plot
        Columns ``x``, ``y`` and ``by`` of the rows that a picture shows, and its ``kind``, bar or
        line; none for no picture.
    table
        Columns ``rows``, ``columns`` and ``values`` of the one table that is shown, of the rows
        that have all of them; none shows all rows as they are. No others are kept.
    gpu
        Whether it needs one; it is left out where there is none.
    """

    title: str
    text: str
    command: str
    plot: dict[str, str] | None = None
    table: dict[str, str] | None = None
    gpu: bool = False


def read_book() -> tuple[str, dict[str, Chapter], str]:
    """What stands before the chapters, the chapters by name, and what stands after them."""
    book = yaml.safe_load(BOOK.read_text(encoding="utf-8"))
    chapters = {name: Chapter(**fields) for name, fields in book["chapters"].items()}
    return book["head"], chapters, book["longer"]


def machine() -> dict[str, str]:
    """What the figures of this machine depend on."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    import torch

    gpus = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
    return {
        "processor": model or platform.processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{gib:.0f} GiB",
        "GPUs": ", ".join(gpus) or "none",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def commit() -> str:
    """Short hash of the commit, with a + if files of the code differ from it."""
    here = {"cwd": HERE, "capture_output": True, "text": True, "check": True}
    short = subprocess.run(["git", "rev-parse", "--short", "HEAD"], **here).stdout.strip()
    changed = ["git", "status", "--porcelain", "--", "../mcnn", "*.py", "*.cpp"]
    return short + "+" * bool(subprocess.run(changed, **here).stdout.strip())


def run(name: str, chapter: Chapter, data: Path) -> bool:
    """Run a chapter and keep its rows; whether it went well."""
    words = [word.replace("{data}", str(data)) for word in shlex.split(chapter.command)]
    print(f"{name}: {shlex.join(words)}", file=sys.stderr, flush=True)
    began = time.monotonic()
    # Errors and progress bars go to the terminal.
    done = subprocess.run(
        [sys.executable, str(HERE / words[0]), *words[1:]],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    needed = set((chapter.table or {}).values())
    rows = [row for row in rows_of(done.stdout) if needed <= flat(row).keys()]
    if done.returncode or not rows:
        print(f"{name}: failed ({done.returncode}), {len(rows)} rows", file=sys.stderr)
        return False
    facts = {"commit": commit(), "seconds": round(time.monotonic() - began), "machine": machine()}
    KEPT.mkdir(exist_ok=True)
    text = json.dumps({**facts, "rows": rows}, indent=1)
    (KEPT / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return True


def rows_of(text: str) -> list[dict[str, Any]]:
    """The JSON objects among the lines of a text.

    Examples
    --------
    >>> rows_of('building ...\\n{"ms": 2.5}\\n[1]')
    [{'ms': 2.5}]
    """
    rows = []
    for line in text.splitlines():
        if line.startswith("{"):
            rows.append(json.loads(line))
    return rows


def write() -> None:
    """README.md and the pictures, from what is kept."""
    head, chapters, longer = read_book()
    sections = []
    for name, chapter in chapters.items():
        path = KEPT / f"{name}.json"
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        picture = None
        if kept and chapter.plot:
            picture = KEPT / f"{name}.svg"
            plot(kept["rows"], chapter.title, picture, **chapter.plot)
            picture = picture.relative_to(HERE)
        sections.append((chapter, kept, picture))
    README.write_text(page(head, sections, longer), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    _, chapters, _ = read_book()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="absent: nothing is run")
    parser.add_argument("--only", nargs="+", choices=list(chapters), metavar="NAME")
    parser.add_argument("--write", action="store_true", help="README.md alone")
    given = parser.parse_args(arguments)
    if given.data is None and not given.write:
        parser.error("the folder of the data is missing, or --write")
    failed = []
    if not given.write:
        chosen = {name: c for name, c in chapters.items() if name in (given.only or [name])}
        for name, chapter in chosen.items():
            if chapter.gpu and machine()["GPUs"] == "none":
                print(f"{name}: left out, this machine has no GPU", file=sys.stderr)
                continue
            if not run(name, chapter, given.data.resolve()):
                failed.append(name)
            write()
    write()
    if failed:
        sys.exit(f"failed, with the figures of before: {', '.join(failed)}")


if __name__ == "__main__":
    main()
