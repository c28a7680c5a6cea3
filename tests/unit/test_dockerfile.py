"""The container's instructions: clean by hadolint, and what they copy and run is there."""

import os
import re
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
HADOLINT = Path(sysconfig.get_path("scripts"), "hadolint")


def hadolint(path):
    command = [HADOLINT, "--no-color", path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_hadolint_has_no_complaint():
    result = hadolint(ROOT / "Dockerfile")
    assert (result.returncode, result.stdout) == (0, "")


def test_hadolint_would_complain_of_an_instruction_that_is_none(tmp_path):
    text = (ROOT / "Dockerfile").read_text()
    (tmp_path / "Dockerfile").write_text(text.replace("WORKDIR /data", "WORKDI /data"))
    assert hadolint(tmp_path / "Dockerfile").returncode == 1


def test_what_is_copied_is_there_and_not_ignored():
    text = (ROOT / "Dockerfile").read_text()
    sources = re.findall(r"^COPY (?!--from)(?:--\S+ )*(\S+) ", text, re.MULTILINE)
    assert sources == [".", ".ci/container"]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert all((ROOT / source).exists() and source not in ignored for source in sources)


def test_the_container_runs_snakemake_on_the_snakefile_of_the_package():
    path = ROOT / ".ci" / "container"
    assert os.access(path, os.X_OK)
    assert 'snakemake --snakefile "$(mcnn workflow)" "$@"' in path.read_text()
