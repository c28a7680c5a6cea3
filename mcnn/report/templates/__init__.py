"""What a report is made of beside the files of the run."""

from pathlib import Path

NAMES = ("report.html", "report.css", "report.js")


def template_files() -> list[Path]:
    """The page, its style and its script."""
    return [Path(__file__).parent / name for name in NAMES]
