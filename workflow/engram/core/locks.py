"""Locks that end with the process that holds them, however it ends: the kernel releases them.

On a file system that knows no locks (some of clusters) nothing is locked: they guard against a
second writer of the same file, and without them all goes as before.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from typing import IO

__all__ = ["lock_file", "try_lock"]


def try_lock(file: int | IO) -> bool:
    """Lock an open file if no other process holds it; tell whether it is now ours."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def lock_file(file: int | IO, held: Callable[[], None] = lambda: None) -> None:
    """Lock an open file; if another process holds it, call ``held`` once and wait for its end."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held()
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        return
