"""Process guard: a job ends when its Snakemake is killed, and no two processes do the same job.

A process that Snakemake started does not end with it. Without the guard it would continue beside the next
run, which starts the same job again.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from pathlib import Path
from typing import IO, TextIO

from engram.core.locks import lock_file

__all__ = ["end_with_run", "name_run", "wait_for_earlier_process"]

#: Environment variable by which Snakemake's process tells its jobs its number and machine.
_RUN = "ENGRAM_RUN"


def name_run() -> None:
    """Mark the processes that this one will start as jobs of its run; the rules call it."""
    os.environ[_RUN] = f"{os.getpid()} {_world()}"


def end_with_run() -> None:
    """End this process by SIGTERM when its Snakemake has exited: nothing waits for its outputs."""
    number, _, world = os.environ.get(_RUN, "").partition(" ")
    if not number or world != _world():
        # Not started by a run, or on another machine or in another namespace than the run.
        return
    above = _ancestors(os.getpid())
    # If /proc shows only part of the ancestry, we cannot conclude that Snakemake has exited.
    if above and above[-1] <= 1 and int(number) not in above:
        os.kill(os.getpid(), signal.SIGTERM)
    try:
        process = os.pidfd_open(int(number))
    except (AttributeError, OSError):
        # This system has no such call. The next run waits for this process instead.
        return

    def watch() -> None:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        poll.poll()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with snakemake", daemon=True).start()


def wait_for_earlier_process(log: IO, terminal: TextIO) -> None:
    """Lock a job's open log for this process; first wait for any process that still does the same job."""

    def tell() -> None:
        terminal.write(
            f"{log.name}: a process of an earlier run still does this job. Waiting for its end "
            f"('fuser {log.name}' names it).\n"
        )

    lock_file(log, held=tell)


def _world() -> str:
    """Return where process numbers are valid: the machine, and its namespace of processes."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0
    return f"{os.uname().nodename} {namespace}"


def _ancestors(process: int) -> list[int]:
    """Return the ancestors of a process, nearest first, as far as the system shows them."""
    found = []
    try:
        while process > 1:
            # The name in brackets may contain anything; the state and the parent follow it.
            told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            process = int(told[1])
            found.append(process)
    except OSError:
        return found
    return found
