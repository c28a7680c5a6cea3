import numpy as np
import pandas as pd
import pytest
from awkward import DAMAGES, NAMES, TEXT, is_refused, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts.motion import encode_shot, read_areas, write_motion
from mcnn.artefacts.pruned import kept_runs, read_pruned, write_pruned
from mcnn.artefacts.samples import SampleFile, writing_samples
from mcnn.artefacts.selected import KINDS, read_selected, write_selected
from mcnn.artefacts.shots import Shot, read_shots, write_shots
from mcnn.config.shots import Pruning
from mcnn.shots.prune import prune
from mcnn.shots.select import select_shots

TABLE = pd.DataFrame(
    [
        ("001", 0, 0.25, False, "not the best of its video"),
        ("001", 12, 0.5, True, ""),
        ("NA", 0, 0.75, True, ""),
    ],
    columns=list(KINDS),
)


@settings(max_examples=50)
@given(st.dictionaries(st.tuples(TEXT, st.integers(0, 9)), st.booleans(), max_size=6))
def test_the_selected_shots_come_back(tmp_path_factory, chosen):
    path = tmp_path_factory.mktemp("selected") / "selected.csv"
    rows = [(*shot, 0.5, selected, "") for shot, selected in chosen.items()]
    write_selected(pd.DataFrame(rows, columns=list(KINDS)), path)
    assert read_selected(path) == {shot for shot, selected in chosen.items() if selected}


def test_shots_are_named_as_samples_name_them(tmp_path):
    path = tmp_path / "selected.csv"
    write_selected(TABLE, path)
    found = read_selected(path)
    assert found == {("001", 12), ("NA", 0)}
    assert {(type(video), type(shot)) for video, shot in found} == {(str, int)}


@pytest.mark.parametrize("videos", [("001", "NA"), ("1", "001"), tuple(sorted(NAMES))])
def test_the_names_of_videos_last_from_the_manifest_to_the_selection(tmp_path, videos):
    """Two kept shots of each video, of which the second overlaps, and one that is dropped."""
    mask = np.zeros((4, 4), bool)
    mask[:2] = True
    shots = [
        Shot(video, k, 100 * k, 100 * k + 2 + k, ("dog",), "file", "v.mp4", k + 1)
        for video in videos
        for k in range(3)
    ]
    write_shots(shots, tmp_path / "shots.parquet")
    shots = read_shots(tmp_path / "shots.parquet")

    areas = []
    for number, video in enumerate(videos):
        mine = [shot for shot in shots if shot.video == video]
        encoded = [
            encode_shot(video, shot.shot, shot.indices, [mask] * shot.length) for shot in mine
        ]
        write_motion(encoded, tmp_path / f"{number}.parquet")
        areas.append(read_areas(tmp_path / f"{number}.parquet"))
    write_pruned(prune(shots, pd.concat(areas), Pruning(min_frames=4)), tmp_path / "pruned.csv")
    runs = kept_runs(read_pruned(tmp_path / "pruned.csv"))
    expected = {(video, k): (100 * k, 100 * k + 2 + k) for video in videos for k in (1, 2)}
    assert runs == expected

    with writing_samples(tmp_path / "samples.parquet") as samples:
        for shot in shots:
            if (shot.video, shot.shot) in runs:
                samples.write(shot.video, shot.shot, shot.tags, [shot.first], [b"i"], [b"m"])
    sampled = [(video, shot) for video, shot, _ in SampleFile(tmp_path / "samples.parquet").shots]
    assert sampled == list(expected)

    overlaps = pd.DataFrame(sampled, columns=["video", "shot"])
    overlaps["overlap"] = overlaps["shot"] / 10
    write_selected(select_shots(overlaps, min_iou=0.1), tmp_path / "selected.csv")
    selected = read_selected(tmp_path / "selected.csv")
    assert [shot for shot in sampled if shot in selected] == [(video, 2) for video in videos]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_such_table_is_named(tmp_path, damage):
    path = tmp_path / "selected.csv"
    write_selected(TABLE, path)
    damage(path)
    assert is_refused(read_selected, path, "a table of selected shots")


@pytest.mark.parametrize("row", ["v,x,0.5,True,", "v,0,high,True,", "v,0,0.5,perhaps,", "v,0,0.5"])
def test_cells_of_another_type_are_refused(tmp_path, row):
    path = tmp_path / "selected.csv"
    path.write_text(f"video,shot,overlap,selected,reason\n{row}\n")
    assert is_refused(read_selected, path, "a table of selected shots")


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    assert leaves_nothing(lambda path: write_selected(TABLE, path), tmp_path, monkeypatch)
