"""How long each method takes (Figure 3): on the unlabelled faces once, and on every target task.

Seconds of training come from the records' ``timings["train"]``: of one seed in records of fusion and
students, of all seeds together in those of probes, networks and the subset search, where
``train/<method>`` tells the methods of one record apart. What a choice takes counts for the method that
needs it: BT and BCT, and P-CNN, which starts from the best single encoder. So does embedding the faces by
all source encoders: those of D_unsup once for operators and students, those of the targets for every
method that reads source embeddings there. Training of the source encoders is left out, as in the paper:
they are given.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.core.errors import RecordError
from engram.core.records import Record, read_record
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.jobs.report import SEARCH
from engram.studies.general.methods import Method
from engram.studies.general.plan import target_methods
from engram.studies.general.task_plan import GeneralTask

__all__ = ["times_table"]


def times_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the time of every method, in seconds, the mean over seeds.

    Columns: method, targets (their number), unsupervised (once, for all targets), target (all
    targets together), extraction (what of both is embedding faces by the source encoders), total,
    total_twice (the extrapolation to twice as many targets: the first part stays, the second doubles),
    and growth (their ratio; missing where nothing takes time).
    """
    rows = []
    for method in target_methods(evidence.general):
        extracted = _extraction(evidence, method)
        once = _unsupervised(evidence, method) + extracted[0]
        targets = sum(_on_target(evidence, item, method) for item in evidence.targets) + extracted[1]
        rows.append(
            {
                "method": method.name,
                "targets": len(evidence.targets),
                "unsupervised": once,
                "target": targets,
                "extraction": sum(extracted),
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


def _extraction(evidence: GeneralEvidence, method: Method) -> tuple[float, float]:
    """Return the seconds of embedding D_unsup, and the targets' data sets, by all source encoders."""
    seconds = evidence.extraction_seconds
    datasets = {name for item in evidence.targets for name in (item.dataset, item.learnt_on)}
    learnt = bool(method.operators) or method.student is not None
    read = method.reads in ("embeddings", "encoder") or (
        method.reads == "representation" and not method.student
    )
    return (
        sum(seconds[name] for name in evidence.general.unsupervised) if learnt else 0.0,
        sum(seconds[name] for name in sorted(datasets)) if read else 0.0,
    )


def _on_target(evidence: GeneralEvidence, item: GeneralTask, method: Method) -> float:
    """Return the seconds that one seed of a method chooses and trains on a target."""
    job, key = {
        "search": (SEARCH, f"train/{method.name}"),
        "finetune": (method.name, "train"),
        "probe": ("frozen", f"train/{method.name}"),
    }[method.step]
    seconds = _seconds(evidence.task_records[item.name, job], key)
    if method.name == "p_cnn":
        # It starts from the encoder that BT's search finds.
        seconds += _seconds(evidence.task_records[item.name, SEARCH], "train/bt")
    return seconds / len(evidence.params.seeds)


def _seconds(path: Path, key: str) -> float:
    record: Record = read_record(path)
    if key not in record.timings:
        raise RecordError(
            f"{path}: its timings lack '{key}', the training time. Delete its folder and run snakemake again."
        )
    return record.timings[key]
