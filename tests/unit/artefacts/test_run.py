import pytest
import records
from awkward import DAMAGES, TEXT, is_refused, leaves_nothing
from hypothesis import given
from hypothesis import strategies as st

from mcnn.artefacts.run import HistoryRow, Run, read_run, write_history, write_run
from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.errors import DataError

SETTINGS = StageRecord(
    dataset="videos",
    images="voc",
    classes=("dog", "NA"),
    start="base/initial",
    network=Network(architecture="shallow"),
    labels=Labels(),
    stage=Stage(iterations=6, learning_rate=0.1, step_size=3, alpha=2),
    optimizer=Optimizer(),
).model_dump(mode="json", by_alias=True)

RUN = Run(
    code="c0de",
    settings=SETTINGS,
    seed=0,
    device="cpu",
    threads=4,
    samples_sha256="5a",
    shots=("001/0", "NA/12"),
    images=("2007_000027", "nan"),
    images_sha256="1a",
    start_sha256="57",
    versions={"torch": "2.13.0", "numpy": "2.4.6"},
    n_samples={"dog": 3, "NA": 1},
    seconds=12.5,
)

OTHERS = {
    "code": ["c0d3", ""],
    "settings": [
        {**SETTINGS, "dataset": None},
        {**SETTINGS, "images": "train_aug"},
        {**SETTINGS, "start": "other/initial"},
        {**SETTINGS, "classes": ["NA", "dog"]},
        {**SETTINGS, "stage": {**SETTINGS["stage"], "iterations": 7}},
        {**SETTINGS, "stage": {**SETTINGS["stage"], "alpha": 2.0000001}},
        {**SETTINGS, "network": {**SETTINGS["network"], "width": 0.5}},
        {**SETTINGS, "labels": {**SETTINGS["labels"], "lambda": 49}},
        {**SETTINGS, "optimizer": {**SETTINGS["optimizer"], "mirror": False}},
        {**SETTINGS, "plug_in_code": "abc"},
        {**SETTINGS, "new": None},
    ],
    "seed": [1],
    "device": ["cuda"],
    "samples_sha256": ["5b", None],
    "shots": [("001/0",), ("NA/12", "001/0"), ("001/0", "NA/12", "b/0"), ()],
    "images": [("nan", "2007_000027"), ("2007_000027",), ()],
    "images_sha256": ["1b", None],
    "start_sha256": ["58", None],
    "versions": [{"torch": "2.13.1", "numpy": "2.4.6"}, {"torch": "2.13.0"}, {}],
}


def changed(**facts):
    return Run.model_validate({**RUN.model_dump(), **facts})


def test_every_fact_that_determines_the_weights_is_tried_below():
    assert set(OTHERS) == set(Run.model_fields) - {"n_samples", "seconds", "threads"}


def test_no_two_facts_have_one_mark():
    facts = [{}, *({field: value} for field, values in OTHERS.items() for value in values)]
    having = {}
    for fact in facts:
        having.setdefault(changed(**fact).mark(), []).append(fact)
    assert [alike for alike in having.values() if len(alike) > 1] == []


def test_the_mark_does_not_change_with_results_threads_or_the_order_of_names():
    assert changed(n_samples={}, seconds=99.0, threads=8).mark() == RUN.mark()
    assert changed(versions={"numpy": "2.4.6", "torch": "2.13.0"}).mark() == RUN.mark()
    assert changed(settings=dict(reversed(SETTINGS.items()))).mark() == RUN.mark()


def test_a_record_comes_back_with_its_mark(tmp_path):
    path = tmp_path / "run.json"
    write_run(RUN, path)
    again = read_run(path)
    assert again == RUN
    assert again.mark() == RUN.mark()
    assert again.settings.model_dump() == SETTINGS


@given(st.lists(TEXT, max_size=4), st.dictionaries(TEXT, TEXT, max_size=3))
def test_names_come_back_as_they_were(tmp_path_factory, names, versions):
    path = tmp_path_factory.mktemp("run") / "run.json"
    run = changed(shots=names, images=names[::-1], versions=versions)
    write_run(run, path)
    assert read_run(path) == run


def test_settings_that_readers_of_runs_do_not_know_are_kept(tmp_path):
    path = records.write(tmp_path / "run.json", dataset="videos", something={"new": [1, "two"]})
    settings = read_run(path).settings
    assert (settings.dataset, settings.stage.iterations) == ("videos", 6)
    assert settings.something == {"new": [1, "two"]}


def test_samples_are_distinct_and_tell_what_they_are_of():
    run = records.run(["a/0", "b/1", "a/0"], ["a/0", "c", "c"], dataset="videos")
    assert run.samples() == {
        ("shots of videos", "a/0"),
        ("shots of videos", "b/1"),
        ("images", "a/0"),
        ("images", "c"),
    }
    other = records.run(["a/0"], ["c"], dataset="more")
    assert run.samples() & other.samples() == {("images", "c")}
    assert records.run().samples() == set()


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_record_is_named(tmp_path, damage):
    path = tmp_path / "run.json"
    write_run(RUN, path)
    damage(path)
    assert is_refused(read_run, path, "a record of a training")


@pytest.mark.parametrize("field", OTHERS)
def test_a_record_that_lacks_a_fact_is_refused(tmp_path, field):
    path = tmp_path / "run.json"
    path.write_text(RUN.model_dump_json(exclude={field}))
    assert is_refused(read_run, path, "a record of a training")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seed": 0', '"seed": "zero"'),
        ('"seed": 0', '"seed": 0, "sede": 1'),
        ('"iterations": 6', '"iterations": "many"'),
        ('"iterations": 6', '"iteration": 6'),
        ('"architecture": "shallow"', '"architecture": null'),
        ('"start": "base/initial",', ""),
    ],
)
def test_a_record_with_a_fact_of_another_kind_is_refused(tmp_path, old, new):
    path = tmp_path / "run.json"
    write_run(RUN, path)
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    assert is_refused(read_run, path, "a record of a training")


def test_the_error_of_a_broken_record_is_one_line(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("{}")
    with pytest.raises(DataError, match="not a record") as caught:
        read_run(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 300


def test_history_has_a_row_an_iteration(tmp_path):
    path = tmp_path / "history.csv"
    write_history([HistoryRow(0, 1.5, 0.1, 0.25), HistoryRow(1, 1.25, 0.01, 0.5)], path)
    assert path.read_text().splitlines() == [
        "iteration,loss,learning_rate,agreement",
        "0,1.5,0.1,0.25",
        "1,1.25,0.01,0.5",
    ]
    write_history([], path)
    assert path.read_text() == "iteration,loss,learning_rate,agreement\n"


@pytest.mark.parametrize(("write", "content"), [(write_run, RUN), (write_history, [])])
def test_nothing_half_written_is_left(tmp_path, monkeypatch, write, content):
    assert leaves_nothing(lambda path: write(content, path), tmp_path, monkeypatch)
