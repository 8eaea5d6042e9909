"""What the jobs of an estimate depend on; light, since every snakemake imports it."""

from __future__ import annotations

import json
from typing import Any

from engram.config import EstimateSettings, Settings
from engram.config.base import JobParams
from engram.core.paths import Layout
from engram.training.workload import DataSize

__all__ = ["ListParams", "PageParams"]


class ListParams(JobParams):
    """What a list of all jobs depends on: the whole configuration."""

    config: dict[str, Any]
    """As Snakemake merged it."""
    sizes: dict[str, DataSize]

    @classmethod
    def from_config(cls, config: dict[str, Any], settings: Settings, layout: Layout) -> ListParams:
        """Return the parameters of a configuration that ``settings`` has validated."""
        return cls(results=settings.results, config=config, sizes=_sizes(settings, layout))


class PageParams(JobParams):
    """What the page depends on, besides the jobs and the pilot."""

    estimate: EstimateSettings
    sizes: dict[str, DataSize]
    timings: dict[str, float]
    """A job's timing file -> the seconds that it took when it ran here."""

    @classmethod
    def from_settings(cls, settings: Settings, layout: Layout) -> PageParams:
        """Return the parameters, with the timings that a run has left so far."""
        timings = {}
        for path in sorted(layout.logs.rglob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            if lines and "s" in (last := json.loads(lines[-1])):
                timings[str(path)] = float(last["s"])
        return cls(
            results=settings.results,
            estimate=settings.estimate,
            sizes=_sizes(settings, layout),
            timings=timings,
        )


def _sizes(settings: Settings, layout: Layout) -> dict[str, DataSize]:
    # Not above: it imports pandas (0.5 s), which only an estimate needs.
    from engram.estimate.sizes import datasets_of, find_sizes

    return find_sizes(settings, layout, datasets_of(settings))
