import logging

import pytest

from mcnn import progress


@pytest.mark.parametrize(
    ("seconds", "total", "line"),
    [
        (0.25, 200, "training: 60 of 200, 4.0/s, 35 s left"),
        (20.0, 4, "training: 1 of 4, 20.0 s each, 60 s left"),
        (20.0, 61, "training: 1 of 61, 20.0 s each, 20 min left"),
        (60.0, 301, "training: 1 of 301, 60.0 s each, 5.0 h left"),
    ],
)
def test_a_line_now_and_then_says_how_far_and_how_long(monkeypatch, caplog, seconds, total, line):
    clock = iter(range(10_000))
    monkeypatch.setattr(progress.time, "monotonic", lambda: seconds * next(clock))
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: False, raising=False)
    caplog.set_level(logging.INFO)
    items = range(total)
    assert list(progress.track(items, total, "training")) == list(items)
    assert caplog.messages[0] == line
    assert len(caplog.messages) < total or seconds > progress.SECONDS_BETWEEN_LINES
