"""The jobs of a whole run: a dry run of Snakemake lists them, their outputs say what each computes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engram.config.base import JobParams
from engram.core.errors import EstimateError
from engram.training.workload import Work

__all__ = ["EstimateParams", "Job", "dry_run", "parse_jobs"]


class EstimateParams(JobParams):
    """What an estimate depends on: the whole configuration."""

    config: dict[str, Any]
    """As Snakemake merged it."""


@dataclass(frozen=True)
class Job:
    """One job with what it computes."""

    kind: str
    """The first folder of its log: rules that differ in seeds or families alone share one."""
    needs: list[int]
    """The jobs before it, by their places in the list; each stands earlier."""
    work: Work


def dry_run(config: Mapping[str, Any]) -> str:
    """Return Snakemake's own description of all jobs of a configuration, whatever has been done.

    Raises
    ------
    EstimateError
        If Snakemake cannot plan them.
    """
    with TemporaryDirectory() as folder:
        # As JSON, which YAML reads: the whole configuration, as Snakemake merged it.
        path = Path(folder) / "config.yaml"
        path.write_text(json.dumps(config), encoding="utf-8")
        command = ["all", "--dry-run", "--forceall", "--nolock", "--cores", "1"]
        command += ["--workflow-profile", "none", "--configfile", str(path)]
        done = subprocess.run([sys.executable, "-m", "snakemake", *command], capture_output=True, text=True)
    if done.returncode:
        raise EstimateError(f"snakemake cannot plan the run:\n{done.stdout}{done.stderr}")
    return done.stdout


def parse_jobs(text: str, logs: Path, work_of: Callable[[Sequence[str]], Work]) -> list[Job]:
    """Return the jobs of a dry run, each after those it needs; a target rule that makes no file is none.

    Parameters
    ----------
    logs
        Folder of the logs.
    work_of
        Gives what a job computes, from its outputs.
    """
    blocks = [block for block in _blocks(text) if "output" in block]
    maker = {file: place for place, block in enumerate(blocks) for file in block["output"].split(", ")}
    needs = {
        place: {maker[file] for file in block.get("input", "").split(", ") if file in maker}
        for place, block in enumerate(blocks)
    }
    order = list(TopologicalSorter(needs).static_order())
    places = {place: number for number, place in enumerate(order)}
    return [
        Job(
            kind=Path(blocks[place].get("log", "")).relative_to(logs).parts[0].removesuffix(".log"),
            needs=sorted(places[each] for each in needs[place]),
            work=work_of(blocks[place]["output"].split(", ")),
        )
        for place in order
    ]


def _blocks(text: str) -> list[dict[str, str]]:
    """Return each job's lines ``key: value`` below its line ``rule NAME:``."""
    blocks: list[dict[str, str]] = []
    for line in text.splitlines():
        if line.startswith(("rule ", "localrule ")):
            blocks.append({})
        elif blocks and line.startswith("    "):
            key, _, value = line.strip().partition(": ")
            blocks[-1][key] = value
    return blocks
