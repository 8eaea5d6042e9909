"""The estimate of a run, from its configuration to a page."""

from __future__ import annotations

from pathlib import Path

from engram.config import load_settings
from engram.core.files import write_text
from engram.core.paths import Layout
from engram.estimate.cost import price
from engram.estimate.jobs import EstimateParams, dry_run, parse_jobs
from engram.estimate.page import by_kind, estimate_page
from engram.estimate.pilot import run_pilot
from engram.estimate.products import product_works
from engram.estimate.sizes import find_sizes
from engram.runtime.job_spec import NamedFiles

__all__ = ["write_estimate"]


def write_estimate(outputs: NamedFiles, params: EstimateParams, *, threads: int) -> None:
    """List all jobs of a run as if none had been done, measure their networks, and write page and table.

    Raises
    ------
    EngramError
        If the run cannot be planned, or a network takes more memory than there is.
    """
    settings, layout = load_settings(params.config), Layout(Path(params.results))
    sizes = find_sizes(settings, layout)
    jobs = parse_jobs(dry_run(params.config), layout.logs, product_works(settings, layout, sizes))
    workloads = [workload for job in jobs for workload in job.work.workloads]
    pilot = run_pilot(workloads, settings.compute, threads)
    write_text(Path(outputs.page), estimate_page(jobs, pilot, settings.estimate, sizes))
    frame = by_kind(jobs, [price(job.work, pilot) for job in jobs])
    write_text(Path(outputs.table), frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
