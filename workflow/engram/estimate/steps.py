"""The three steps of an estimate: list the jobs, then measure their networks, then write the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engram.config import ComputeParams, EstimateSettings, Settings, load_settings
from engram.config.base import JobParams
from engram.core.files import write_text
from engram.core.paths import Layout
from engram.estimate.jobs import JobList, dry_run, parse_jobs
from engram.estimate.measured import read_pilot
from engram.estimate.page import by_kind, estimate_page
from engram.estimate.products import product_works
from engram.estimate.sizes import find_sizes
from engram.studies.general.plan import general_datasets
from engram.studies.lineage.trials import datasets_in_use
from engram.training.workload import DataSize

__all__ = ["ListParams", "PageParams", "list_jobs", "measure_networks", "write_page"]


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
    return find_sizes(settings, layout, sorted({*datasets_in_use(settings), *general_datasets(settings)}))


def list_jobs(outputs: Any, params: ListParams) -> None:
    """Write all jobs of a configuration with what they compute, as if none had been done."""
    settings = load_settings(params.config)
    layout = Layout(Path(params.results))
    work_of = product_works(settings, layout, params.sizes)
    jobs = parse_jobs(dry_run(params.config), layout.logs, work_of)
    write_text(Path(outputs.jobs), JobList.dump_json(jobs).decode())


def measure_networks(inputs: Any, outputs: Any, params: ComputeParams, *, threads: int) -> None:
    """Measure a step of every network that a listed job runs, but of those measured before."""
    from engram.estimate.pilot import run_pilot

    jobs = JobList.validate_json(Path(inputs.jobs).read_bytes())
    workloads = [workload for job in jobs for workload in job.work.workloads]
    path = Path(outputs.pilot)
    pilot = run_pilot(workloads, read_pilot(path), params.compute, threads)
    write_text(path, pilot.model_dump_json(indent=1))


def write_page(inputs: Any, outputs: Any, params: PageParams) -> None:
    """Write the estimate as a page, and its table by kind of job as CSV."""
    jobs = JobList.validate_json(Path(inputs.jobs).read_bytes())
    pilot = read_pilot(Path(inputs.pilot))
    write_text(Path(outputs.page), estimate_page(jobs, pilot, params.estimate, params.sizes, params.timings))
    frame = by_kind(jobs, pilot, params.timings)
    write_text(Path(outputs.table), frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
