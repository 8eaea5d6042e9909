"""What all settings share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from engram.config.labels import LabelSettings
from engram.config.strict import Strict
from engram.core.lineage import NAME
from engram.core.paths import Layout

__all__ = ["Fraction", "JobParams", "Name", "PathText", "Percent", "Seeds", "Strict"]

Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]
Percent = Annotated[int, Field(ge=1, le=100)]


def _differ(seeds: list[int]) -> list[int]:
    if len(set(seeds)) != len(seeds):
        raise ValueError("a seed stands there twice")
    return seeds


Seeds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_differ)]


def _is_possible(path: str) -> str:
    if "\0" in path:
        raise ValueError("no path holds a NUL character")
    return path


PathText = Annotated[str, Field(min_length=1), AfterValidator(_is_possible)]


class JobParams(Strict):
    """All of the settings that one kind of job depends on: a rule's ``params: job=...``.

    A study's ``jobs.py`` derives a class a kind of job, with a ``from_settings`` that picks its fields from
    the whole configuration. A change of a field reruns the job; what is no field does not, and no job can
    reach it.
    """

    results: PathText
    """Folder of the results: where scratch files and checksums of this job lie."""
    labels: LabelSettings = Field(default_factory=LabelSettings.in_use)
    """The label sets, which every job takes before it begins."""

    def scratch(self, job: str, seed: object) -> Path:
        """Return the folder of a job's checkpoint and caches, which it removes when it is done."""
        return Layout(Path(self.results)).scratch(job, seed)
