from mcnn.artefacts.annotations import AnnotatedBox, annotation_table
from mcnn.artefacts.shots import Shot, videos_of
from mcnn.colocalization.frames import VideoGroups, frames_to_localize, videos_of_job


def shot(video, number=0, first=0, last=9):
    return Shot(video, number, first, last, (), "folder", "", 1)


def test_a_job_has_some_videos():
    shots = [shot(video, k) for k in (0, 1) for video in "cab"]
    by_video = {video: [each for each in shots if each.video == video] for video in "cab"}
    assert videos_of_job(shots, "c", 1) == by_video["c"]
    assert videos_of_job(shots, "a", 1) == by_video["a"]
    assert videos_of_job(shots, "c", 2) == [*by_video["c"], *by_video["a"]]
    assert videos_of_job(shots, "a", 5) == [*by_video["a"], *by_video["b"]]


class Name(str):
    """The name of a video that counts with how many others it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Name.compared += 1
        return str.__eq__(self, other)


def test_a_group_is_found_without_a_look_at_all_the_others():
    videos = videos_of(shot(Name(f"v{k}")) for k in range(1000))
    groups = VideoGroups(videos, 2)
    Name.compared = 0
    assert [each.video for each in groups.shots_from(Name("v998"))] == ["v998", "v999"]
    assert Name.compared < 10


def test_all_frames_are_localized_or_those_annotated_once_in_their_order():
    shots = [shot("a", 0, 3, 5), shot("a", 1, 6, 8), shot("b", 0, 0, 1)]
    everything = frames_to_localize(shots, None)
    assert [(each, list(numbers)) for each, numbers in everything] == [
        (shots[0], [3, 4, 5]),
        (shots[1], [6, 7, 8]),
        (shots[2], [0, 1]),
    ]
    keys = [("b", 0, 1, "dog"), ("a", 1, 8, "cow"), ("a", 1, 6, "cow"), ("a", 1, 8, "dog")]
    annotations = annotation_table([AnnotatedBox(*key, 0.0, 0.0, 1.0, 1.0) for key in keys])
    assert frames_to_localize(shots, annotations) == [(shots[1], [6, 8]), (shots[2], [1])]
