"""What every rule's script does around its one call: a log, threads, and errors for people."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from engram.ground.errors import EngramError
from engram.ground.settings import Settings, load_settings

__all__ = ["job"]


@contextmanager
def job(snakemake: Any) -> Iterator[Settings]:
    """Run a script's block with its output in the rule's log; give the typed settings.

    An error that Engram raises on purpose ends the script with its message alone, in the log
    and on the terminal; any other error keeps its traceback.
    """
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    terminal = sys.stderr
    # Line buffered: a person follows a job by its log.
    with open(path, "w", encoding="utf-8", buffering=1) as log, redirect_stdout(log), redirect_stderr(log):
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
