"""The tests of a package, run in forks of a process that has collected them, on mutants.

A mutant of a function takes the place of the function's code in the modules as they were imported.
Others (of compiled functions, of what is outside of functions, of default values, of functions
that the import of the tests calls) are imported anew in the fork, with all of mcnn and the tests,
but not what these import from elsewhere.
"""

import contextlib
import gc
import importlib.util
import inspect
import json
import math
import multiprocessing
import os
import resource
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest
from mutation_plugins import FAILED, FirstFailure, Watch, file_of, pick
from numba.core.dispatcher import Dispatcher

ROOT = Path(__file__).resolve().parents[1]
FORK = multiprocessing.get_context("fork")
MEMORY = 8 << 30
"""Bytes that a mutant may take."""
TIMES, SECONDS = 10, 30
"""A mutant may take so many times the CPU time of the tests without it, and so many seconds more,
in which it is compiled."""
WAITING = 30
"""Seconds a second of CPU time may take, on a busy machine."""
PASSED, BROKEN = 0, 120
"""Exit codes of forks beside `FAILED`."""


class Fault(NamedTuple):
    """A mutant of a module.

    Attributes
    ----------
    module
        Its name.
    path
        Its file.
    function
        Qualified name of the mutated one if Python runs it, else None.
    source
        The mutant's, of the whole module.
    users
        The module and those that reach it, whose compiled functions may contain the mutated ones.
    """

    module: str
    path: Path
    function: str | None
    source: str
    users: set[str]


class TestsOfPackage(FirstFailure):
    """Collects tests, finds out what they do without a mutant, and gives itself to a function.

    Attributes
    ----------
    watch
        What the tests do.
    """

    def __init__(self, work: Callable[["TestsOfPackage"], None]) -> None:
        super().__init__(speaks=True)
        self.watch = Watch()
        self._work = work
        self._items: list[pytest.Item] = []
        self._at_import: set[str] = set()

    def run(self, files: Sequence[str]) -> None:
        """Do it for the tests of files below the root.

        Raises
        ------
        RuntimeError
            If a test fails without a mutant.
        """
        with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
            code = _pytest(files, self, self.watch)
        if code != PASSED:
            raise RuntimeError(f"pytest ended with {code}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure and work, instead of running each test once."""
        self._items = session.items
        self._at_import = set().union(*self.watch.entered.values())
        gc.freeze()
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            if _fork(lambda: self._measure(report)) != PASSED:
                pytest.exit("a test fails without a mutant", returncode=FAILED)
            self.watch.seconds, entered = json.loads(report.read_text())
        for key, names in entered.items():
            self.watch.entered[key].update(names)
        session.config.pluginmanager.unregister(self.watch)
        self.speaks = False
        self._work(self)
        return True

    def pytest_internalerror(self, excrepr: object) -> None:
        """Say what kept it from working."""
        print(excrepr, file=sys.stderr)

    def survives(self, fault: Fault, names: Sequence[str]) -> bool:
        """Whether the named tests, in this order, pass on a mutant in the time it has."""
        swap = self._swap(fault)
        limit = SECONDS + TIMES * sum(self.watch.seconds[name] for name in names)
        if swap is None:
            code = _fork(lambda: _import_and_run(fault, names), limit)
        else:
            code = _fork(lambda: self._swap_and_run(*swap, names), limit)
        if code not in (PASSED, FAILED) and code > 0:
            raise RuntimeError(f"a fork ended with {code} on a mutant of {fault.function}")
        return code == PASSED

    def _measure(self, report: Path) -> int:
        _run(self._items)
        entered = {key: sorted(names) for key, names in self.watch.entered.items()}
        report.write_text(json.dumps([self.watch.seconds, entered]))
        return PASSED

    def _swap(self, fault: Fault) -> tuple[FunctionType, CodeType] | None:
        """A function and the code to give it, if that makes the mutant."""
        if fault.function is None or f"{fault.module}:{fault.function}" in self._at_import:
            return None
        code = compile(fault.source, str(fault.path), "exec")
        value: Any = sys.modules[fault.module]
        for name in fault.function.split("."):
            value = vars(value)[name]
            parts = [part for part in code.co_consts if getattr(part, "co_name", "") == name]
            if len(parts) != 1:
                return None
            code = parts[0]
        function = inspect.unwrap(getattr(value, "__func__", getattr(value, "fget", value)))
        if not isinstance(function, FunctionType) or function.__code__ == code:
            return None
        same_closure = function.__code__.co_freevars == code.co_freevars
        return (function, code) if same_closure else None

    def _swap_and_run(self, function: FunctionType, code: CodeType, names: Sequence[str]) -> int:
        function.__code__ = code
        return _run(pick(self._items, names))


class _FaultLoader(SourceFileLoader):
    """Finds and loads the mutant of a module."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.module, str(fault.path))
        self.source = fault.source

    def find_spec(self, name: str, *_: object) -> Any:
        """Specification of the module; None of others."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def get_code(self, _: str) -> CodeType:
        """Code of the mutant, never what is cached."""
        return compile(self.source, self.path, "exec")


def _import_and_run(fault: Fault, names: Sequence[str]) -> int:
    # Kept: what torch has registered lasts as long as the module that did it.
    _loaded = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_ours(name)}
    sys.meta_path.insert(0, _FaultLoader(fault))
    _compile_anew(fault.users)
    code = _pytest(sorted({file_of(name) for name in names}), FirstFailure(names))
    # None of the tests may be left, where their parameters are the mutant's.
    return PASSED if code == pytest.ExitCode.NO_TESTS_COLLECTED else code


def _is_ours(name: str) -> bool:
    if name.partition(".")[0] in ("mcnn", "tests"):
        return True
    file = getattr(sys.modules[name], "__file__", None)
    return file is not None and ROOT / "tests" in Path(file).parents


def _compile_anew(modules: set[str]) -> None:
    """Keep numba from loading the compiled functions of modules."""
    cached = Dispatcher.enable_caching

    def enable_caching(self: Dispatcher) -> None:
        if self.py_func.__module__ not in modules:
            cached(self)

    Dispatcher.enable_caching = enable_caching


def _pytest(files: Sequence[str], *plugins: object) -> int:
    without = ("cacheprovider", "faulthandler", "xdist")
    options = ["-q", f"--rootdir={ROOT}", *(f"-pno:{plugin}" for plugin in without)]
    with tempfile.TemporaryDirectory() as folder:
        return pytest.main([*options, f"--basetemp={folder}/pytest", *files], plugins=[*plugins])


def _run(items: Sequence[pytest.Item]) -> int:
    for k, item in enumerate(items):
        following = items[k + 1] if k + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return PASSED


def _fork(work: Callable[[], int], seconds: float | None = None) -> int:
    """Exit code of a function in a fork; negative if it crashes or takes too much CPU time."""

    def run() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        if seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), resource.RLIM_INFINITY))
        try:
            os._exit(work())
        except Exception:
            traceback.print_exc()
            os._exit(BROKEN)

    process = FORK.Process(target=run)
    process.start()
    process.join(None if seconds is None else WAITING * seconds)
    if process.is_alive():
        process.kill()
        process.join()
    assert process.exitcode is not None
    return process.exitcode
