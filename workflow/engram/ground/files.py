"""Atomic writes and content hashes.

A file appears under its name only when it is whole: everything is written to a
temporary file in the same folder, flushed to the disk, then renamed.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engram.ground.locks import lock_file, try_lock

__all__ = ["PARTIAL", "atomic_path", "file_hash", "text_hash", "write_json", "write_text"]

#: Ending of a file that is still being written.
PARTIAL = ".partial"


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` if the block succeeds.

    If the block fails the temporary file is removed and what stood at ``path`` stays. A process
    that is killed cannot do so: what earlier writers of ``path`` left is removed first. A lock
    that dies with its process tells these from what another process is writing now.

    The temporary name keeps the ending of ``path``, because many writers choose their format
    by it. The file is there, and empty: a writer opens it, and does not put another in its place.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    temporary, lock = _begin(path)
    try:
        yield temporary
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
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
        descriptor = os.open(temporary, os.O_RDONLY)
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


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8 with Unix line ends."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, atomically."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def file_hash(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_hash(text: str) -> str:
    """Return the SHA-256 of ``text`` as UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
