"""A signal is noted while a block listens, and does what it did before when none does."""

import os
import signal
import threading

import pytest

from engram.runtime.signals import interruptible


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_is_noted_and_the_process_lives(number):
    """The block goes on and learns which signal came."""
    with interruptible() as interruption:
        assert not interruption.signal
        os.kill(os.getpid(), number)
        assert interruption.signal == number.name


def test_the_handlers_of_before_are_back_after_the_block():
    """Outside, a signal ends the process as it always did; also where the block fails."""

    def handlers():
        return [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)]

    @interruptible()
    def fail():
        assert handlers() != before
        raise RuntimeError

    before = handlers()
    with pytest.raises(RuntimeError):
        fail()
    assert handlers() == before


def test_another_thread_than_the_main_one_takes_no_signals():
    """There Python forbids handlers: the block runs as if nobody could ask."""
    before = signal.getsignal(signal.SIGUSR1)
    seen = []

    def run():
        with interruptible() as interruption:
            seen.append((interruption.signal, signal.getsignal(signal.SIGUSR1)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [("", before)]
