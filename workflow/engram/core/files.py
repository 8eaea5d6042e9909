"""Atomic writes and content hashes.

A file appears under its name only when it is whole: everything is written to a
temporary file in the same folder, flushed to the disk, then renamed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from engram.core.atomic_write import PARTIAL, partial_file
from engram.core.errors import DiskError, EngramError

__all__ = [
    "PARTIAL",
    "HashedStream",
    "atomic_path",
    "disk_error",
    "file_hash",
    "link_file",
    "require_writable",
    "text_hash",
    "write_json",
    "write_text",
    "written_hash",
]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
#: What is written to see whether a disk takes anything, in bytes.
_PROBE = 2**20
_PROBE_NAME = ".probe-"


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` if the block succeeds.

    If the block fails the temporary file is removed and what stood at ``path`` stays. The temporary
    name keeps the ending of ``path``, because many writers choose their format by it. The file is
    there, and empty: a writer opens it, and does not put another in its place.

    Raises
    ------
    DiskError
        If the disk is full or may not be written.
    """
    path = Path(path)
    try:
        with partial_file(path) as temporary:
            yield temporary
            with open(temporary, "rb+") as stream:
                os.fsync(stream.fileno())
            temporary.replace(path)
    except EngramError:
        raise
    except Exception as error:
        refused = disk_error(error, path)
        if refused is None:
            raise
        raise refused from error


def disk_error(error: Exception, path: str | Path, *, surely: bool = True) -> DiskError | None:
    """Return what to say if ``error`` came from a disk that did not take ``path``; else None.

    ``surely`` tells whether nothing else was being written: if not, an error that names another file is
    about that one, and one that names none may be about temporary files.
    """
    number, named = _error_number(error), getattr(error, "filename", None)
    if not surely and number in (*_FULL, errno.EROFS) and isinstance(named, str):
        path = named
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    if number in _FULL:
        way_out = f"Make room on the disk of {folder}"
        if not surely and not named:
            way_out += f" or, if it has room, on that of {tempfile.gettempdir()}"
    elif number == errno.EROFS or (number in _FORBIDDEN and (surely or named) and _concerns(error, folder)):
        way_out = f"Grant access to {folder}, or set 'results' to a folder that may be written"
    else:
        return None
    return DiskError(
        f"{path}: cannot be written ({os.strerror(number)}). {way_out}, then run the same command again; "
        "it goes on from what is finished."
    )


def _error_number(error: Exception) -> int | None:
    """Return the system's number of an error, also where a library passes it on in words alone."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    words = str(error)
    return next((number for number in (*_FULL, errno.EROFS) if os.strerror(number) in words), None)


def _concerns(error: Exception, folder: Path) -> bool:
    """Tell whether access to ``folder``, one above it or a file in it was refused: not that to an input."""
    name = getattr(error, "filename", None)
    refused = Path(name) if isinstance(name, str | os.PathLike) else folder
    return refused.parent == folder or folder.is_relative_to(refused)


def require_writable(folder: Path) -> None:
    """Make sure that ``folder`` can be made and takes a file, before long work begins.

    Raises
    ------
    DiskError
        If it cannot or does not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_PROBE_NAME}*{PARTIAL}"):
            left.unlink(missing_ok=True)  # of a run that was killed
        with tempfile.NamedTemporaryFile(dir=folder, prefix=_PROBE_NAME, suffix=PARTIAL) as stream:
            stream.write(bytes(_PROBE))
            stream.flush()
    except OSError as error:
        raise disk_error(error, folder) or error from error


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8 with Unix line ends."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, atomically."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def link_file(source: str | Path, path: str | Path) -> None:
    """Give the file ``source`` a second name ``path``, atomically; copy it where no link is possible."""
    with atomic_path(path) as temporary:
        try:
            temporary.unlink()
            os.link(source, temporary)
        except OSError:
            # Another file system, or one without links.
            shutil.copyfile(source, temporary)


def file_hash(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class HashedStream:
    """A binary stream that is hashed as it is written: a large file need not be read again for its hash.

    Libraries that write to Python's streams can write to it.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._digest = stream, hashlib.sha256()

    @property
    def closed(self) -> bool:
        """Whether the stream takes no more."""
        return self._stream.closed

    def write(self, data: bytes | memoryview) -> int:
        """Append bytes."""
        self._digest.update(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Pass what is buffered on."""
        self._stream.flush()

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._stream.tell()

    def hexdigest(self) -> str:
        """Return the SHA-256 of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def remember(self, path: str | Path) -> str:
        """Say that ``path`` is what was written; `written_hash` then knows its hash. Return the hash."""
        _WRITTEN[_identity(path)] = self.hexdigest()
        return self.hexdigest()


#: Device, inode, size and time of files that this process has written -> their SHA-256.
_WRITTEN: dict[tuple[int, int, int, int], str] = {}


def _identity(path: str | Path) -> tuple[int, int, int, int]:
    found = Path(path).stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def written_hash(path: str | Path) -> str:
    """Return a file's SHA-256; of one that this process wrote through a `HashedStream` without reading it."""
    return _WRITTEN.get(_identity(path)) or file_hash(path)


def text_hash(text: str) -> str:
    """Return the SHA-256 of ``text`` as UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
