"""A rule's job as plain data: what a study says of it, and what a rules file hands to Snakemake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engram.config.base import JobParams

__all__ = ["Files", "JobSpec", "Params"]

#: Paths, with wildcards or without; or a function of the job's wildcards that gives them.
Files = list[Path] | Callable[[Any], list[Path]]
#: The typed parameters; or a function of the job's wildcards that gives them.
Params = JobParams | Callable[[Any], JobParams]


@dataclass(frozen=True)
class JobSpec:
    """One rule that a study asks for; a study's ``jobs.py`` makes it from the settings, torch-free.

    A rules file has one loop: ``for spec in ...: rule: name: spec.name; input: **spec.inputs; ...``.
    """

    name: str
    """The rule's name, unique in the workflow."""
    inputs: Mapping[str, Files]
    outputs: Mapping[str, list[Path]]
    log: Path
    """Log file with the wildcards of the outputs; its name ends in ``.log``."""
    params: Params
    priority: int = 0
    """Jobs of higher priority start first: long ones, so that no core waits for the last."""
    wildcards: Mapping[str, str] = field(default_factory=dict)
    """Patterns of its wildcards, for ``wildcard_constraints``."""

    @property
    def benchmark(self) -> Path:
        """File of the job's timing, beside its log."""
        return self.log.with_suffix(".jsonl")

    def job(self, wildcards: Any) -> dict[str, Any]:
        """Return the parameters of a job as plain values: the rule's ``params: job=spec.job``."""
        params = self.params if isinstance(self.params, JobParams) else self.params(wildcards)
        return params.model_dump(mode="json")
