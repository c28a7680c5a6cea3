"""Where the Snakemake workflow lies: in the checkout, or beside the library that pip installed."""

from pathlib import Path

INSTALLED = Path(__file__).parent / "workflow_files"
"""Folder of a wheel with the workflow's files, laid out as in the checkout."""


def snakefile_path() -> Path:
    """Snakefile of this library; its configurations, profiles and rules lie beside it.

    Raises
    ------
    FileNotFoundError
        If the library was copied without its workflow.

    Examples
    --------
    >>> snakefile_path().name
    'Snakefile'
    """
    folders = (INSTALLED, Path(__file__).parents[1])
    for folder in folders:
        if (folder / "Snakefile").is_file() and (folder / "rules").is_dir():
            return folder / "Snakefile"
    raise FileNotFoundError(f"no Snakefile in {' or '.join(map(str, folders))}; install mcnn anew")
