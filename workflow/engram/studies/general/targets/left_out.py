"""What is written of a task that cannot be solved: files without predictions, and records that say why."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.core.files import atomic_path, write_json
from engram.core.records import Record, write_record
from engram.studies.general.jobs.task_steps import SearchStep, Step
from engram.studies.general.methods import SELECTED
from engram.studies.general.targets.left_out_words import LEFT_OUT
from engram.studies.general.targets.task_job import TaskJob

__all__ = ["leave_out"]

_PREDICTIONS = {
    "method": str,
    "seed": "int64",
    "row": "int64",
    "subject": str,
    "detected": bool,
    "fold": "int64",
}
_SCORES = {
    "selector": str,
    "subset": str,
    "size": "int64",
    "validation": float,
    "test": float,
    "seconds": float,
}


def leave_out(job: TaskJob, step: Step, reason: str, code: str) -> None:
    """Write a step's files without any result, and the reason into their records."""
    if isinstance(step, SearchStep):
        scores, predictions, choice, record = map(Path, job.outputs.search)
        _write_empty(scores, {**_SCORES, "seed": "int64"})
        write_json(choice, dict.fromkeys([*SELECTED, "p_cnn"]) | {LEFT_OUT: reason})
        _finish(
            predictions, record, job.record(job.task.name, {LEFT_OUT: reason}, [], code, kind="selection")
        )
        return
    files = list(map(Path, getattr(job.outputs, step.step)))
    names = ["frozen"] if step.step == "probe" else list(step.methods)
    for name, predictions, record in zip(names, files[::2], files[1::2], strict=True):
        _finish(predictions, record, job.record(f"{job.task.name}/{name}", {LEFT_OUT: reason}, [], code))


def _finish(predictions: Path, path: Path, record: Record) -> None:
    _write_empty(predictions, _PREDICTIONS)
    write_record(path, record)


def _write_empty(path: Path, types: dict) -> None:
    frame = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False)
