"""What every subset search names, records and writes alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engram.core.files import atomic_path, write_json
from engram.core.records import Record, write_record
from engram.studies.general.jobs.task_steps import SearchStep
from engram.studies.general.methods import SELECTED
from engram.studies.general.selection.candidates import SAMPLED, Subset
from engram.studies.general.selection.rows import PENALTIES
from engram.studies.general.targets.task_job import TaskJob, write_predictions

__all__ = ["best_of", "search_record", "subset_names", "write_search"]

_COLUMNS = ["selector", "subset", "size", "validation", "test", "seconds", "seed"]


def subset_names(encoders: Sequence[str], subsets: Sequence[Subset]) -> list[str]:
    """Return the name of each subset, such as ``age+gender``."""
    return ["+".join(encoders[member] for member in members) for members in subsets]


def best_of(validation: np.ndarray, encoders: int) -> dict[str, int]:
    """Return the positions of the best single embedding and of the best subset; of equals the smaller."""
    return dict(zip(SELECTED, (int(validation[:encoders].argmax()), int(validation.argmax())), strict=True))


def search_record(job: TaskJob, step: SearchStep, code: str) -> Record:
    """Return the record of a search, still without timings and metrics."""
    settings = {
        "head": step.head.model_dump(mode="json"),
        "encoders": list(step.encoders),
        "top": step.top,
        "penalties": list(PENALTIES),
        "sampled": SAMPLED,
    }
    return job.record(job.task.name, settings, job.inputs.embeddings, code, kind="selection")


def write_search(
    job: TaskJob,
    scores: pd.DataFrame,
    predictions: list[pd.DataFrame],
    choice: dict[str, Any],
    record: Record,
) -> None:
    """Write ``scores.parquet``, ``predictions.parquet``, ``choice.json`` and ``record.json``."""
    table, predicted, chosen, recorded = job.outputs.search
    with atomic_path(table) as temporary:
        scores[_COLUMNS].to_parquet(temporary, index=False)
    write_predictions(predicted, predictions)
    write_json(chosen, choice)
    write_record(recorded, record)
