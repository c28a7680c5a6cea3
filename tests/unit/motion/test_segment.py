import numpy as np
import pytest
from moving import HEIGHT, WIDTH, background, moving_disc

from mcnn.config.motion import MotionSegmentation
from mcnn.imaging.slic import segment_superpixels
from mcnn.motion import prepare, segment
from mcnn.motion.segment import segment_shot

SETTINGS = MotionSegmentation()


def overlap(result, masks):
    found = list(result.masks())
    assert len(found) == len(masks)
    return np.mean([(a & b).sum() / (a | b).sum() for a, b in zip(found, masks, strict=True)])


@pytest.mark.parametrize("pan", [0, 2])
def test_a_moving_disc_is_found(pan):
    frames, masks = moving_disc(14, pan)
    result = segment_shot(iter(frames), SETTINGS)
    assert result.reason is None
    assert result.length == 14
    assert result.fallbacks == 0
    assert overlap(result, masks) > 0.85


def test_two_frames_are_enough():
    frames, masks = moving_disc(2)
    assert overlap(segment_shot(iter(frames), SETTINGS), masks) > 0.7


def test_masks_have_the_size_of_the_frames():
    frames, masks = moving_disc(6)
    settings = MotionSegmentation(longer_side=100)
    result = segment_shot(iter(frames), settings)
    assert {mask.shape for mask in result.masks()} == {(HEIGHT, WIDTH)}
    assert all(mask.dtype == bool for mask in result.masks())
    assert overlap(result, masks) > 0.75


@pytest.mark.parametrize("window", [120, 12])
def test_masks_are_refined_where_the_settings_say_so(monkeypatch, window):
    frames, _ = moving_disc(20)
    settings = MotionSegmentation(window=window, overlap=3)
    plain = segment_shot(
        iter(frames), MotionSegmentation(**{**settings.model_dump(), "refine": False})
    )
    seen = []

    def shift(images, masks):
        seen.extend(images)
        return [np.roll(mask, 5, axis=1) for mask in masks]

    monkeypatch.setattr(segment, "refine_masks", shift)
    refined = segment_shot(iter(frames), settings)
    np.testing.assert_array_equal(seen, frames)
    assert plain.reason is None
    for mask, shifted in zip(plain.masks(), refined.masks(), strict=True):
        np.testing.assert_array_equal(shifted, np.roll(mask, 5, axis=1))


def test_masks_at_working_size_are_enlarged_half_way_between_pixels():
    result = segment.MotionResult(length=1, size=(7, 7), _working=(3, 3))
    result._packed.append(np.packbits(np.array([[0, 1, 0]] * 3, np.uint8)))
    (mask,) = result.masks()
    np.testing.assert_array_equal(mask, [[0, 0, 1, 1, 1, 0, 0]] * 7)


def test_frames_are_reduced_and_divided_as_the_settings_say(monkeypatch):
    asked = []

    def superpixels(image, *settings):
        asked.append((image.shape, *settings))
        return segment_superpixels(image, *settings)

    monkeypatch.setattr(prepare, "segment_superpixels", superpixels)
    frames, _ = moving_disc(3)
    presets = [{"preset": preset} for preset in ("default", "fast", "fos-2013")]
    for changes in (*presets, {"longer_side": 80, "superpixels": 70}):
        segment_shot(iter(frames), MotionSegmentation(**changes))
    expected = [((HEIGHT, WIDTH, 3), 1500, 30, k) for k in (2, 2, 10)]
    expected.append(((HEIGHT // 2, WIDTH // 2, 3), 70, 30, 2))
    assert asked == [each for each in expected for _ in frames]


def test_threads_do_not_change_the_masks():
    frames, _ = moving_disc(9, pan=1)
    one = segment_shot(iter(frames), SETTINGS, threads=1)
    three = segment_shot(iter(frames), SETTINGS, threads=3)
    assert one.reason is None
    for a, b in zip(one.masks(), three.masks(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_windows_cover_every_frame_once():
    frames, masks = moving_disc(41)
    settings = MotionSegmentation(window=14, overlap=3)
    result = segment_shot(iter(frames), settings)
    # 14 frames, then 8 more each time: 14, 22, 30, 38, 41.
    assert result.windows == 5
    assert overlap(result, masks) > 0.8


def test_frames_are_read_as_they_are_needed(monkeypatch):
    held = []
    kept = segment.label_frames

    def spy(frames, *rest):
        held.append(len(frames))
        return kept(frames, *rest)

    monkeypatch.setattr(segment, "label_frames", spy)
    frames, _ = moving_disc(30)
    segment_shot(iter(frames), MotionSegmentation(window=12, overlap=2), threads=2)
    assert max(held) == 12


def test_known_flow_and_superpixels_are_used():
    frames, masks = moving_disc(6)
    blocks = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.int32)
    rows, columns = blocks // WIDTH // 4, blocks % WIDTH // 4
    labels = (rows * (WIDTH // 4) + columns).astype(np.int32)
    flows = [np.where(mask[..., None], (3, 0), (0, 0)).astype(np.float32) for mask in masks[:-1]]
    settings = MotionSegmentation(preset="fos-2013")
    result = segment_shot(iter(frames), settings, iter(flows), iter([labels] * 6))
    assert overlap(result, masks) > 0.8
    for mask in result.masks():
        tiles = mask.reshape(HEIGHT // 4, 4, WIDTH // 4, 4)
        assert (tiles.all((1, 3)) | ~tiles.any((1, 3))).all()


def test_known_fields_must_fit():
    frames, _ = moving_disc(3)
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    with pytest.raises(ValueError, match="flow"):
        segment_shot(iter(frames), SETTINGS, flows=[flow[:50], flow[:50]])
    with pytest.raises(ValueError, match="too few"):
        segment_shot(iter(frames), SETTINGS, flows=[flow])


def test_frames_must_have_one_size():
    frames, _ = moving_disc(3)
    with pytest.raises(ValueError, match="frame 2"):
        segment_shot(iter([frames[0], frames[1], frames[2][:50]]), SETTINGS)


def noisy(frame, seed):
    noise = np.random.default_rng(seed).normal(0, 2, frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


STILL = np.clip(background()[:HEIGHT, :WIDTH], 0, 255).astype(np.uint8)
WIDE = np.clip(background(), 0, 255).astype(np.uint8)
SHOTS = {
    "static": ([STILL] * 8, segment.NOTHING_MOVES),
    "static, noisy": ([noisy(STILL, t) for t in range(8)], segment.NOTHING_MOVES),
    "pan": ([WIDE[:HEIGHT, 4 * t : 4 * t + WIDTH] for t in range(8)], segment.NOTHING_MOVES),
    "brightening": ([np.full((90, 120, 3), 9 * t, np.uint8) for t in range(8)], "nothing moves"),
    "black": ([np.zeros((90, 120, 3), np.uint8)] * 5, segment.NOTHING_MOVES),
    "no frame": ([], segment.TOO_FEW),
    "one frame": ([STILL], segment.TOO_FEW),
    "16 x 16": ([noisy(STILL[:16, :16], t) for t in range(8)], segment.TOO_SMALL),
}


@pytest.mark.parametrize("seed", range(4))
def test_noise_does_not_move(seed):
    rng = np.random.default_rng(seed)
    noisy = (np.clip(STILL + rng.normal(0, 3, STILL.shape), 0, 255) for _ in range(8))
    result = segment_shot((frame.astype(np.uint8) for frame in noisy), MotionSegmentation())
    assert result.reason == segment.NOTHING_MOVES


@pytest.mark.parametrize("preset", ["default", "fast", "fos-2013"])
@pytest.mark.parametrize("name", SHOTS)
def test_no_foreground_has_a_reason(name, preset):
    frames, reason = SHOTS[name]
    result = segment_shot(iter(frames), MotionSegmentation(preset=preset))
    assert result.reason is not None
    if preset != "fos-2013":
        assert result.reason.startswith(reason)
    masks = list(result.masks())
    assert len(masks) == len(frames)
    assert all(mask.shape == frames[0].shape[:2] and not mask.any() for mask in masks)
