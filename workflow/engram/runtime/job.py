"""The frame of every rule's script: its log, checked inputs, checksums of outputs, readable errors.

A second process of the same job, left by an interrupted run, is waited for.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TypeVar

from engram.config.base import JobParams
from engram.core.errors import EngramError
from engram.core.files import disk_error
from engram.runtime.checksums import check_files, remove_checksums, write_checksums
from engram.runtime.process_guard import end_with_run, wait_for_earlier_process

__all__ = ["job"]

# A rule's script, which alone has this name, imports what it needs after this module, torch among it. That
# makes no garbage, and to look for some all the while takes 0.3 s.
if hasattr(sys.modules["__main__"], "snakemake"):
    gc.disable()


P = TypeVar("P", bound=JobParams)


@contextmanager
def job(snakemake: Any, params: type[P]) -> Iterator[P]:
    """Run a script's block with its output in the rule's log; give the rule's typed parameters.

    ``params`` is the class that the rule's ``params.job`` was made from: all that the job knows of the
    configuration. Before the block, the inputs are compared with their checksums; after it, the outputs'
    checksums are kept.
    An error that Engram raises on purpose ends the script with its message alone, in the log
    and on the terminal; so does a disk that is full or read-only. Any other error keeps its
    traceback.
    """
    # What is imported by now stays to the end: not to look for garbage in it again, as Python does when it
    # ends, spares a job that uses torch 0.7 s.
    gc.freeze()
    gc.enable()
    end_with_run()
    path, terminal = Path(snakemake.log[0]), sys.stderr
    try:
        with _logged(path):
            given = _typed(snakemake, params)
            given.labels.use()
            results = Path(given.results)
            check_files(results, snakemake.input)
            remove_checksums(results, snakemake.output)
            yield given
            write_checksums(results, snakemake.rule, snakemake.output)
    except Exception as error:
        known = error if isinstance(error, EngramError) else disk_error(error, path, surely=False)
        if known is None:
            raise
        terminal.write(f"\n{_message(known)}\n")
        sys.exit(1)


def _typed(snakemake: Any, params: type[P]) -> P:
    """Return the rule's parameters, with the settings of computing that do not rerun a job."""
    values = dict(snakemake.params.job)
    if "compute" in values:
        values["compute"] = {**snakemake.config.get("compute", {}), **values["compute"]}
    return params.model_validate(values)


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not buffered: a person follows a job by its log, and nothing is left to write when a disk is full.
    raw = open(path, "ab", buffering=0)  # noqa: SIM115 - the wrapper closes it
    wait_for_earlier_process(raw, sys.stderr)
    if os.fstat(raw.fileno()).st_size:
        raw.truncate(0)
    with (
        # A file's name may hold bytes that are no text.
        io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True) as log,
        redirect_stdout(log),
        redirect_stderr(log),
    ):
        try:
            yield
        except Exception as error:
            # A log that the disk does not take must not hide the error itself.
            with suppress(OSError):
                log.write(_message(error) if isinstance(error, EngramError) else traceback.format_exc())
            raise


def _message(error: EngramError) -> str:
    return f"{type(error).__name__}: {error}\n"
