"""A rule's job as plain data: what a study says of it, and what a rules file hands to Snakemake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from engram.config.base import JobParams

__all__ = ["Files", "JobFiles", "JobSpec", "NamedFiles", "Params"]

#: A path or paths, with wildcards or without; or a function of the job's wildcards that gives them.
Files = Path | list[Path] | Callable[[Any], Path | list[Path]]
#: The typed parameters; or a function of the job's wildcards that gives them.
Params = JobParams | Callable[[Any], JobParams]


class NamedFiles(Protocol):
    """A job's input or output files by name, as `snakemake.input` has them: a path, or a list of paths."""

    def __getattr__(self, name: str) -> Any:
        """Return what the rule has under this name."""

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return names and files."""


class JobFiles(SimpleNamespace):
    """Files by name where no Snakemake is: in a process that torchrun started, and in tests."""

    def __getattr__(self, name: str) -> Any:
        """Say that a job has no such files."""
        raise AttributeError(f"a job has no files '{name}', but {', '.join(vars(self))}")

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return names and files."""
        return vars(self).items()


@dataclass(frozen=True)
class JobSpec:
    """One rule that a study asks for; a study's ``jobs.py`` makes it from the settings, torch-free.

    A rules file has one loop: ``for spec in ...: rule: name: spec.name; input: **spec.inputs; ...``.
    """

    name: str
    """The rule's name, unique in the workflow: that of its script, so that a profile can name it. A suffix
    stands only where one script serves several rules: families and batches of seeds, roles and methods."""
    inputs: Mapping[str, Files]
    outputs: Mapping[str, Path | list[Path]]
    log: Path
    """Log file with the wildcards of the outputs; its name ends in ``.log``."""
    params: Params
    priority: int = 0
    """Jobs of higher priority start first: long ones, so that no core waits for the last."""
    threads: int = 1
    """Cores that it needs at least, one for each process that it starts; a profile may give it more."""
    wildcards: Mapping[str, str] = field(default_factory=dict)
    """Patterns of its wildcards, for ``wildcard_constraints``."""

    @property
    def benchmark(self) -> Path:
        """File of the job's timing, beside its log."""
        return self.log.with_suffix(".jsonl")

    def job(self, wildcards: Any) -> dict[str, Any]:
        """Return the parameters of a job as plain values: the rule's ``params: job=spec.job``."""
        return self._given(wildcards).model_dump(mode="json")

    def fill(self, **wildcards: Any) -> tuple[JobFiles, JobFiles, Any]:
        """Return the inputs, outputs and parameters of the job with these wildcards, for a call by hand."""
        chosen = SimpleNamespace(**wildcards)
        inputs = {name: given(chosen) if callable(given) else given for name, given in self.inputs.items()}
        return _filled(inputs, wildcards), _filled(self.outputs, wildcards), self._given(chosen)

    def _given(self, wildcards: Any) -> JobParams:
        return self.params if isinstance(self.params, JobParams) else self.params(wildcards)


def _filled(files: Mapping[str, Path | list[Path]], wildcards: dict[str, Any]) -> JobFiles:
    def fill(path: Path) -> Path:
        return Path(str(path).format(**wildcards))

    named = {
        name: fill(given) if isinstance(given, Path) else [*map(fill, given)] for name, given in files.items()
    }
    return JobFiles(**named)
