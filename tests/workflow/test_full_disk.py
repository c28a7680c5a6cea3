"""Stages whose results lie on a disk that is full: a line that names it, and a clean resume."""

import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager, suppress

import pytest
from tiny_run import snakemake

pytestmark = pytest.mark.xdist_group("tiny")

RESULTS = "results/tiny"
LOCALIZED = f"{RESULTS}/colocalization/m-cnn/seed0/finetuned/youtube_objects"
WRITTEN = {
    "rendering": "resources/tiny/world.json",
    "motion": f"{RESULTS}/motion/youtube_objects/boat-0001.parquet",
    "samples": f"{RESULTS}/samples/youtube_objects.parquet",
    "training": f"{RESULTS}/models/m-cnn-hard/seed0/initial/model.safetensors",
    "localization": f"{LOCALIZED}/videos/boat-0001.parquet",
    "tables": f"{RESULTS}/tables/segmentation.csv",
}


@contextmanager
def full_disk(folder):
    """A disk in a folder, with what lay there, and no room left."""
    shutil.copytree(folder, kept := folder.with_name(f"{folder.name}.kept"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "full", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        shutil.rmtree(kept)
        pytest.skip("a disk can be mounted by root only")
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 12))
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(folder)
        kept.rename(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="a disk can be mounted by root only")
def test_a_full_disk_ends_in_a_line_and_the_run_goes_on_where_there_is_room(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    for name, target in WRITTEN.items():
        file = run / target
        before = digest(file)
        file.unlink()
        # A world appears beside its folder before it takes its place.
        disk = file.parents[name == "rendering"]
        with full_disk(disk):
            failed = snakemake(run, "--", target)
            left = {each.name for each in disk.iterdir()}
        assert failed.returncode != 0, name
        (said,) = [line for line in failed.stderr.splitlines() if line.startswith("ERROR: ")]
        assert f": the disk at {disk} is full" in said, name
        assert "Traceback" not in failed.stderr, name
        assert not any(each.startswith(".") for each in left), name
        resumed = snakemake(run, "--", target)
        assert resumed.returncode == 0, resumed.stderr
        assert digest(file) == before, name


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
