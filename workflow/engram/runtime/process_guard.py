"""Jobs whose Snakemake was killed: they end with it, and while one lives no second does the same job.

A process that Snakemake started does not end with it by itself. It would go on beside the next run,
which starts the same job again.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from pathlib import Path
from typing import IO, TextIO

from engram.core.locks import lock_file

__all__ = ["end_with_run", "name_run", "wait_for_orphan"]

#: The environment variable in which Snakemake's process tells its jobs who it is.
_RUN = "ENGRAM_RUN"


def name_run() -> None:
    """Tell the processes that this one starts that they belong to its run; the rules do so."""
    os.environ[_RUN] = f"{os.getpid()} {_world()}"


def end_with_run() -> None:
    """End this process by SIGTERM when its Snakemake is gone: nobody waits for what it makes any more."""
    number, _, world = os.environ.get(_RUN, "").partition(" ")
    if not number or world != _world():
        # Not started by a run, or where processes have other numbers than there.
        return
    above = _ancestors(os.getpid())
    # Where the system does not tell the whole line, nothing follows from who is not in it.
    if above and above[-1] <= 1 and int(number) not in above:
        os.kill(os.getpid(), signal.SIGTERM)
    try:
        process = os.pidfd_open(int(number))
    except (AttributeError, OSError):
        # Not on this system. The next run waits for this process.
        return

    def watch() -> None:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        poll.poll()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with snakemake", daemon=True).start()


def wait_for_orphan(log: IO, terminal: TextIO) -> None:
    """Take a job's open log for this process; wait for another that is still at the same job."""

    def tell() -> None:
        terminal.write(
            f"{log.name}: a process of an earlier run is still at this job. Waiting for its end "
            f"('fuser {log.name}' names it).\n"
        )

    lock_file(log, held=tell)


def _world() -> str:
    """Return where a process's number means that process: its machine, and on it its namespace."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0
    return f"{os.uname().nodename} {namespace}"


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
