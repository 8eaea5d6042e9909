"""Which code made the results: the release, and the Git commit."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

__all__ = ["CodeVersion", "code_version"]


@dataclass(frozen=True)
class CodeVersion:
    """What names a state of the code."""

    release: str
    commit: str
    """With ``-dirty`` where tracked files are others than the commit's; empty outside of a repository."""
    date: datetime
    """Of the commit; without one 1980, the oldest that a ZIP archive can tell."""


def code_version(folder: Path) -> CodeVersion:
    """Return the version of the code in ``folder``, the root of the workflow."""
    commit = _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    seconds = _git(folder, "log", "-1", "--format=%ct")
    date = datetime.fromtimestamp(int(seconds), UTC) if seconds else datetime(1980, 1, 1, tzinfo=UTC)
    return CodeVersion(version("engram"), commit, date)


def _git(folder: Path, *arguments: str) -> str:
    """Return what Git says; nothing where there is no Git or no repository with this very root."""
    if not (folder / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
