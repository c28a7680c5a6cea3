import os
import signal
import threading
from contextlib import suppress

import pytest

from mcnn.training.signals import SIGNALS, Stopped, StopSignals


def send(number):
    os.kill(os.getpid(), number)


@pytest.fixture(autouse=True)
def heard():
    """As at the start of a program, whatever runs the tests."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGUSR1", 138)])
def test_a_signal_ends_the_block_with_the_exit_code_of_a_shell(number, code):
    with pytest.raises(Stopped) as stop, StopSignals():
        send(getattr(signal, number))
    assert (stop.value.code, stop.value.name) == (code, number)
    assert isinstance(stop.value, SystemExit)


def test_a_signal_waits_for_the_end_of_what_must_not_end_half_done():
    done = []

    def work():
        with StopSignals() as signals:
            with signals.held():
                send(signal.SIGTERM)
                done.append("whole")
            done.append("never")

    with pytest.raises(Stopped):
        work()
    assert done == ["whole"]


def test_a_signal_whose_exception_was_lost_ends_the_block_at_the_next_check():
    def work():
        with StopSignals() as signals:
            signals.check()
            with suppress(Stopped):  # As by a library that calls back.
                send(signal.SIGUSR1)
            signals.check()

    with pytest.raises(Stopped) as stop:
        work()
    assert stop.value.name == "SIGUSR1"


def test_who_is_about_to_end_can_do_so_in_peace():
    done = []

    def work():
        with StopSignals() as signals:
            try:
                send(signal.SIGTERM)
            except Stopped:
                signals.hold()
                send(signal.SIGINT)
                done.append("saved")
                raise

    with pytest.raises(Stopped) as stop:
        work()
    assert (done, stop.value.name) == (["saved"], "SIGTERM")


def test_an_error_is_not_hidden_by_a_signal_that_came_with_it():
    def work():
        with StopSignals() as signals, signals.held():
            send(signal.SIGTERM)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        work()


def test_what_is_ignored_stays_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with StopSignals():
        send(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_afterwards_signals_mean_what_they_did():
    with StopSignals():
        pass
    assert {signal.getsignal(number) for number in SIGNALS} == {signal.default_int_handler}


def test_other_threads_are_left_alone():
    found = []

    def work():
        with StopSignals():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
