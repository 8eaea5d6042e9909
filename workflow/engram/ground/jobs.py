"""What every rule's script does around its one call: a log, and errors for people.

And what holds for a job that an interruption left behind: it ends with the Snakemake that started
it, and while it lives no second process does the same job.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from engram.ground.errors import EngramError
from engram.ground.locks import lock_file
from engram.ground.settings import Settings, load_settings

__all__ = ["RUN", "job"]

#: The environment variable in which the rules tell their jobs the process of Snakemake.
RUN = "ENGRAM_RUN"


@contextmanager
def job(snakemake: Any) -> Iterator[Settings]:
    """Run a script's block with its output in the rule's log; give the typed settings.

    An error that Engram raises on purpose ends the script with its message alone, in the log
    and on the terminal; any other error keeps its traceback.
    """
    _end_with_run()
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    terminal = sys.stderr

    def tell() -> None:
        terminal.write(
            f"{path}: a process of an earlier run is still at this job. Waiting for its end "
            f"('fuser {path}' names it).\n"
        )

    # Line buffered: a person follows a job by its log.
    with open(path, "a", encoding="utf-8", buffering=1) as log, redirect_stdout(log), redirect_stderr(log):
        lock_file(log, held=tell)
        log.truncate(0)
        try:
            yield load_settings(snakemake.config)
        except EngramError as error:
            message = f"{type(error).__name__}: {error}\n"
            log.write(message)
            terminal.write(f"\n{message}\n")
            sys.exit(1)
        except Exception:
            log.write(traceback.format_exc())
            raise


def _end_with_run() -> None:
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
