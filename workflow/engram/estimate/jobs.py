"""A workflow's jobs as plain data: what a plan is made from, and what a test can write down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Job", "measured_seconds"]


@dataclass(frozen=True)
class Job:
    """One job of the workflow."""

    rule: str
    """Its rule's name."""
    kind: str
    """Its script's name: rules that differ in their seeds alone share one."""
    needs: tuple[int, ...] = ()
    """The jobs that come before it, by their place in the list."""
    wildcards: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    timing: Path | None = None
    """Where Snakemake's ``benchmark`` writes what the job took."""


def measured_seconds(jobs: Sequence[Job]) -> list[float | None]:
    """Return what each job took when it last ran here, by its ``benchmark`` file.

    None where there is no such file, or none that can be read: it is a comparison, nothing depends on it.
    """
    return [_seconds(job.timing) for job in jobs]


def _seconds(path: Path | None) -> float | None:
    if path is None:
        return None
    try:
        return float(json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["s"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
