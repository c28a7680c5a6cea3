from mcnn.artefacts.shots import Shot, write_shots
from mcnn.report.papers_data import papers_datasets


def test_a_dataset_is_the_papers_if_it_has_as_many_videos(tmp_path):
    shots = [Shot(name, k, 0, 9, ("car",), "folder", name, 1) for name in "ab" for k in (0, 1)]
    write_shots(shots, tmp_path / "shots.parquet")
    manifests = {"ytube": tmp_path / "shots.parquet", "own": tmp_path / "shots.parquet"}
    assert papers_datasets({"ytube": 2}, manifests) == {"ytube"}
    assert papers_datasets({"ytube": 155, "own": 2}, manifests) == {"own"}
