"""The estimate as a page that a terminal shows well, and its table by kind of job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import pandas as pd

from engram.config import EstimateSettings
from engram.estimate.cost import Cost, price
from engram.estimate.jobs import Job
from engram.estimate.measured import Pilot
from engram.estimate.schedule import Task, critical_path, makespan
from engram.training.workload import DataSize

__all__ = ["by_kind", "estimate_page"]

_GIB = 1024**3
#: Numbers of GPUs, or of cores without any, that a page compares.
_COUNTS = (1, 2, 4, 8, 16, 32)


def by_kind(jobs: Sequence[Job], pilot: Pilot, timings: Mapping[str, float]) -> pd.DataFrame:
    """Return a row a kind of job, in the order in which they come.

    Columns: kind, jobs, gpu_hours, core_hours, memory_gib, gpu_memory_gib and scratch_gib of the largest job,
    disk_gib of all, median_s and longest_s (predicted), ran (jobs with a timing), predicted_s and measured_s
    (of those, summed up).
    """
    rows: dict[str, list[tuple[Job, Cost]]] = {}
    for job in jobs:
        rows.setdefault(job.kind, []).append((job, price(job.work, pilot)))
    table = []
    for kind, found in rows.items():
        costs = [cost for _, cost in found]
        hours = [(cost.gpu, cost.seconds * cost.slots / 3600) for cost in costs]
        ran = [(cost.seconds, timings[job.timing]) for job, cost in found if job.timing in timings]
        table.append(
            {
                "kind": kind,
                "jobs": len(costs),
                "gpu_hours": sum(each for gpu, each in hours if gpu),
                "core_hours": sum(each for gpu, each in hours if not gpu),
                "memory_gib": max(cost.memory for cost in costs) / _GIB,
                "gpu_memory_gib": max(cost.gpu_memory for cost in costs) / _GIB,
                "scratch_gib": max(cost.scratch for cost in costs) / _GIB,
                "disk_gib": sum(cost.disk for cost in costs) / _GIB,
                "median_s": median(cost.seconds for cost in costs),
                "longest_s": max(cost.seconds for cost in costs),
                "ran": len(ran),
                "predicted_s": sum(seconds for seconds, _ in ran),
                "measured_s": sum(seconds for _, seconds in ran),
            }
        )
    return pd.DataFrame(table)


def estimate_page(
    jobs: Sequence[Job],
    pilot: Pilot,
    chosen: EstimateSettings,
    sizes: Mapping[str, DataSize],
    timings: Mapping[str, float],
) -> str:
    """Return the estimate as Markdown.

    Raises
    ------
    EstimateError
        If the pilot did not measure a network of the jobs.
    """
    frame, tasks = by_kind(jobs, pilot, timings), _tasks(jobs, pilot, chosen)
    gpus = chosen.gpus if pilot.gpu else 0
    parts = [
        "# What this run will take",
        _summary(frame, tasks, pilot, gpus, chosen.cores),
        "## By kind of job",
        _by_kind_table(frame),
        "## How long the whole takes",
        _hours(tasks, gpus, chosen.cores),
        "## Predicted and measured",
        _comparison(frame),
        "## Data sets",
        _table(
            ["data set", "images", "training", "validation", "test", "known"],
            [
                [
                    name,
                    *(f"{n:,}" for n in (size.images, size.train, size.validation, size.test)),
                    size.origin,
                ]
                for name, size in sizes.items()
            ],
            words=(0, 5),
        ),
        "## What is assumed",
        _assumptions(pilot, chosen),
    ]
    return "\n\n".join(parts) + "\n"


def _tasks(jobs: Sequence[Job], pilot: Pilot, chosen: EstimateSettings) -> list[Task]:
    costs = [price(job.work, pilot) for job in jobs]
    return [
        Task(cost.seconds + chosen.job_seconds, cost.gpu, tuple(job.needs), job.priority, cost.slots)
        for job, cost in zip(jobs, costs, strict=True)
    ]


def _summary(frame: pd.DataFrame, tasks: Sequence[Task], pilot: Pilot, gpus: int, cores: int) -> str:
    machines = f"{gpus} GPUs and {cores} cores" if gpus else f"{cores} cores"
    hours, chain = makespan(tasks, gpus, cores) / 3600, max(critical_path(tasks), default=0.0) / 3600
    most = {name: _number(frame[name].max()) for name in ("memory_gib", "gpu_memory_gib", "scratch_gib")}
    gpu_hours = f"{_number(frame['gpu_hours'].sum())} GPU-hours and " if pilot.gpu else ""
    gpu_memory = f" and {most['gpu_memory_gib']} GiB of a GPU's" if pilot.gpu else ""
    sentences = [
        f"{frame['jobs'].sum():,} jobs, {gpu_hours}{_number(frame['core_hours'].sum())} core-hours: "
        f"**{_number(hours)} hours on {machines}**.",
        f"The longest chain of jobs takes {_number(chain)} hours: more machines do not shorten that.",
        f"The largest job holds {most['memory_gib']} GiB of memory{gpu_memory}.",
        f"The results take {_number(frame['disk_gib'].sum())} GiB of disk, a running job up to "
        f"{most['scratch_gib']} GiB besides.",
    ]
    return "\n".join(sentences)


def _by_kind_table(frame: pd.DataFrame) -> str:
    names = {
        "gpu_hours": "GPU-hours",
        "core_hours": "core-hours",
        "memory_gib": "memory GiB",
        "gpu_memory_gib": "GPU GiB",
        "disk_gib": "disk GiB",
        "scratch_gib": "scratch GiB",
        "median_s": "median s",
        "longest_s": "longest s",
    }
    rows = [
        [row["kind"], f"{row['jobs']:,}", *(_number(row[name]) for name in names)]
        for row in frame.to_dict("records")
    ]
    return _table(["job", "jobs", *names.values()], rows)


def _hours(tasks: Sequence[Task], gpus: int, cores: int) -> str:
    """Return the hours by the number of GPUs, or of cores where none are counted on."""
    counts = sorted({*_COUNTS, gpus or cores})
    hours = [makespan(tasks, count, cores) if gpus else makespan(tasks, 0, count) for count in counts]
    rows = [[str(count), _number(each / 3600)] for count, each in zip(counts, hours, strict=True)]
    return _table(["GPUs" if gpus else "cores", "hours"], rows)


def _comparison(frame: pd.DataFrame) -> str:
    ran = frame[frame["ran"] > 0]
    if ran.empty:
        return "No job of this configuration has run here, so there is nothing to compare with."
    everything = {"kind": "all", **ran[["ran", "predicted_s", "measured_s"]].sum()}
    rows = [
        [
            row["kind"],
            f"{row['ran']:,.0f}",
            _number(row["predicted_s"]),
            _number(row["measured_s"]),
            _number(row["measured_s"] / row["predicted_s"]),
        ]
        for row in [*ran.to_dict("records"), everything]
    ]
    return _table(["job", "ran", "predicted s", "measured s", "measured / predicted"], rows)


def _assumptions(pilot: Pilot, chosen: EstimateSettings) -> str:
    lines = [
        f"Networks: a few steps of each, on random samples of its batches, on {pilot.device}. "
        + ("" if pilot.gpu else "The pilot saw no GPU: run the rule `pilot` where there is one. ")
        + "The loss is a plain one; reading faces from the disk is not measured.",
        "All jobs are counted as if none had been done. Training takes all its epochs, though patience may "
        "end it earlier. Every face is taken to be detected.",
        "Jobs without a network: seconds an image or a prediction, measured once on a core of a Xeon "
        "processor.",
        f"A cluster adds {chosen.job_seconds:g} seconds to each job (`estimate.job_seconds`), and no other "
        "jobs wait in its queue.",
        "Several processes of a job share its batches perfectly and need no time for what they exchange.",
        "A head on attributes has 40 outputs, as on CelebA; an encoder whose file is a program computes what "
        "a ResNet-50 does; P-CNN starts from the encoder with the largest input.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _number(value: float) -> str:
    """Return a number with the digits that an estimate deserves: about two."""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = (0,)) -> str:
    """Return a Markdown table that is aligned as plain text too: words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        aligned = [
            cell.ljust(width) if column in words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(aligned)} |"

    rule = [
        "-" * width if column in words else "-" * (width - 1) + ":" for column, width in enumerate(widths)
    ]
    return "\n".join([line(header), line(rule), *map(line, rows)])
