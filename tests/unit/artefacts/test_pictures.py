import subprocess

from mcnn.artefacts.pictures import write_digests


def test_digests_are_those_that_sha256sum_checks(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "b.jpg").write_bytes(b"b")
    (folder / "a.jpg").write_bytes(b"a")
    (folder / ".snakemake_timestamp").write_bytes(b"")
    write_digests(folder, tmp_path / "pictures.sha256")
    assert [line.split()[1] for line in (tmp_path / "pictures.sha256").open()] == ["a.jpg", "b.jpg"]

    def check():
        command = ["sha256sum", "--check", "--strict", tmp_path / "pictures.sha256"]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode

    assert check() == 0
    (folder / "a.jpg").write_bytes(b"c")
    assert check() == 1
