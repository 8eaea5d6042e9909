"""Which code made the results: the Git commit, whether it was edited, and a hash of what runs."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from engram.core.files import file_hash

__all__ = ["CodeVersion", "code_version"]

#: What makes results what they are. Publishing edits other files that Git tracks, such as `results.dvc`.
_WATCHED = ("Snakefile", "workflow", "envs", "config", "profiles")


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
    """Of the commit; without one 1980, the oldest that a ZIP archive can tell."""


def code_version(folder: Path) -> CodeVersion:
    """Return the version of the code in ``folder``, the root of the workflow."""
    commit, _, seconds = _git(folder, "log", "-1", "--format=%H %ct").partition(" ")
    edited = bool(_git(folder, "status", "--porcelain", "--untracked-files=no", "--", *_WATCHED))
    date = datetime.fromtimestamp(int(seconds), UTC) if seconds else datetime(1980, 1, 1, tzinfo=UTC)
    return CodeVersion(version("engram"), commit or None, edited, _hash(folder), date)


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted([folder / "Snakefile", *(folder / "workflow").rglob("*")]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(folder).as_posix()} {file_hash(path)}\n".encode())
    return digest.hexdigest()


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
