"""Which code made the results: the Git commit, whether it was edited, and a hash of what runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from engram.core.errors import PublishingError

__all__ = ["CodeVersion", "code_version"]

_FILES = ("Snakefile", "workflow")
#: What makes results what they are. Publishing edits other files that Git tracks, such as `results.dvc`.
_WATCHED = (*_FILES, "envs", "config", "profiles")
_LEFT_OUT = {"__pycache__"}
#: The oldest and the latest time that a ZIP archive can tell. Code without a commit has the oldest.
_OLDEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class CodeVersion:
    """What names a state of the code."""

    release: str
    commit: str | None
    """None outside a Git repository."""
    edited: bool
    """Whether code, environment, configurations or profiles that Git tracks are others than the commit's."""
    hash: str
    """SHA-256 over the names and contents of the Snakefile and all below `workflow`."""
    date: datetime
    """Of the commit, or what ``SOURCE_DATE_EPOCH`` says; not of the present, so that it stays the same."""


def code_version(folder: Path) -> CodeVersion:
    """Return the version of the code in ``folder``, the root of the workflow.

    Raises
    ------
    PublishingError
        If ``SOURCE_DATE_EPOCH`` is no time.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    edited = bool(_git(folder, "status", "--porcelain", "--untracked-files=no", "--", *_WATCHED))
    return CodeVersion(version("engram"), commit, edited, _hash(folder), _date(folder))


def _date(folder: Path) -> datetime:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    seconds = given or _git(folder, "log", "-1", "--format=%ct")
    try:
        date = datetime.fromtimestamp(int(seconds), UTC) if seconds else _OLDEST
    except (ValueError, OverflowError, OSError):
        raise PublishingError(
            f"The environment variable SOURCE_DATE_EPOCH is '{given}', which is no time. Give seconds since "
            "1970 as a whole number, or unset it: then the time is the commit's."
        ) from None
    return min(max(date, _OLDEST), _LATEST)


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for name in _FILES for path in _files(folder / name)):
        name = path.relative_to(folder).as_posix()
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and not _LEFT_OUT & set(file.parts)]


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what Git says; None where there is no Git or no repository with this very root."""
    if not (folder / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip() or None
