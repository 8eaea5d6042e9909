"""The plan of a run: what each job takes, and when all are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engram.config import PlanSettings, Settings
from engram.core.errors import ConfigurationError
from engram.core.paths import Layout
from engram.estimate.costs import Machine, Scale, light, memory_costs
from engram.estimate.costs_general import general_costs
from engram.estimate.jobs import Job, measured_seconds
from engram.estimate.schedule import Task, critical_path, makespan
from engram.estimate.sizes import DataSize, find_sizes
from engram.estimate.throughput import DEFAULT, Throughput, read_throughput
from engram.estimate.work import Cost
from engram.studies.general.plan import general_datasets
from engram.studies.lineage.trials import datasets_in_use

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """Every job with what it takes."""

    settings: Settings
    jobs: list[Job]
    costs: list[Cost]
    measured: list[float | None]
    """What each job took when it last ran here."""
    sizes: dict[str, DataSize]
    throughput: Throughput
    unknown: list[str]
    """Kinds of jobs that nothing is known of: counted as short ones."""

    def hours(self, gpus: int) -> float:
        """Return the wall time on so many GPUs, in hours."""
        return makespan(self._tasks(), gpus, self.settings.plan.cores) / 3600

    @property
    def slots(self) -> int:
        """How many GPUs (or cores, without any) the job holds that holds most."""
        return max((cost.slots for cost in self.costs), default=1)

    @property
    def chain_hours(self) -> float:
        """The longest chain of jobs that wait for one another, in hours: what no machine is faster than."""
        return max(critical_path(self._tasks()), default=0.0) / 3600

    def _tasks(self) -> list[Task]:
        wait = self.settings.plan.job_seconds
        return [
            Task(
                cost.seconds + (wait if cost.seconds else 0.0), cost.gpu, job.needs, job.priority, cost.slots
            )
            for job, cost in zip(self.jobs, self.costs, strict=True)
        ]


def make_plan(settings: Settings, layout: Layout, jobs: Sequence[Job]) -> Plan:
    """Return what ``jobs`` take, each after those it needs, as if none of them had been done.

    No data set has to be at hand. Training is counted with all its epochs.

    Raises
    ------
    ConfigurationError
        If `plan.throughput` names no measured machine, a split's sizes do not fit its images, or a job's
        processes want more GPUs than there are.
    ManifestError
        If a manifest at hand is damaged or has no subjects.
    """
    names = sorted({*datasets_in_use(settings), *general_datasets(settings)})
    sizes = find_sizes(settings, layout, names)
    throughput = read_throughput(_file(settings.plan))
    scale, compute = Scale(settings, sizes), settings.compute
    machine = Machine(throughput, settings.plan.gpus > 0, compute.processes, compute.nodes)
    known = memory_costs() | general_costs()
    costs, unknown = [], set()
    for job in jobs:
        if job.kind in known:
            costs.append(known[job.kind](job, scale, machine))
        else:
            unknown.add(job.kind)
            costs.append(light(machine, 0.0, 0.0))
    plan = Plan(settings, list(jobs), costs, measured_seconds(jobs), sizes, throughput, sorted(unknown))
    if 0 < settings.plan.gpus < plan.slots:
        raise ConfigurationError(
            f"plan.gpus is {settings.plan.gpus}, but a job of compute.processes ({compute.processes}) on "
            f"compute.nodes ({compute.nodes}) holds {plan.slots} at once. Plan for as many or more, or for 0."
        )
    return plan


def _file(chosen: PlanSettings) -> Path:
    return Path(chosen.throughput) if chosen.throughput else DEFAULT
