"""What is damaged among the results, and the one command that mends it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from engram.core.errors import DamageError
from engram.runtime.checksums import Damage, find_damage, remove_checksums

__all__ = ["verify"]


def verify(results: Path, configuration: Path, threads: int = 1) -> str:
    """Compare every file that has a checksum with it; return how many there are, in words.

    The checksums of missing files that the present configuration does not make are deleted: the files
    belonged to a strategy, target or seed that is no longer configured.

    Parameters
    ----------
    results
        Folder of the results.
    configuration
        JSON file of the whole configuration, for snakemake's ``--configfile``.
    threads
        Number of files that are read at once.

    Raises
    ------
    DamageError
        Naming each file that is missing or not what was written, and the command that makes it anew.
    """
    count, damaged = find_damage(results, threads)
    planned = planned_files(configuration) if damaged else set()
    ours = [damage for damage in damaged if str(damage.path) in planned]
    foreign = [damage for damage in damaged if str(damage.path) not in planned]
    gone = [damage.path for damage in foreign if not damage.path.exists()]
    remove_checksums(results, gone)
    left = [damage for damage in foreign if damage.path not in gone]
    if ours or left:
        raise DamageError(_explain(count, results, ours, left, configuration))
    return f"{count - len(gone)} files below {results} are what was written."


def planned_files(configuration: Path) -> set[str]:
    """Return the files that the rules make under a configuration.

    Raises
    ------
    DamageError
        If snakemake cannot say.
    """
    plan = ("all", "publish", "bundle", "--summary", "--nolock", "--workflow-profile", "none")
    named = ("--configfile", str(configuration))
    done = subprocess.run([sys.executable, "-m", "snakemake", *plan, *named], capture_output=True, text=True)
    header, *lines = done.stdout.splitlines() or [""]
    if done.returncode or not header.startswith("output_file"):
        raise DamageError(
            f"files are damaged, but snakemake cannot say which rules make them:\n{done.stdout}{done.stderr}"
        )
    return {line.partition("\t")[0] for line in lines}


def _explain(count: int, results: Path, ours: list[Damage], left: list[Damage], configuration: Path) -> str:
    parts = [f"{len(ours) + len(left)} of {count} files below {results} are not what was written."]
    parts += map(str, ours)
    if ours:
        command = shlex.join(
            [
                "snakemake",
                "--forcerun",
                *(str(damage.path) for damage in ours),
                "--configfile",
                str(configuration),
            ]
        )
        parts += ["This makes them anew, and what was made from them:", f"  {command}"]
    if left:
        parts += ["No rule of this configuration makes these. Delete them:", *map(str, left)]
    return "\n".join(parts)
