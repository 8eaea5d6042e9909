"""Git and DVC as users call them: commands in a repository, and clones of one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
    subprocess.run([sys.executable, "-m", "dvc", "-q", *arguments], check=True)


def clone_of(origin: Path, place: Path, remote: Path) -> Path:
    """Clone a repository and tell DVC there where the remote is."""
    git("clone", "--quiet", str(origin), str(place))
    subprocess.run(
        [sys.executable, "-m", "dvc", "remote", "modify", "--local", "storage", "url", str(remote)],
        check=True,
        cwd=place,
    )
    return place


def in_folder(place: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """Run git in a clone; it is allowed to fail where ``check`` is false."""
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, check=check, cwd=place, capture_output=True, text=True)
