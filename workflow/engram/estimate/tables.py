"""A plan's tables: a row a rule, with what all its jobs take and how long one lasts."""

from __future__ import annotations

import pandas as pd

from engram.estimate.plan import Plan

__all__ = ["SHORT", "advice", "by_gpus", "by_rule", "data_table"]

#: A job shorter than this is mostly its own start: on a cluster it costs more than it does.
SHORT = 30.0
_GIB = 1024**3
#: Numbers of GPUs that a plan compares.
_GPUS = (1, 2, 4, 8, 16, 32)


def by_rule(plan: Plan) -> pd.DataFrame:
    """Return a row a kind of job, in the order in which they come.

    Columns: rule, jobs, gpu_hours, core_hours, memory_gib and gpu_memory_gib of the largest job,
    disk_gib of all, scratch_gib of the largest job, shortest, median, longest (planned seconds), short
    (jobs below `SHORT` seconds), measured (median seconds of those jobs that ran here) and
    measured_over_planned (of the same jobs, summed up; both empty where none did).
    """
    frame = pd.DataFrame(
        {
            "rule": [job.kind for job in plan.jobs],
            "seconds": [cost.seconds for cost in plan.costs],
            "hours": [cost.seconds * cost.slots / 3600 for cost in plan.costs],
            "gpu": [cost.gpu for cost in plan.costs],
            "memory": [cost.memory / _GIB for cost in plan.costs],
            "gpu_memory": [cost.gpu_memory / _GIB for cost in plan.costs],
            "disk": [cost.disk / _GIB for cost in plan.costs],
            "scratch": [cost.scratch / _GIB for cost in plan.costs],
            "took": plan.measured,
        }
    ).astype({"took": "float64"})
    frame = frame[frame["seconds"] > 0]
    rows = []
    for rule, part in frame.groupby("rule", sort=False):
        seconds, took = part["seconds"], part.dropna(subset=["took"])
        rows.append(
            {
                "rule": rule,
                "jobs": len(part),
                "gpu_hours": part.loc[part["gpu"], "hours"].sum(),
                "core_hours": part.loc[~part["gpu"], "hours"].sum(),
                "memory_gib": part["memory"].max(),
                "gpu_memory_gib": part["gpu_memory"].max(),
                "disk_gib": part["disk"].sum(),
                "scratch_gib": part["scratch"].max(),
                "shortest": seconds.min(),
                "median": seconds.median(),
                "longest": seconds.max(),
                "short": int((seconds < SHORT).sum()),
                "measured": took["took"].median(),
                "measured_over_planned": took["took"].sum() / took["seconds"].sum() if len(took) else None,
            }
        )
    return pd.DataFrame(rows)


def by_gpus(plan: Plan) -> pd.DataFrame:
    """Return the wall time in hours by the number of GPUs, the configured one among them.

    Without those that are too few for a job of several processes.
    """
    chosen = plan.settings.plan.gpus
    counts = sorted({chosen, *(count for count in _GPUS if count >= plan.slots)}) if chosen else [0]
    return pd.DataFrame({"gpus": counts, "hours": [plan.hours(count) for count in counts]})


def data_table(plan: Plan) -> pd.DataFrame:
    """Return every data set's numbers and how they are known."""
    return pd.DataFrame(
        [
            {
                "data set": name,
                "images": size.images,
                "training": size.train,
                "validation": size.validation,
                "test": size.test,
                "known": size.origin,
            }
            for name, size in plan.sizes.items()
        ]
    )


def advice(plan: Plan, rule: str) -> str:
    """Return the setting that makes fewer and longer jobs of a rule's short ones."""
    compute, seeds = plan.settings.compute, len(plan.settings.seeds)
    more_seeds = [f"`compute.seeds_per_job: {seeds}`"] if compute.seeds_per_job < seeds else []
    whole = ["`compute.job: family`"] if compute.job == "stage" else []
    settings = {
        "train_stage": [*whole, *more_seeds],
        "fit_operators": [*whole, *more_seeds],
        "transfer_frozen": whole,
        "transfer_trained": whole,
        "select_encoders": whole,
        "extract_embeddings": ["a smaller `datasets.NAME.shards`"]
        if any(plan.settings.datasets[name].shards > 1 for name in plan.sizes)
        else [],
    }
    if rule not in settings:
        return "no setting; with `here: 1` in the profile they run where snakemake does"
    return " and ".join(settings[rule]) or "nothing more: all seeds and stages share their jobs"
