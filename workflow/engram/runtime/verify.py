"""What is damaged among the results, and the one command that mends it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from engram.core.errors import DamageError
from engram.runtime.checksums import Damage, find_damage, remove_sums

__all__ = ["verify"]


def verify(results: Path, options: Sequence[str], threads: int = 1) -> str:
    """Read every file that has a sum and compare; return how many there are, in words.

    Files that are gone and that the present configuration does not make are forgotten: they were
    deleted with the strategy, target or seed that they belonged to.

    Parameters
    ----------
    results
        Folder of the results.
    options
        What names the configuration on snakemake's command line, such as ``--configfile`` and a file.
    threads
        Files that are read at once.

    Raises
    ------
    DamageError
        Naming each file that is missing or not what was written, and the command that makes it anew.
    """
    count, damaged = find_damage(results, threads)
    planned = planned_files(options) if damaged else set()
    ours = [damage for damage in damaged if str(damage.path) in planned]
    foreign = [damage for damage in damaged if str(damage.path) not in planned]
    gone = [damage.path for damage in foreign if not damage.path.exists()]
    remove_sums(results, gone)
    left = [damage for damage in foreign if damage.path not in gone]
    if ours or left:
        raise DamageError(_explain(count, results, ours, left, options))
    return f"{count - len(gone)} files below {results} are what was written."


def planned_files(options: Sequence[str]) -> set[str]:
    """Return the files that the rules make under a configuration.

    Raises
    ------
    DamageError
        If snakemake cannot say.
    """
    plan = ("all", "publish", "bundle", "--summary", "--nolock", "--workflow-profile", "none")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *plan, *options], capture_output=True, text=True
    )
    header, *lines = done.stdout.splitlines() or [""]
    if done.returncode or not header.startswith("output_file"):
        raise DamageError(
            f"files are damaged, but snakemake cannot say which rules make them:\n{done.stdout}{done.stderr}"
        )
    return {line.partition("\t")[0] for line in lines}


def _explain(
    count: int, results: Path, ours: list[Damage], left: list[Damage], options: Sequence[str]
) -> str:
    parts = [f"{len(ours) + len(left)} of {count} files below {results} are not what was written."]
    parts += map(str, ours)
    if ours:
        command = shlex.join(["snakemake", "--forcerun", *(str(damage.path) for damage in ours), *options])
        parts += ["This makes them anew, and what was made from them:", f"  {command}"]
    if left:
        parts += ["No rule of this configuration makes these. Delete them:", *map(str, left)]
    return "\n".join(parts)
