"""Plug-ins of pytest for `mutation.py`: what tests enter, and an end at the first failure."""

import contextlib
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import hypothesis
import pytest

FAILED = 1


class Watch:
    """Finds out which functions of mcnn tests enter.

    Attributes
    ----------
    seconds
        CPU time of each test.
    entered
        Functions, as ``module:name``, by the test that enters them, or by the file whose import or
        fixtures do. Compiled functions do not show.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.entered: dict[str, set[str]] = defaultdict(set)
        self._key = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        """Watch an import."""
        with self._watching(file_of(collector.nodeid)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        """Watch fixtures, which other tests of the file may share."""
        with self._watching(file_of(item.nodeid)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        """Watch a test."""
        began = time.process_time()
        with self._watching(item.nodeid):
            result = yield
        self.seconds[item.nodeid] = time.process_time() - began
        return result

    @contextlib.contextmanager
    def _watching(self, key: str) -> Iterator[None]:
        self._key = key
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            module = frame.f_globals.get("__name__", "")
            if module.startswith("mcnn."):
                name = frame.f_code.co_qualname.split(".<locals>")[0]
                self.entered[self._key].add(f"{module}:{name}")


class FirstFailure:
    """Ends the process at the first failure; property tests draw the same examples each time.

    Parameters
    ----------
    names
        The tests to run, in order; None: all.
    speaks
        Whether it says what failed.
    """

    def __init__(self, names: Sequence[str] | None = None, speaks: bool = False) -> None:
        self.names, self.speaks = names, speaks

    def pytest_configure(self) -> None:
        """Load a profile, after that of conftest.py."""
        settings = hypothesis.settings
        phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
        settings.register_profile(
            "mutation", settings.default, phases=phases, database=None, derandomize=True
        )
        settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep those named."""
        if self.names is not None:
            items[:] = pick(items, self.names)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """An import."""
        self.pytest_runtest_logreport(report)

    def pytest_runtest_logreport(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        """A test."""
        if report.failed:
            if self.speaks:
                print(report.nodeid, report.longreprtext, file=sys.stderr, flush=True)
            os._exit(FAILED)


def pick(items: Sequence[pytest.Item], names: Sequence[str]) -> list[pytest.Item]:
    """Tests by their names, in the order of these."""
    order = {name: k for k, name in enumerate(names)}
    return sorted((i for i in items if i.nodeid in order), key=lambda i: order[i.nodeid])


def file_of(node: str) -> str:
    """File of a test."""
    return node.split("::")[0]
