"""How long each method trains (Figure 3): on the unlabelled faces once, and on every target task.

Seconds come from the records' ``timings["train"]``: of one seed in records of fusion and students,
of all seeds together in those of probes, networks and the subset search, where ``train/<method>`` tells
the methods of one record apart. Training of the source encoders is left out, as in the paper: they are
given.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.core.errors import RecordError
from engram.core.records import Record, read_record
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.jobs.report import SEARCH
from engram.studies.general.methods import Method
from engram.studies.general.plan import GeneralTask, target_methods

__all__ = ["times_table"]


def times_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the training time of every method, in seconds, the mean over seeds.

    Columns: approach, targets (their number), unsupervised (once, for all targets), target (all
    targets together), total, total_twice (the extrapolation to twice as many targets: the first
    part stays, the second doubles), and growth (their ratio; missing where nothing is trained).
    """
    rows = []
    for method in target_methods(evidence.general):
        once = _unsupervised(evidence, method)
        targets = sum(_on_target(evidence, item, method) for item in evidence.targets)
        rows.append(
            {
                "approach": method.name,
                "targets": len(evidence.targets),
                "unsupervised": once,
                "target": targets,
                "total": once + targets,
                "total_twice": once + 2 * targets,
                "growth": (once + 2 * targets) / (once + targets) if once + targets else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def _unsupervised(evidence: GeneralEvidence, method: Method) -> float:
    seeds = evidence.params.seeds
    records = [[evidence.operator_records[name, seed] for seed in seeds] for name in method.operators]
    if method.student is not None:
        records.append([evidence.student_records[method.student.kind, seed] for seed in seeds])
    return sum(sum(_seconds(path, "train") for path in paths) / len(seeds) for paths in records)


def _on_target(evidence: GeneralEvidence, item: GeneralTask, method: Method) -> float:
    """Return the seconds that one seed of a method trains on a target."""
    job, key = {
        "search": (SEARCH, f"train/{method.name}"),
        "finetune": (method.name, "train"),
        "probe": ("frozen", f"train/{method.name}"),
    }[method.step]
    return _seconds(evidence.task_records[item.name, job], key) / len(evidence.params.seeds)


def _seconds(path: Path, key: str) -> float:
    record: Record = read_record(path)
    if key not in record.timings:
        raise RecordError(
            f"{path}: its timings lack '{key}', the training time. Delete its folder and run snakemake again."
        )
    return record.timings[key]
