"""Bad input through the workflow: an error that names file and remedy, or a row in skipped.csv."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import trees
import yaml

ROOT = Path(__file__).parents[2]
FRAMES = 10
RANGES = {
    "boat": [(1, 10, 1), (11, 20, 1), (21, 30, 2), (31, 40, 2), (41, 50, 3)],
    "car": [(1, 10, 1)],
}
LAST = 50


def frame(root, number, kind="frames", suffix="jpg"):
    return root / kind / "boat" / f"{number:08d}.{suffix}"


def truncate_frame(root):
    return trees.truncate(frame(root, 1))


def lose_frame(root):
    path = frame(root, 15)
    path.unlink()
    return path


def resize_mask(root):
    return trees.write_image(frame(root, 25, "motion", "png"), trees.block_mask((12, 16)))


def shorten(root):
    """The shot's range then goes past the last frame."""
    for number in range(46, LAST + 1):
        frame(root, number).unlink()
    return frame(root, LAST)


def empty_class(root):
    for path in (root / "own" / "car").iterdir():
        path.unlink()
    return root / "own" / "car"


def break_video(root):
    path = root / "own" / "boat" / "clip.mp4"
    path.write_bytes(b"no video" * 100)
    return path


def add_foreign_tag(root):
    path = root / "own" / "boat" / "other.mp4"
    trees.write_video(path, [trees.picture(0)] * FRAMES)
    (root / "own" / "videos.csv").write_text("path,tags\nboat/other.mp4,unicorn\n")
    return path


DAMAGES = {
    "truncated frame": truncate_frame,
    "missing frame": lose_frame,
    "mask of another size": resize_mask,
    "range past the last frame": shorten,
    "empty class folder": empty_class,
    "video that does not decode": break_video,
    "tag outside the classes": add_foreign_tag,
}


def build_tree(root):
    trees.youtube_objects(root / "frames", RANGES)
    for path in (root / "frames").glob("*/*.jpg"):
        mask = root / "motion" / path.relative_to(root / "frames").with_suffix(".png")
        trees.write_image(mask, trees.block_mask())
    for path in (root / "own/boat/clip.mp4", root / "own/boat/good.mp4", root / "own/car/car.mp4"):
        trees.write_video(path, [trees.picture(0)] * FRAMES)
        for i in range(FRAMES):
            folder = root / "own_motion" / path.relative_to(root / "own").with_suffix("")
            trees.write_image(folder / f"{i:08d}.png", trees.block_mask())
    images, masks = root / "images", root / "masks"
    trees.write_image(images / "a.png", trees.picture(0))
    trees.write_image(masks / "a.png", trees.block_mask())


def overlay(root, on_error):
    motion = {"format": "png", "root": str(root / "motion")}
    own_motion = {"format": "png", "root": str(root / "own_motion")}
    frames = {"format": "youtube_objects", "root": str(root / "frames"), "motion": motion}
    own = {"format": "video_folder", "root": str(root / "own"), "motion": own_motion}
    return {
        "run": "bad",
        "on_error": on_error,
        "classes": ["boat", "car"],
        "demo": {"enabled": False},
        "datasets": {"youtube_objects": frames, "own": own},
        "images": {
            "test": {
                "format": "image_folder",
                "images": str(root / "images"),
                "masks": str(root / "masks"),
                "tag": "boat",
            }
        },
        "shots": {"min_frames": FRAMES, "frames_per_sample": FRAMES},
        "experiments": {"own": {"dataset": "own", "stages": ["initial"]}},
        "targets": ["m-cnn/initial", "own/initial"],
        "evaluation": {"sets": ["test"]},
        "colocalization": {"targets": []},
    }


def run_to_the_samples(folder, on_error):
    outputs = ["results/bad/tables/skipped.csv", "results/bad/tables/shots.csv"]
    return run(folder, overlay(folder, on_error), *outputs)


def run(folder, settings, *outputs):
    (folder / "bad.yaml").write_text(yaml.safe_dump(settings))
    return subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", *outputs, "--cores", "2"),
            *("--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)),
            *("--configfile", str(ROOT / "config.yaml"), "bad.yaml"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_stop_ends_in_an_error_that_names_file_and_remedy(tmp_path, damage):
    build_tree(tmp_path)
    path = damage(tmp_path)
    result = run_to_the_samples(tmp_path, "stop")
    assert result.returncode != 0
    assert f"{path}: " in result.stderr
    assert "Remedy: " in result.stderr
    assert "Traceback" not in result.stderr
    results = tmp_path / "results" / "bad"
    assert not (results / "tables" / "skipped.csv").exists()
    assert not [path for path in results.rglob("*") if path.name.startswith(".")]


def test_skip_lists_what_it_left_out_and_keeps_the_rest(tmp_path):
    build_tree(tmp_path)
    paths = [damage(tmp_path) for damage in DAMAGES.values()]
    result = run_to_the_samples(tmp_path, "skip")
    assert result.returncode == 0, result.stderr
    tables = tmp_path / "results" / "bad" / "tables"
    reasons = "\n".join(pd.read_csv(tables / "skipped.csv")["reason"])
    assert [path for path in paths if str(path) not in reasons] == []
    shots = pd.read_csv(tables / "shots.csv").set_index(["dataset", "class"])
    assert shots.loc[("youtube_objects", "all"), "kept"] == 2
    assert shots.loc[("own", "all"), "kept"] == 1


def test_images_to_evaluate_on_without_masks_end_the_run_before_it_begins(tmp_path):
    build_tree(tmp_path)
    trees.pascal_voc(tmp_path / "voc", {"val": {"a": ["boat"]}})
    settings = overlay(tmp_path, "stop")
    settings["images"]["val"] = {"format": "pascal_voc", "root": str(tmp_path / "voc")}
    settings["images"]["val"]["split"] = "val"
    settings["evaluation"]["sets"] = ["val"]
    result = run(tmp_path, settings)
    assert result.returncode != 0
    assert f"{tmp_path / 'voc'}: images.val: no image has a mask" in result.stderr
    assert "Remedy: add the masks, or take the set out" in result.stderr
    assert not (tmp_path / "results").exists()
