"""The exported student's model card, after Mitchell et al. (2019), filled from records and tables."""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from engram.core.errors import DataMissingError
from engram.core.reading import read_csv
from engram.core.records import Record, read_record
from engram.export.jobs import ExportedTask, ExportParams
from engram.export.preprocessing import Preprocessing
from engram.reporting.cards import render_card
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.methods import MAIN_STUDENT

__all__ = ["student_card"]

_TEMPLATE = Path(__file__).with_name("student_card.md.j2")
#: The student's own methods in the table of transfers, and how a card names them.
_METHODS = {MAIN_STUDENT.representation: "frozen, with a head", MAIN_STUDENT.finetuned: "fine-tuned"}


def student_card(
    inputs: NamedFiles,
    params: ExportParams,
    record: Record,
    preprocessing: Preprocessing,
    parameters: int,
    check: dict[str, Any],
) -> str:
    """Return the card as Markdown.

    Parameters
    ----------
    inputs
        ``detection`` and ``transfer`` of `engram.export.jobs.export_spec`.
    record
        Of the student's training.
    preprocessing
        What is done to an image.
    parameters
        Number of weights of the student.
    check
        As `check.json` holds it.
    """
    return render_card(
        _TEMPLATE,
        package=metadata("engram"),
        params=params,
        record=record,
        preprocessing=preprocessing,
        parameters=parameters,
        check=check,
        faces=[read_record(path) for path in inputs.detection],
        methods=_METHODS,
        results=_results(Path(inputs.transfer[0]), params),
    )


def _results(path: Path, params: ExportParams) -> list[dict[str, Any]]:
    """Return a row a target of the table of transfers."""
    columns = ["task", "method", "value", "low", "high", "n"]
    table = read_csv(path, DataMissingError, columns).set_index(["task", "method"])
    return [_result(task, table.loc[task.name]) for task in params.tasks]


def _result(task: ExportedTask, rows: pd.DataFrame) -> dict[str, Any]:
    found = [rows.loc[method] for method in _METHODS]
    values = [_with_interval(row, task.digits) for row in found]
    return {"task": task, "n": int(found[0]["n"]), "values": values}


def _with_interval(row: pd.Series, digits: int) -> str:
    value, low, high = (f"{row[name]:.{digits}f}" for name in ("value", "low", "high"))
    return value if pd.isna(row["low"]) else f"{value} ({low} to {high})"
