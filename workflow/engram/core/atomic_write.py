"""Temporary files of atomic writes, and the removal of those that a killed process left."""

from __future__ import annotations

import glob
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engram.core.locks import lock_file, try_lock

__all__ = ["PARTIAL", "partial_file"]

#: Ending of a file that is still being written.
PARTIAL = ".partial"


@contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """Give a new empty file beside ``path``; it is gone after the block unless it was renamed.

    A process that is killed cannot remove its own: what earlier writers of ``path`` left is removed
    first. A lock that dies with its process tells these from what another process is writing now.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    temporary, lock = _begin(path)
    try:
        yield temporary
    finally:
        # Where nothing may be written, nothing may be removed either.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        os.close(lock)


def _begin(path: Path) -> tuple[Path, int]:
    """Create a temporary file beside ``path``; return it and the descriptor that holds its lock."""
    while True:
        temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{PARTIAL}{path.suffix}")
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        lock_file(descriptor)
        # Between the two lines before, another writer of `path` may have taken it for abandoned.
        if os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)


def _remove_abandoned(path: Path) -> None:
    """Remove the temporary files of ``path`` that no process is writing."""
    stem, suffix = map(glob.escape, (path.stem, path.suffix))
    for temporary in path.parent.glob(f".{stem}-{'?' * 8}{PARTIAL}{suffix}"):
        _remove_if_abandoned(temporary)


def _remove_if_abandoned(temporary: Path) -> None:
    try:
        # For writing: network file systems lock for one writer alone only what is open for writing.
        descriptor = os.open(temporary, os.O_RDWR)
    except OSError:
        # Its writer has just finished, or it is another user's: not ours to remove.
        return
    try:
        if try_lock(descriptor):
            # A database keeps its journal beside it, under its name and one more word.
            for beside in temporary.parent.glob(f"{glob.escape(temporary.name)}-*"):
                beside.unlink(missing_ok=True)
            temporary.unlink(missing_ok=True)
    finally:
        os.close(descriptor)
