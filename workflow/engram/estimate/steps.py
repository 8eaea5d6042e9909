"""The three steps of an estimate: list the jobs, measure their networks, write the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engram.config import ComputeParams, load_settings
from engram.core.files import write_text
from engram.core.paths import Layout
from engram.estimate.jobs import JobList, dry_run, parse_jobs
from engram.estimate.measured import read_pilot
from engram.estimate.page import by_kind, estimate_page
from engram.estimate.params import ListParams, PageParams
from engram.estimate.products import product_works

__all__ = ["list_jobs", "measure_networks", "write_page"]


def list_jobs(outputs: Any, params: ListParams) -> None:
    """Write all jobs of a configuration with what they compute, as if none had been done."""
    settings = load_settings(params.config)
    layout = Layout(Path(params.results))
    work_of = product_works(settings, layout, params.sizes)
    jobs = parse_jobs(dry_run(params.config), layout.logs, work_of)
    write_text(Path(outputs.jobs), JobList.dump_json(jobs).decode())


def measure_networks(inputs: Any, outputs: Any, params: ComputeParams, *, threads: int) -> None:
    """Measure a step of every network that a listed job runs, but of those measured before."""
    # Not above: the other steps need no torch.
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
