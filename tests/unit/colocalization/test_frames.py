from mcnn.artefacts.annotations import AnnotatedBox, annotation_table
from mcnn.artefacts.shots import Shot
from mcnn.colocalization.frames import frames_to_localize


def shot(video, number=0, first=0, last=9):
    return Shot(video, number, first, last, (), "folder", "", 1)


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
