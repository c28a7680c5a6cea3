import pandas as pd
import pytest
import records

from mcnn.errors import DataError
from mcnn.report.paper import published_csv, read_published
from mcnn.report.papers_data import PapersData
from mcnn.report.segmentation import segmentation_table, training_samples


@pytest.fixture
def ious(tmp_path):
    """iou.csv of one experiment at two seeds."""
    paths = {}
    for seed, value in ((0, 0.30), (1, 0.40)):
        path = tmp_path / f"{seed}.csv"
        pd.DataFrame(
            {
                "set": "val",
                "images": 9,
                "postprocessing": "none",
                "class": ["background", "car", "mean"],
                "iou": [0.8, 2 * value - 0.8, value],
            }
        ).to_csv(path, index=False)
        paths["m-cnn", "initial", seed, "none"] = path
    return paths


def record(folder, training, seed=0, start=None, dataset="ytube", shots=(), images=()):
    """The part of run.json that says what a training has seen."""
    path = folder / f"{training.replace('/', '_')}_{seed}.json"
    records.write(path, dataset=dataset, start=start, seen_shots=shots, seen_images=images)
    return {(*training.split("/"), seed): path}


@pytest.fixture
def runs(tmp_path):
    first, second = (record(tmp_path, "m-cnn/initial", k, shots=["a/0", "a/1"]) for k in (0, 1))
    return first | second


def test_mean_and_deviation_are_over_seeds_in_per_cent(ious, runs):
    (row,) = segmentation_table(ious, runs, [], {}, {}).to_dict("records")
    assert (row["experiment"], row["stage"], row["set"]) == ("m-cnn", "initial", "val")
    assert (row["seeds"], row["images"], row["samples"]) == (2, 9, 2)
    assert row["mean_iou"] == pytest.approx(35)
    assert row["std"] == pytest.approx(7.07, abs=0.005)
    assert row["background"] == pytest.approx(80)
    assert row["car"] == pytest.approx(-10)
    assert pd.isna(row["published"])


def test_postprocessing_is_what_the_evaluations_name(ious, runs):
    assert segmentation_table(ious, runs, [], {}, {})["postprocessing"].tolist() == ["none"]
    path = ious.pop(("m-cnn", "initial", 1, "none"))
    pd.read_csv(path).assign(postprocessing="dense_crf").to_csv(path, index=False)
    ious["m-cnn", "initial", 1, "dense_crf"] = path
    table = segmentation_table(ious, runs, [], {}, {})
    assert table["postprocessing"].tolist() == ["none", "dense_crf"]
    assert table["mean_iou"].tolist() == pytest.approx([30, 40])


def test_the_split_is_named_where_a_set_has_one(ious, runs):
    assert segmentation_table(ious, runs, [], {"val": "val"}, {})["split"].tolist() == ["val"]
    assert segmentation_table(ious, runs, [], {"train": "train"}, {})["split"].isna().all()


def test_one_seed_has_no_deviation(ious, runs):
    first = dict([next(iter(ious.items()))])
    assert pd.isna(segmentation_table(first, runs, [], {}, {})["std"][0])


def test_the_papers_number_stands_beside_ours(ious, runs):
    quoted = [
        {"table": "table1", "method": "M-CNN*", "variant": "large"},
        {"table": "sensitivity", "method": "M-CNN*", "variant": "alpha 1.0"},
        {"table": "table1", "method": "M-CNN", "variant": "large", "stage": "finetuned"},
        {"table": "table1", "method": "M", "variant": "large", "postprocessing": "dense_crf"},
    ]
    target = {"experiment": "m-cnn", "stage": "initial", "postprocessing": "none"}
    rows = [{**target, **row} for row in quoted]
    paper = {name: read_published(published_csv(name)) for name in ("table1", "sensitivity")}
    same = PapersData({"val": 9}, {"ytube"})
    (row,) = segmentation_table(ious, runs, rows, {}, paper, same).to_dict("records")
    assert row["papers_data"]
    assert row["published"] == 33.6
    assert row["difference"] == pytest.approx(35 - 33.6)
    assert row["published_row"] == "table1: M-CNN*, large; sensitivity: M-CNN*, alpha 1.0"


@pytest.mark.parametrize(
    "other",
    [
        PapersData({}, {"ytube"}),
        PapersData({"val": 909}, {"ytube"}),
        PapersData({"test": 9}, {"ytube"}),
        PapersData({"val": 9}, set()),
    ],
)
def test_on_other_images_or_videos_there_is_nothing_published(ious, runs, other):
    target = {"experiment": "m-cnn", "stage": "initial", "postprocessing": "none"}
    rows = [{**target, "table": "table1", "method": "M-CNN*", "variant": "large"}]
    paper = {"table1": read_published(published_csv("table1"))}
    (row,) = segmentation_table(ious, runs, rows, {}, paper, other).to_dict("records")
    assert not row["papers_data"]
    assert pd.isna(row["published"])
    assert pd.isna(row["difference"])
    assert row["published_row"] == "table1: M-CNN*, large"


def test_the_videos_of_the_whole_chain_must_be_the_papers(ious, tmp_path):
    runs = {}
    paths = {("far", "joint", *key[2:]): path for key, path in ious.items()}
    for seed in (0, 1):
        runs |= record(tmp_path, "far/joint", seed, start="near/initial", dataset=None)
        runs |= record(tmp_path, "near/initial", seed, dataset="own")
    for datasets, expected in ((set(), False), ({"own"}, True)):
        table = segmentation_table(paths, runs, [], {}, {}, PapersData({"val": 9}, datasets))
        assert table["papers_data"].tolist() == [expected]


@pytest.mark.parametrize(("shots", "images", "paper"), [(1675, 1464, 3139), (1691, 1464, 3155)])
def test_samples_are_the_distinct_shots_and_images_of_the_chain(tmp_path, shots, images, paper):
    """The paper's numbers of shots (section 4.2), its images of twenty classes and its sums."""
    seen = [f"video{k // 10}/{k % 10}" for k in range(shots)]
    voc = [f"2007_{k:06d}" for k in range(images)]
    runs = {
        **record(tmp_path, "m-cnn/initial", shots=seen),
        **record(tmp_path, "m-cnn/finetuned", start="m-cnn/initial", shots=seen[::12]),
        **record(tmp_path, "m-cnn-20/joint", start="m-cnn/finetuned", shots=seen[::12], images=voc),
        # Of another chain, which does not count.
        **record(tmp_path, "m-cnn/joint", start="m-cnn/finetuned", images=["2008_000001"]),
    }
    assert training_samples(runs, ("m-cnn-20", "joint", 0)) == paper
    assert paper in set(read_published(published_csv("table3"))["samples"])
    assert training_samples(runs, ("m-cnn", "finetuned", 0)) == shots


def test_images_that_two_stages_see_are_one_sample(tmp_path):
    runs = {
        **record(tmp_path, "em/initial", dataset=None, images=["a", "b"]),
        **record(tmp_path, "more/finetuned", start="em/initial", shots=["v/0"]),
        **record(tmp_path, "more/joint", start="more/finetuned", shots=["v/0"], images=["b", "c"]),
    }
    assert training_samples(runs, ("more", "joint", 0)) == 4


def test_shots_of_the_same_name_in_two_datasets_are_two_samples(tmp_path):
    runs = {
        **record(tmp_path, "a/initial", dataset="one", shots=["v/0"]),
        **record(tmp_path, "b/finetuned", start="a/initial", dataset="two", shots=["v/0"]),
    }
    assert training_samples(runs, ("b", "finetuned", 0)) == 2


@pytest.mark.parametrize("content", ["{", "[]", '{"shots": [], "images": []}'])
def test_a_broken_record_is_named(tmp_path, content):
    runs = record(tmp_path, "m-cnn/initial") | record(
        tmp_path, "m-cnn/finetuned", start="m-cnn/initial"
    )
    runs["m-cnn", "initial", 0].write_text(content)
    with pytest.raises(DataError, match=r"initial_0\.json: .*not a record of a training"):
        training_samples(runs, ("m-cnn", "finetuned", 0))
