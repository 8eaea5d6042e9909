"""Requests to stop: a training loop then writes its checkpoint and ends.

A cluster sends SIGTERM before it ends a job, and before that the signal that the job asked for
(`--signal`, often SIGUSR1). A loop that handles them loses no finished epoch.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interruption", "interruptible"]

_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Interruption:
    """The signal that the process received while a block ran."""

    def __init__(self) -> None:
        self.signal = ""
        """Name of the last signal; empty before the first."""

    def _note(self, number: int, _: FrameType | None) -> None:
        self.signal = signal.Signals(number).name


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Record SIGTERM and SIGUSR1 while the block runs instead of ending the process; then restore.

    The block checks the returned object and ends at a suitable point. Python handles signals in the
    main thread only, so in another thread no signal is recorded.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.signal(number, interruption._note) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
