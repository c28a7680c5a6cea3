"""The tiny run, made once for all tests that look at it or edit it."""

import pytest
from tiny_run import checkout, snakemake


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A copy of the checkout in which the tiny run has ended. Tests leave it as they found it."""
    folder = checkout(tmp_path_factory.mktemp("workflow") / "run")
    result = snakemake(folder)
    assert result.returncode == 0, result.stderr
    return folder
