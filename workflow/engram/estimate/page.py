"""The estimate as a page, and its table by kind of job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from engram.config import EstimateSettings
from engram.estimate.cost import Cost, Pilot, price
from engram.estimate.jobs import Job
from engram.reporting.tables import Cell, View, to_markdown
from engram.training.workload import DataSize

__all__ = ["by_kind", "estimate_page", "longest_chain", "run_seconds"]

_GIB = 1024**3
#: Numbers of GPUs, or of cores without any, that a page compares.
_COUNTS = (1, 2, 4, 8, 16, 32)


def by_kind(jobs: Sequence[Job], costs: Sequence[Cost]) -> pd.DataFrame:
    """Return a row a kind of job, in the order in which they come.

    Columns: kind, jobs, gpu_hours, core_hours, longest_s, memory_gib, gpu_memory_gib and scratch_gib of the
    largest job, disk_gib of all.
    """
    frame = pd.DataFrame(
        {
            "kind": [job.kind for job in jobs],
            "jobs": 1,
            "gpu_hours": [cost.gpu * cost.seconds * cost.slots / 3600 for cost in costs],
            "core_hours": [(not cost.gpu) * cost.seconds * cost.slots / 3600 for cost in costs],
            "longest_s": [cost.seconds for cost in costs],
            "memory_gib": [cost.memory / _GIB for cost in costs],
            "gpu_memory_gib": [cost.gpu_memory / _GIB for cost in costs],
            "scratch_gib": [cost.scratch / _GIB for cost in costs],
            "disk_gib": [cost.disk / _GIB for cost in costs],
        }
    )
    summed = ("jobs", "gpu_hours", "core_hours", "disk_gib")
    how = {name: "sum" if name in summed else "max" for name in frame.columns.drop("kind")}
    return frame.groupby("kind", sort=False).agg(how).reset_index()


def longest_chain(jobs: Sequence[Job], seconds: Sequence[float]) -> float:
    """Return the seconds of the longest chain of jobs that wait for one another."""
    ends: list[float] = []
    for job, own in zip(jobs, seconds, strict=True):
        ends.append(own + max((ends[place] for place in job.needs), default=0.0))
    return max(ends, default=0.0)


def run_seconds(
    jobs: Sequence[Job], costs: Sequence[Cost], chosen: EstimateSettings, gpus: int, cores: int
) -> tuple[float, float]:
    """Return the seconds that a run takes at least and at most, on so many GPUs and cores.

    No schedule beats the longest chain, nor the work of a pool shared out evenly. One that lets no machine
    idle while a job could start takes at most the sum of them (Graham 1969), where a pool counts only those
    machines that are held while its widest job waits. Without GPUs all jobs hold cores. A job that wants more
    than there are takes all of them, and proportionally longer.
    """
    pools = {True: gpus, False: cores}
    kinds = [cost.gpu and gpus > 0 for cost in costs]
    work = [(cost.seconds + chosen.job_seconds) * cost.slots for cost in costs]
    seconds = [
        mine / min(cost.slots, pools[kind]) for mine, cost, kind in zip(work, costs, kinds, strict=True)
    ]
    least = most = longest_chain(jobs, seconds)
    for kind in {*kinds}:
        mine = [place for place, other in enumerate(kinds) if other == kind]
        widest = min(pools[kind], max(costs[place].slots for place in mine))
        whole = sum(work[place] for place in mine)
        least, most = max(least, whole / pools[kind]), most + whole / (pools[kind] - widest + 1)
    return least, most


def estimate_page(
    jobs: Sequence[Job], pilot: Pilot, chosen: EstimateSettings, sizes: Mapping[str, DataSize]
) -> str:
    """Return the estimate as Markdown."""
    costs = [price(job.work, pilot) for job in jobs]
    frame, gpus = by_kind(jobs, costs), chosen.gpus if pilot.gpu else 0
    counts = sorted({*_COUNTS, gpus or chosen.cores})
    hours = [
        run_seconds(jobs, costs, chosen, *((count, chosen.cores) if gpus else (0, count))) for count in counts
    ]
    data = [
        [name, *(f"{n:,}" for n in (size.images, size.train, size.validation, size.test)), size.origin]
        for name, size in sizes.items()
    ]
    kinds = [[row[0], f"{row[1]:,}", *map(_number, row[2:])] for row in frame.itertuples(index=False)]
    heads = [name.replace("_", " ").replace(" gib", ", GiB") for name in frame]
    return "\n".join(
        [
            "# What this run will take",
            "",
            _summary(jobs, costs, frame, chosen, gpus),
            "",
            _table("By kind of job: hours and disk of all, the rest of the largest job.", heads, kinds),
            _table(
                "How long the whole takes.",
                ["GPUs" if gpus else "cores", "hours at least", "hours at most"],
                [
                    [str(count), *(_number(each / 3600) for each in both)]
                    for count, both in zip(counts, hours, strict=True)
                ],
            ),
            _table("Data sets.", ["data set", "images", "training", "validation", "test", "known"], data),
            f"Steps were measured on {pilot.device}. What is assumed: docs/estimate.md.",
            "",
        ]
    )


def _summary(
    jobs: Sequence[Job], costs: Sequence[Cost], frame: pd.DataFrame, chosen: EstimateSettings, gpus: int
) -> str:
    machines = f"{gpus} GPUs and {chosen.cores} cores" if gpus else f"{chosen.cores} cores"
    least, most = (each / 3600 for each in run_seconds(jobs, costs, chosen, gpus, chosen.cores))
    largest = {name: _number(frame[name].max()) for name in ("memory_gib", "gpu_memory_gib", "scratch_gib")}
    gpu_hours = f"{_number(frame['gpu_hours'].sum())} GPU-hours and " if gpus else ""
    gpu_memory = f" and {largest['gpu_memory_gib']} GiB of a GPU's" if gpus else ""
    chain = longest_chain(jobs, [cost.seconds + chosen.job_seconds for cost in costs]) / 3600
    sentences = [
        f"{len(jobs):,} jobs, {gpu_hours}{_number(frame['core_hours'].sum())} core-hours: "
        f"**{_number(least)} to {_number(most)} hours on {machines}**.",
        f"The longest chain of jobs takes {_number(chain)} hours: more machines do not shorten that.",
        f"The largest job holds {largest['memory_gib']} GiB of memory{gpu_memory}.",
        f"The results take {_number(frame['disk_gib'].sum())} GiB of disk, a running job up to "
        f"{largest['scratch_gib']} GiB besides.",
    ]
    return "\n".join(sentences)


def _number(value: float) -> str:
    """Return a number with the digits that an estimate deserves: about two."""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [[Cell(text) for text in row] for row in rows]
    return to_markdown(View(caption, [(word,) for word in head], cells))
