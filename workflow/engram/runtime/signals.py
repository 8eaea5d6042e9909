"""Being asked to stop: a training loop then writes its checkpoint and ends.

A cluster sends SIGTERM before it takes a job's node or time away, and earlier still the signal that the
job asked for (`--signal`, often SIGUSR1). A loop that listens loses no finished epoch.
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
    """What was asked of the process while a block ran."""

    def __init__(self) -> None:
        self.signal = ""
        """Name of the last signal that came; empty while none has."""

    def _note(self, number: int, _: FrameType | None) -> None:
        self.signal = signal.Signals(number).name


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Note SIGTERM and SIGUSR1 while the block runs, where each would end the process; then as before.

    The block looks at what it is given and ends when it can. Python lets only the main thread take
    signals, so in another thread nothing is ever noted.
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
