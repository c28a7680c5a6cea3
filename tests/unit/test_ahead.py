import threading
import time
from itertools import count

import pytest

from mcnn.ahead import Pool


def test_results_are_in_order_whoever_is_first():
    def work(k):
        time.sleep(0.02 if k % 3 == 0 else 0)
        return k**2

    with Pool(4) as pool:
        assert list(pool.ahead(work, range(20))) == [k**2 for k in range(20)]
        assert list(pool.ahead(work, [])) == []


def test_items_are_taken_a_few_ahead_of_the_results():
    taken = []
    items = (taken.append(k) or k for k in count())
    with Pool(2) as pool:
        results = pool.ahead(lambda k: k, items)
        assert next(results) == 0
        assert len(taken) <= 6
        assert next(results) == 1
        assert len(taken) <= 7


def test_threads_work_at_the_same_time():
    # Each waits for the others: one thread alone would never pass.
    meeting = threading.Barrier(3, timeout=20)
    with Pool(3) as pool:
        assert sorted(pool.ahead(lambda _: meeting.wait(), range(3))) == [0, 1, 2]


def test_an_error_ends_it_and_what_has_not_begun_is_dropped():
    done = []
    release = threading.Event()

    def work(k):
        if k == 0:
            raise ValueError("the first")
        release.wait(20)
        done.append(k)

    with pytest.raises(ValueError, match="the first"), Pool(1) as pool:  # noqa: PT012
        try:
            list(pool.ahead(work, range(100)))
        finally:
            release.set()
    assert len(done) <= 1


def test_once_settled_nobody_works():
    done = []
    release = threading.Event()

    def work(k):
        if k > 0:
            release.wait(20)
            time.sleep(0.05)
            done.append(k)

    with Pool(2) as pool:
        results = pool.ahead(work, range(100))
        next(results)
        # What runs ends a while after the others have been dropped.
        threading.Timer(0.5, release.set).start()
        pool.settle()
        assert len(done) <= 2
        before = list(done)
        time.sleep(1)
        assert done == before
