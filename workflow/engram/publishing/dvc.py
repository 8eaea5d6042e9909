"""DVC, used for storage only: the published folder goes into its cache and to its remote.

Called by one job at a time, never while rules are planned or run side by side: DVC locks the
whole repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from engram.core.errors import PublishingError
from engram.core.files import write_text
from engram.core.locks import lock_file
from engram.publishing.places import POINTER

__all__ = ["POINTER", "fetch", "require_dvc", "store", "tracked_beside"]

#: The remote that is made where the repository has none.
_REMOTE = "storage"
_CONFIGURATION = Path(".dvc/config")
#: DVC's own folder for locks, which Git leaves out.
_TEMPORARY = Path(".dvc/tmp")
_FILES_A_CALL = 1000
#: What DVC says, by any command, of a folder's list that it has to fetch and cannot.
_UNREAD = ".dir'"


def require_dvc() -> None:
    """Refuse to go on where the repository has no DVC.

    Raises
    ------
    PublishingError
        If there is none.
    """
    if not _CONFIGURATION.is_file():
        raise PublishingError(
            f"{Path.cwd()}: DVC is not set up here ({_CONFIGURATION} is missing). Restore it with "
            "'git checkout .dvc', or run 'dvc init'."
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
    _mend()
    if not POINTER.exists():
        # DVC would name the pointer after the folder; it keeps the name of one that it finds.
        write_text(POINTER, f"outs:\n- path: {folder.parts[0]}\n")
    _dvc("add", "--no-relink", str(folder))
    name = _default_remote()
    if name:
        _dvc("push", str(POINTER))
        return name
    _push_to_new_remote(remote)
    return _REMOTE


def _mend() -> None:
    """Undo what a killed DVC left.

    It rewrites its small files in place: one that it had just opened is empty, and it stumbles over
    that. The kernel has released its locks.
    """
    _TEMPORARY.mkdir(exist_ok=True)
    with open(_TEMPORARY / "rwlock.lock", "a") as guard:
        lock_file(guard)
        if _is_empty(_TEMPORARY / "rwlock"):
            (_TEMPORARY / "rwlock").unlink()
    before = _TEMPORARY / f"{POINTER.name}.before"
    if _is_empty(POINTER):
        POINTER.unlink()
        if before.exists():
            write_text(POINTER, before.read_text(encoding="utf-8"))
    elif POINTER.exists():
        write_text(before, POINTER.read_text(encoding="utf-8"))


def _is_empty(path: Path) -> bool:
    return path.exists() and not path.stat().st_size


def _default_remote() -> str:
    """Return the name of the repository's default remote; empty where it has none."""
    return _dvc("config", "core.remote", check=False).strip()


def _push_to_new_remote(address: str) -> None:
    """Make ``address`` the default remote and push; a remote that fails is not kept."""
    before = _CONFIGURATION.read_text(encoding="utf-8")
    try:
        _dvc("remote", "add", "--force", "--default", _REMOTE, address)
        _dvc("push", str(POINTER))
    except PublishingError:
        write_text(_CONFIGURATION, before)
        raise


def fetch(files: Sequence[Path]) -> None:
    """Bring some published files here, from the cache or the remote, and no other.

    What is here already is not asked for again: with all in the cache no remote is needed.

    Raises
    ------
    PublishingError
        If DVC refuses or the remote cannot be read; the message names the way out.
    """
    require_dvc()
    # A command line holds some hundred kilobytes: many files go in several calls.
    for start in range(0, len(files), _FILES_A_CALL):
        # DVC remembers what it last looked for in a folder, whichever files of it were named, until
        # something is transferred: a pull after one that found all here would fetch nothing (3.67).
        with tempfile.TemporaryDirectory(prefix="dvc-") as forgotten:
            names = [str(file) for file in files[start : start + _FILES_A_CALL]]
            _dvc("pull", *names, variables={"DVC_SITE_CACHE_DIR": forgotten})


def tracked_beside(folder: Path) -> list[str] | None:
    """Return the names of what the pointer names in the folder that ``folder`` lies in, pulled or not.

    Their list is in the cache or the remote: None where neither can be read or the pointer is damaged.
    """
    done = _run("ls", ".", str(folder.parent), "--dvc-only")
    return None if done.returncode else done.stdout.splitlines()


def _dvc(*arguments: str, check: bool = True, variables: Mapping[str, str] | None = None) -> str:
    """Run DVC and return what it prints."""
    done = _run(*arguments, variables=variables)
    if check and done.returncode:
        words = done.stderr.strip() or done.stdout.strip()
        shown = " ".join(arguments[:3]) + (" ..." if len(arguments) > 3 else "")
        raise PublishingError(f"'dvc {shown}' failed: {words}\n{_advise(arguments[0], words)}")
    print(done.stdout, end="")  # noqa: T201 - into the job's log
    return done.stdout


def _run(*arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run DVC in the environment of this process, and ``variables``."""
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]
    # DVC's own usage statistics are nobody's business but the user's.
    environment = {**os.environ, "DVC_NO_ANALYTICS": "true", **(variables or {})}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def _advise(command: str, words: str) -> str:
    """Return the way out of what a command of DVC complains of."""
    plugin = re.search(r"dvc\[(\w+)\]|requires '?dvc-(\w+)", words)
    if plugin:
        name = plugin[1] or plugin[2]
        return (
            f"Remotes of this kind need a plug-in of DVC: pip install 'dvc[{name}]' (of DVC's own version), "
            "in the environment that runs snakemake."
        )
    if "unsaved files" in words:
        return "They are not what was pulled. Delete them or move them away, then run the same command again."
    if command in ("push", "pull", "remote") or _UNREAD in words:
        name = _default_remote() or _REMOTE
        return (
            "The remote is the repository's default (dvc remote list) or, where it has none, the setting "
            "share.dvc_remote. Where it lies elsewhere for you, say so for this clone alone: "
            f"dvc remote modify --local {name} url ADDRESS. Credentials go the same way; docs/publishing.md "
            "shows how."
        )
    return "Mend what DVC names, then run the same command again."
