from mcnn.artefacts.pruned import NO_MASKS, pruned_table, write_pruned
from mcnn.artefacts.shots import Shot, write_shots
from mcnn.artefacts.skipped import Skipped, write_skipped
from mcnn.report.shots import shots_table, skipped_table


def shot(video, number, *tags):
    return Shot(video, number, 1, 30, tags, "numbered", "%d.jpg", number + 1)


def test_shots_are_counted_by_class_and_those_of_two_classes_once_in_all(tmp_path):
    shots = [
        shot("a", 0, "cat"),
        shot("a", 1, "cat", "dog"),
        shot("b", 0, "dog"),
        shot("c", 0, "dog"),
    ]
    pruned = [
        ("a", 0, 1, 30, True, "", 0),
        ("a", 1, None, None, False, "too little", 2),
        ("b", 0, 1, 25, True, "", 1),
        ("c", 0, None, None, False, "too short", 0),
    ]
    write_shots(shots, tmp_path / "shots.parquet")
    write_pruned(pruned_table(pruned), tmp_path / "pruned.csv")
    table = shots_table({"web": tmp_path / "shots.parquet"}, {"web": tmp_path / "pruned.csv"})
    assert list(table.columns) == ["dataset", "class", "videos", "shots", "kept", "collapsed"]
    assert table.to_numpy().tolist() == [
        ["web", "cat", 1, 2, 1, 1],
        ["web", "dog", 3, 3, 1, 2],
        ["web", "all", 3, 4, 2, 2],
    ]


def test_what_was_skipped_is_listed_with_the_shots_that_have_no_masks(tmp_path):
    write_skipped([Skipped("x", "broken")], tmp_path / "skipped.csv")
    pruned = [
        ("a", 0, None, None, False, f"{NO_MASKS}the file is missing", 0),
        ("a", 1, None, None, False, "no foreground: nothing moves", 0),
    ]
    write_pruned(pruned_table(pruned), tmp_path / "pruned.csv")
    table = skipped_table([tmp_path / "skipped.csv"], [tmp_path / "pruned.csv"])
    assert table.to_numpy().tolist() == [
        [str(tmp_path / "skipped.csv"), "x", "broken"],
        [str(tmp_path / "pruned.csv"), "a/0", "no motion masks: the file is missing"],
    ]
