"""Which frames are localized."""

from collections.abc import Sequence

import pandas as pd

from mcnn.artefacts.shots import Shot


def frames_to_localize(
    shots: Sequence[Shot], annotations: pd.DataFrame | None
) -> list[tuple[Shot, Sequence[int]]]:
    """Shots and the numbers of their frames, ascending; shots without any are left out.

    Parameters
    ----------
    shots
        The shots of some videos.
    annotations
        The ground truth; only the numbers of its frames count. None: all frames are localized.
    """
    if annotations is None:
        return [(shot, shot.indices) for shot in shots]
    groups = annotations.groupby(["video", "shot"])["frame"]
    numbers = {key: sorted(set(frames)) for key, frames in groups}
    chosen = [(shot, numbers.get((shot.video, shot.shot), [])) for shot in shots]
    return [(shot, frames) for shot, frames in chosen if frames]
