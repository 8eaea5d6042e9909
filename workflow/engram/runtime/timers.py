"""An end of Snakemake's waiting that does not take as long as its rate limit."""

from __future__ import annotations

import threading

__all__ = ["cancel_timers"]


def cancel_timers() -> None:
    """Cancel all timers of this process, so that it need not wait for them before it ends.

    Snakemake's scheduler starts a `threading.Timer` each time that it looks for jobs, one timespan of its
    rate limit long. When a run ends, they have nothing left to do.
    """
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
