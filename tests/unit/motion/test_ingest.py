from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from trees import (
    SIZE,
    block_mask,
    imagenet_vid,
    picture,
    save_mat,
    truncate,
    write_image,
    write_palette_mask,
    write_video,
)
from trees import youtube_objects as build_youtube_objects

from mcnn.artefacts.motion import read_areas, read_masks
from mcnn.config.datasets import MotionMasks
from mcnn.datasets import imagenet_vid as vid
from mcnn.datasets import video_folder, youtube_objects
from mcnn.errors import ConfigError, DataError
from mcnn.motion.ingest import ingest_motion

RANGES = {"dog": [(1, 3, 1), (4, 5, 2), (6, 8, 1)]}


def masks_of(shot):
    return np.stack([block_mask(shift=index % 7) for index in shot.indices])


def settings(layout, root):
    return MotionMasks(format=layout, root=str(root))


@pytest.fixture
def dataset(tmp_path):
    return build_youtube_objects(tmp_path / "data", RANGES)


@pytest.fixture
def shots(dataset):
    found, _ = youtube_objects.read_manifest(dataset, ["dog"], "stop")
    return [shot for shot in found if shot.video == "dog-0001"]


@pytest.fixture
def pngs(tmp_path, shots):
    root = tmp_path / "png"
    for shot in shots:
        for index, mask in zip(shot.indices, masks_of(shot), strict=True):
            write_image(root / "dog" / f"{index:08d}.png", mask.astype(np.uint8) * 255)
    return root


def assert_ingested(path, shots):
    for shot in shots:
        np.testing.assert_array_equal(
            read_masks(path, shot.video, shot.shot, shot.indices), masks_of(shot)
        )
    areas = read_areas(path)
    assert len(areas) == sum(shot.length for shot in shots)
    assert set(areas["video"]) == {shot.video for shot in shots}


def test_png_masks_lie_at_the_frames_paths(tmp_path, dataset, shots, pngs):
    path = tmp_path / "out" / "dog-0001.parquet"
    assert ingest_motion(shots, settings("png", pngs), dataset, path, "stop") == []
    assert_ingested(path, shots)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P", "I;16"])
def test_whatever_is_not_zero_is_foreground(tmp_path, dataset, shots, pngs, mode):
    for path in (pngs / "dog").iterdir():
        mask = np.array(Image.open(path)) > 0
        if mode == "P":
            write_palette_mask(path, mask.astype(np.uint8) * 3)
        elif mode == "I;16":
            Image.fromarray(mask.astype(np.uint16) * 256).save(path)
        else:
            faint = Image.fromarray(mask.astype(np.uint8) * (255 if mode == "1" else 1))
            faint.convert("RGB" if "A" in mode else mode).convert(mode).save(path)
    path = tmp_path / "out.parquet"
    ingest_motion(shots, settings("png", pngs), dataset, path, "stop")
    assert_ingested(path, shots)


def test_png_masks_of_folders_of_frames(tmp_path):
    root, masks = tmp_path / "data", tmp_path / "masks"
    for i in (3, 4, 5):
        write_image(root / "dog" / "walk" / f"{i:05d}.png", picture(i))
        write_image(masks / "dog" / "walk" / f"{i:05d}.png", np.uint8(block_mask(shift=i)))
    shots, _ = video_folder.read_manifest(root, ["dog"], "stop")
    ingest_motion(shots, settings("png", masks), root, tmp_path / "out.parquet", "stop")
    found = read_masks(tmp_path / "out.parquet", shots[0].video, 0, [0, 1, 2])
    np.testing.assert_array_equal(found, [block_mask(shift=i) for i in (3, 4, 5)])


@pytest.mark.parametrize("rotate", [False, True])
def test_png_masks_of_video_files_count_from_zero(tmp_path, rotate):
    root, masks = tmp_path / "data", tmp_path / "masks"
    frames = [picture(i, (48, 64)) for i in range(4)]
    write_video(root / "dog" / "a clip.mp4", frames, rotate=rotate)
    size = (64, 48) if rotate else (48, 64)
    for i in range(4):
        write_image(masks / "dog" / "a clip" / f"{i:08d}.png", np.uint8(block_mask(size, i)))
    shots, _ = video_folder.read_manifest(root, ["dog"], "stop")
    ingest_motion(shots, settings("png", masks), root, tmp_path / "out.parquet", "stop")
    found = read_masks(tmp_path / "out.parquet", shots[0].video, 0, range(4))
    np.testing.assert_array_equal(found, [block_mask(size, i) for i in range(4)])


def test_png_masks_of_snippets(tmp_path):
    batch = "ILSVRC2015_VID_train_0000"
    snippet = f"{batch}/ILSVRC2015_train_00000003"
    root = imagenet_vid(tmp_path / "data", {snippet: [["n02084071"]] * 3})
    masks = tmp_path / "masks" / "Data" / "VID" / "train" / snippet
    for i in range(3):
        write_image(masks / f"{i:06d}.png", np.uint8(block_mask(shift=i)))
    shots, _ = vid.read_manifest(root, ["dog"], "stop")
    path = tmp_path / "out.parquet"
    ingest_motion(shots, settings("png", tmp_path / "masks"), root, path, "stop")
    assert_ingested(path, shots)


def write_fos(folder, shots, v73=False, size=SIZE):
    for shot in shots:
        cells = [
            cv2.resize(np.uint8(mask), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
            for mask in masks_of(shot)
        ]
        save_mat(folder / f"segmentationShot{shot.class_shot}.mat", "segmentation", cells, v73)


@pytest.mark.parametrize("v73", [False, True])
@pytest.mark.parametrize("below", ["dog", "dog/segmentations", ""])
def test_fos_files_are_numbered_by_class(tmp_path, dataset, shots, v73, below):
    assert [shot.class_shot for shot in shots] == [1, 3]
    root = tmp_path / "fos"
    write_fos(root / below, shots, v73)
    path = tmp_path / "out.parquet"
    assert ingest_motion(shots, settings("fos_mat", root), dataset, path, "stop") == []
    assert_ingested(path, shots)


def test_files_of_another_class_are_not_taken(tmp_path, dataset, shots):
    root = tmp_path / "fos"
    write_fos(root, shots)
    (root / "cat").mkdir()
    with pytest.raises(DataError, match=r"fos/dog/segmentationShot1\.mat.*missing"):
        ingest_motion(shots, settings("fos_mat", root), dataset, tmp_path / "out", "stop")


def test_fos_files_of_other_datasets_are_numbered_by_video(tmp_path):
    root = tmp_path / "data"
    for i in range(3):
        write_image(root / "dog" / "walk" / f"{i:05d}.jpg", picture(i))
    shots, _ = video_folder.read_manifest(root, ["dog"], "stop")
    write_fos(tmp_path / "fos" / "dog-walk", shots)
    path = tmp_path / "out.parquet"
    ingest_motion(shots, settings("fos_mat", tmp_path / "fos"), root, path, "stop")
    assert_ingested(path, shots)


@pytest.mark.parametrize("v73", [False, True])
def test_smaller_fos_masks_are_enlarged(tmp_path, dataset, shots, v73):
    root = tmp_path / "fos"
    write_fos(root, shots, v73, (SIZE[0] // 2, SIZE[1] // 2))
    path = tmp_path / "out.parquet"
    ingest_motion(shots, settings("fos_mat", root), dataset, path, "stop")
    for shot in shots:
        found = read_masks(path, shot.video, shot.shot, shot.indices)
        assert found.shape == (shot.length, *SIZE)
        assert (found == masks_of(shot)).mean() > 0.95


def test_a_pixel_of_rounding_is_allowed(tmp_path, dataset, shots):
    write_fos(tmp_path / "fos", shots, size=(SIZE[0] // 2 + 1, SIZE[1] // 2))
    path = tmp_path / "out.parquet"
    ingest_motion(shots, settings("fos_mat", tmp_path / "fos"), dataset, path, "stop")
    assert read_masks(path, shots[0].video, 0, [1]).shape == (1, *SIZE)


def stops_and_skips(tmp_path, dataset, shots, masks, match):
    """The first shot is bad: nothing is left under stop, its reason is kept under skip."""
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(DataError, match=match) as caught:
        ingest_motion(shots, masks, dataset, out / "v.parquet", "stop")
    assert "Remedy" in str(caught.value)
    assert list(out.iterdir()) == []
    skipped = ingest_motion(shots, masks, dataset, out / "v.parquet", "skip")
    assert [entry.item for entry in skipped] == ["dog-0001/0"]
    assert [path.name for path in out.iterdir()] == ["v.parquet"]
    areas = read_areas(out / "v.parquet")
    (row,) = areas[areas["shot"] == 0].to_dict("records")
    assert row["reason"] == skipped[0].reason
    assert caught.value.problem in row["reason"]
    found = read_masks(out / "v.parquet", shots[0].video, 1, shots[1].indices)
    np.testing.assert_array_equal(found, masks_of(shots[1]))


def test_a_missing_png(tmp_path, dataset, shots, pngs):
    (pngs / "dog" / "00000002.png").unlink()
    masks = settings("png", pngs)
    stops_and_skips(tmp_path, dataset, shots, masks, r"00000002\.png: the file is missing")


def test_a_truncated_png(tmp_path, dataset, shots, pngs):
    truncate(pngs / "dog" / "00000003.png")
    masks = settings("png", pngs)
    stops_and_skips(tmp_path, dataset, shots, masks, r"00000003\.png: the image does not decode")


@pytest.mark.parametrize("size", [(SIZE[0] // 2, SIZE[1] // 2), SIZE[::-1]])
def test_a_png_of_another_size(tmp_path, dataset, shots, pngs, size):
    write_image(pngs / "dog" / "00000002.png", np.uint8(block_mask(size)))
    match = rf"00000002\.png: the mask is {size[1]}x{size[0]}, its frame {SIZE[1]}x{SIZE[0]}"
    stops_and_skips(tmp_path, dataset, shots, settings("png", pngs), match)


def test_a_missing_fos_file(tmp_path, dataset, shots):
    write_fos(tmp_path / "fos", shots[1:])
    masks = settings("fos_mat", tmp_path / "fos")
    stops_and_skips(tmp_path, dataset, shots, masks, r"Shot1\.mat: the file is missing")


@pytest.mark.parametrize("v73", [False, True])
@pytest.mark.parametrize(
    ("cells", "match"),
    [
        ([block_mask()] * 2, r"Shot1\.mat: it holds 2 masks, shot 1 has 3 frames"),
        ([block_mask()] * 4, r"Shot1\.mat: it holds more than 3 masks, shot 1 has 3"),
        ([block_mask(SIZE[::-1])] * 3, r"Shot1\.mat: the mask is 24x32, its frame 32x24"),
        ([block_mask((12, 24))] * 3, r"Shot1\.mat: the mask is 24x12, its frame 32x24"),
        ([block_mask((48, 64))] * 3, r"Shot1\.mat: the mask is 64x48, its frame 32x24"),
        ([block_mask()[None]] * 3, r"Shot1\.mat: cell 1 of 'segmentation' is no mask"),
    ],
)
def test_fos_files_that_do_not_fit(tmp_path, dataset, shots, v73, cells, match):
    write_fos(tmp_path / "fos", shots, v73)
    cells = [np.uint8(cell) for cell in cells]
    save_mat(tmp_path / "fos" / "segmentationShot1.mat", "segmentation", cells, v73)
    masks = settings("fos_mat", tmp_path / "fos")
    stops_and_skips(tmp_path, dataset, shots, masks, match)


@pytest.mark.parametrize("v73", [False, True])
def test_a_truncated_fos_file(tmp_path, dataset, shots, v73):
    write_fos(tmp_path / "fos", shots, v73)
    truncate(tmp_path / "fos" / "segmentationShot1.mat")
    masks = settings("fos_mat", tmp_path / "fos")
    stops_and_skips(tmp_path, dataset, shots, masks, r"Shot1\.mat: no MATLAB variable")


@pytest.mark.parametrize("layout", ["png", "fos_mat"])
def test_frames_of_different_sizes(tmp_path, dataset, shots, pngs, layout):
    write_fos(tmp_path / "fos", shots)
    write_image(dataset / "dog" / "00000002.jpg", picture(2, SIZE[::-1]))
    write_image(pngs / "dog" / "00000002.png", np.uint8(block_mask(SIZE[::-1])))
    masks = settings(layout, pngs if layout == "png" else tmp_path / "fos")
    match = r"00000002\.jpg: the frame is 24x32, the first of its shot 32x24"
    stops_and_skips(tmp_path, dataset, shots, masks, match)


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_a_missing_root_stops_in_any_case(tmp_path, dataset, shots, on_error):
    masks = settings("png", tmp_path / "absent")
    with pytest.raises(DataError, match=r"absent: the folder of motion masks is missing"):
        ingest_motion(shots, masks, dataset, tmp_path / "out.parquet", on_error)
    assert not (tmp_path / "out.parquet").exists()


def ternary(shot, index):
    """Foreground 7, and 200 below it."""
    mask = 7 * masks_of(shot)[index - shot.first].astype(np.uint8)
    mask[-3:] = 200
    return mask


def test_unknown_pixels_are_told_from_the_foreground(tmp_path, dataset, shots):
    root, path = tmp_path / "png", tmp_path / "out.parquet"
    for shot in shots:
        for index in shot.indices:
            write_image(root / "dog" / f"{index:08d}.png", ternary(shot, index))
    for unknown in (200, 255, None):
        masks = settings("png", root).model_copy(update={"unknown": unknown})
        ingest_motion(shots, masks, dataset, path, "stop")
        for shot in shots:
            expected = masks_of(shot).astype(np.uint8)
            expected[:, -3:] = 255 if unknown == 200 else 1
            np.testing.assert_array_equal(
                read_masks(path, shot.video, shot.shot, shot.indices), expected
            )


def test_palette_indices_may_be_unknown(tmp_path, dataset, shots):
    labels = np.zeros(SIZE, np.uint8)
    labels[:4], labels[4:6] = 1, 255
    for shot in shots:
        for index in shot.indices:
            write_palette_mask(tmp_path / "png" / "dog" / f"{index:08d}.png", labels)
    masks = MotionMasks(format="auto", root=str(tmp_path / "png"), unknown=255)
    ingest_motion(shots, masks, dataset, tmp_path / "out.parquet", "stop")
    np.testing.assert_array_equal(
        read_masks(tmp_path / "out.parquet", shots[0].video, 0, [1])[0], labels
    )


def test_labels_of_1_and_255_are_not_taken_for_foreground_alone(tmp_path, dataset, shots, pngs):
    mask = np.ones(SIZE, np.uint8)
    mask[:3] = 255
    write_image(pngs / "dog" / "00000002.png", mask)
    stops_and_skips(
        *(tmp_path, dataset, shots, settings("png", pngs)),
        r"00000002\.png: the mask has pixels of 1 and of 255.*unknown: 255",
    )


@pytest.mark.parametrize("values", [(0, 255), (0, 1), (0, 1, 2, 255), (0, 2, 255)])
def test_other_values_are_foreground_where_nothing_is_said_of_unknown_ones(
    tmp_path, dataset, shots, pngs, values
):
    mask = np.resize(np.array(values, np.uint8), SIZE)
    write_image(pngs / "dog" / "00000002.png", mask)
    ingest_motion(shots, settings("png", pngs), dataset, tmp_path / "out.parquet", "stop")
    np.testing.assert_array_equal(
        read_masks(tmp_path / "out.parquet", shots[0].video, 0, [2])[0], mask > 0
    )


@pytest.mark.parametrize(("layout", "root"), [("fos_mat", "r"), ("segment", None)])
def test_only_masks_in_files_of_one_value_a_pixel_have_unknown_ones(layout, root):
    with pytest.raises(ValueError, match=f"masks of the format {layout} have no `unknown`"):
        MotionMasks(format=layout, root=root, unknown=255)


def test_a_job_may_have_several_videos(tmp_path, dataset, pngs):
    shots, _ = youtube_objects.read_manifest(dataset, ["dog"], "stop")
    for each in shots:
        for index, mask in zip(each.indices, masks_of(each), strict=True):
            write_image(pngs / "dog" / f"{index:08d}.png", mask.astype(np.uint8) * 255)
    masks = MotionMasks(format="png", root=str(pngs))
    assert ingest_motion(shots, masks, dataset, tmp_path / "out.parquet", "stop") == []
    assert_ingested(tmp_path / "out.parquet", shots)
    lost = next(each for each in shots if each.video != shots[0].video)
    (pngs / "dog" / f"{lost.first:08d}.png").unlink()
    ingest_motion(shots, masks, dataset, tmp_path / "out.parquet", "skip")
    areas = read_areas(tmp_path / "out.parquet")
    assert areas.loc[areas["reason"].notna(), "video"].tolist() == [lost.video]


def test_too_many_frames_for_a_file_are_refused_before_one_is_read(tmp_path, shots, pngs):
    long = replace(shots[0], last=shots[0].first + 2**20)
    with pytest.raises(ConfigError, match="videos_per_job"):
        ingest_motion([long], settings("png", pngs), tmp_path, tmp_path / "out.parquet", "skip")
    assert not (tmp_path / "out.parquet").exists()
