"""Git and DVC as users call them: commands in a repository, and clones of one."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

#: The results that are published, and where.
RESULTS, PUBLISHED = "results/small", Path("published/small")
#: Pulls and rebuilds, and says what it imported on the way.
REBUILD = """
import json, sys
from pathlib import Path
from engram.publishing.places import is_evidence
from engram.publishing.pull import pull_published
from engram.publishing.rebuild import rebuild
pull_published(Path("published/small"), is_evidence)
comparison = rebuild(Path("published/small"), Path("results/small/rebuilt"))
comparison["imported"] = [name for name in ("torch", "mlflow", "dvc", "cv2") if name in sys.modules]
print(json.dumps(comparison))
"""


def git(*arguments: str) -> str:
    return in_folder(Path(), *arguments).stdout


def dvc(*arguments: str) -> None:
    done = run_dvc("-q", *arguments)
    assert done.returncode == 0, done.stderr


def run_dvc(*arguments: str) -> subprocess.CompletedProcess:
    """Call DVC in this process, where `engram.publishing.dvc` starts one: that takes two seconds a call."""
    with warnings.catch_warnings(action="ignore"), pytest.MonkeyPatch.context() as patch:
        from dvc.cli import main

        out, error = io.StringIO(), io.StringIO()
        patch.setenv("DVC_NO_ANALYTICS", "true")
        for handler in logging.getLogger("dvc").handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(error if handler.level >= logging.WARNING else out)
        with redirect_stdout(out), redirect_stderr(error):
            code = main(list(arguments))
    # In this process DVC takes every output for a terminal's and colours it.
    said, errors = (re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue()) for stream in (out, error))
    return subprocess.CompletedProcess(arguments, code, said, errors)


def clone_of(origin: Path, place: Path, remote: Path) -> Path:
    """Clone a repository and tell DVC there where the remote is."""
    git("clone", "--quiet", str(origin), str(place))
    (place / ".dvc/config.local").write_text(f"['remote \"storage\"']\n    url = {remote}\n")
    return place


def in_folder(place: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """Run git in a clone; it is allowed to fail where ``check`` is false."""
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, check=check, cwd=place, capture_output=True, text=True)
