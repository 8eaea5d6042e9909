"""How long each approach trains (Figure 3): on the unlabelled faces once, and on every target.

Seconds come from the records' ``timings["train"]``: of one seed in records of fusion and students,
of all seeds together in those of transfer and selection, where ``train/<approach>`` tells the
approaches of one record apart. Training of the source encoders is left out, as in the paper: they are
given.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from engram.core.errors import RecordError
from engram.core.records import Record, read_record
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.plan import CHOSEN, METHODS, GeneralTask

__all__ = ["times_table"]

#: What each approach needs from the unlabelled faces: operators, then students.
_UNLABELLED: dict[str, tuple[list[str], list[str]]] = {
    "pca": (["pca"], []),
    "h_g": (["ae"], []),
    "h_mt": ([], ["mt"]),
    "h_mt_tuned": ([], ["mt"]),
    "h_unique": (["ae"], ["unique"]),
    "h_unique_tuned": (["ae"], ["unique"]),
    "h_unic": ([], ["unic"]),
    "h_unic_tuned": ([], ["unic"]),
}
_SHOWN = ("cnn", "p_cnn", "concat", "pca", *CHOSEN, *(name for name in _UNLABELLED if name != "pca"))


def times_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the training time of every approach, in seconds, the mean over seeds.

    Columns: approach, targets (their number), unsupervised (once, for all targets), target (all
    targets together), total, and total_twice (the extrapolation to twice as many targets: the first
    part stays, the second doubles).
    """
    rows = []
    for approach in _approaches(evidence):
        once = _unsupervised(evidence, approach)
        targets = sum(_on_target(evidence, item, approach) for item in evidence.targets)
        rows.append(
            {
                "approach": approach,
                "targets": len(evidence.targets),
                "unsupervised": once,
                "target": targets,
                "total": once + targets,
                "total_twice": once + 2 * targets,
            }
        )
    return pd.DataFrame(rows)


def _approaches(evidence: GeneralEvidence) -> list[str]:
    """Return the approaches that this run has, in the order of tables."""
    left_out = {f"h_{kind}" for kind in ("mt", "unic")} - {f"h_{kind}" for kind in evidence.general.students}
    return [name for name in METHODS if name in _SHOWN and name.removesuffix("_tuned") not in left_out]


def _unsupervised(evidence: GeneralEvidence, approach: str) -> float:
    fitted, students = _UNLABELLED.get(approach, ([], []))
    layout = evidence.layout
    return sum(
        _mean_over_seeds(evidence, lambda seed, name=name: layout.fusion(name, seed)) for name in fitted
    ) + sum(
        _mean_over_seeds(evidence, lambda seed, kind=kind: layout.student(kind, seed)) for kind in students
    )


def _mean_over_seeds(evidence: GeneralEvidence, folder: Callable) -> float:
    seeds = evidence.settings.seeds
    return sum(_seconds(folder(seed) / "record.json", "train") for seed in seeds) / len(seeds)


def _on_target(evidence: GeneralEvidence, item: GeneralTask, approach: str) -> float:
    """Return the seconds that one seed of an approach trains on a target."""
    layout = evidence.layout
    if approach in CHOSEN:
        seconds = _seconds(layout.selection(item.name) / "record.json", f"train/{approach}")
    elif approach in ("cnn", "p_cnn") or approach.endswith("_tuned"):
        seconds = _seconds(layout.transfer(item.name, approach) / "record.json", "train")
    else:
        seconds = _seconds(layout.transfer(item.name, "frozen") / "record.json", f"train/{approach}")
    return seconds / len(evidence.settings.seeds)


def _seconds(path, key: str) -> float:
    record: Record = read_record(path)
    if key not in record.timings:
        raise RecordError(
            f"{path}: its timings lack '{key}', the training time. Delete its folder and run snakemake again."
        )
    return record.timings[key]
