"""Jobs that an interruption left behind: each ends with the Snakemake that started it."""

from __future__ import annotations

import os
import select
import signal
import threading
from pathlib import Path

__all__ = ["RUN", "end_with_run"]

#: The environment variable in which the rules tell their jobs the process of Snakemake.
RUN = "ENGRAM_RUN"


def end_with_run() -> None:
    """End this process when its Snakemake is gone: nobody waits for what it makes any more.

    A process that Snakemake started does not end with it by itself. It would go on beside the
    next run, which starts the same job.
    """
    run = int(os.environ.get(RUN, "0"))
    if run not in _ancestors(os.getpid()):
        return
    try:
        process = os.pidfd_open(run)
    except (AttributeError, OSError):
        # Not on this system. The next run waits for this process.
        return

    def watch() -> None:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        poll.poll()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with snakemake", daemon=True).start()


def _ancestors(process: int) -> list[int]:
    """Return the processes above one, nearest first, as far as this system tells."""
    found = []
    try:
        while process > 1:
            # The name in brackets may hold anything; after it come the state and the parent.
            told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            process = int(told[1])
            found.append(process)
    except OSError:
        return found
    return found
