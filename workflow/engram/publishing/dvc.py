"""DVC, used for storage only: the published folder goes into its cache and to its remote.

Called by one job at a time, never while rules are planned or run side by side: DVC locks the repository.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engram.core.errors import PublishingError
from engram.core.files import write_text
from engram.publishing.places import POINTER

__all__ = ["fetch", "store"]

#: The remote that is made where the repository has none.
_REMOTE = "storage"
_CONFIGURATION = Path(".dvc/config")
_FILES_A_CALL = 1000
_ADVICE = (
    "If the remote is not reached: it is the repository's default (dvc remote list) or, where it has none, "
    "the setting publishing.dvc_remote. 'dvc remote modify --local {remote} url ADDRESS' gives it another "
    "address in this clone alone; credentials go the same way (docs/publishing.md). If files are 'unsaved', "
    "they are not what was pulled: delete them. Then run the same command again."
)


def store(folder: Path, remote: str) -> str:
    """Add ``folder`` to DVC under `POINTER` and push it; return the name of the remote.

    Parameters
    ----------
    folder
        Below the folder that the pointer tracks; its neighbours need not be there.
    remote
        Folder or URL that becomes the default remote if the repository has none.

    Raises
    ------
    PublishingError
        If DVC refuses or the remote cannot be written; the message holds DVC's own words.
    """
    # DVC writes these in place. Killed then, it leaves them empty and stumbles over that.
    for path in (POINTER, Path(".dvc/tmp/rwlock")):
        if path.exists() and not path.stat().st_size:
            path.unlink()
    if not POINTER.exists():
        # DVC would name the pointer after the folder; it keeps the name of one that it finds.
        write_text(POINTER, f"outs:\n- path: {folder.parts[0]}\n")
    _dvc("add", "--no-relink", str(folder))
    name = _default_remote()
    if name:
        _dvc("push", str(POINTER))
        return name
    before = _CONFIGURATION.read_text(encoding="utf-8")
    try:
        _dvc("remote", "add", "--force", "--default", _REMOTE, remote)
        _dvc("push", str(POINTER))
    except PublishingError:
        write_text(_CONFIGURATION, before)  # a remote that fails is not kept
        raise
    return _REMOTE


def fetch(files: Sequence[Path]) -> None:
    """Bring some published files here, from the cache or the remote, and no other.

    What is here already is not asked for again: with all in the cache no remote is needed. Files that
    `POINTER` does not name are passed over.

    Raises
    ------
    PublishingError
        If DVC refuses or the remote cannot be read; the message names the way out.
    """
    # A command line holds some hundred kilobytes: many files go in several calls.
    for start in range(0, len(files), _FILES_A_CALL):
        _dvc("pull", *map(str, files[start : start + _FILES_A_CALL]))


def _default_remote() -> str:
    """Return the name of the repository's default remote; empty where it has none."""
    return _run("config", "core.remote").stdout.strip()


def _dvc(*arguments: str) -> None:
    """Run DVC; what it prints goes into the job's log."""
    done = _run(*arguments)
    if done.returncode:
        words = done.stderr.strip() or done.stdout.strip()
        advice = _ADVICE.format(remote=_default_remote() or _REMOTE)
        shown = " ".join(arguments[:3]) + (" ..." if len(arguments) > 3 else "")
        raise PublishingError(f"'dvc {shown}' failed: {words}\n{advice}")
    print(done.stdout, end="")  # noqa: T201 - into the job's log


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]
    # DVC remembers what it last looked for in a folder, whichever files of it were named, until something is
    # transferred: a pull after one that found all here would fetch nothing (3.67). So each call forgets.
    with tempfile.TemporaryDirectory(prefix="dvc-") as forgotten:
        # DVC's own usage statistics are nobody's business but the user's.
        environment = {**os.environ, "DVC_NO_ANALYTICS": "true", "DVC_SITE_CACHE_DIR": forgotten}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
