"""The exported student's model card, after Mitchell et al. (2019), filled from records and tables."""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engram.config import Settings
from engram.core.errors import DataMissingError
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.reading import read_csv
from engram.core.records import Record, read_record
from engram.export.preprocessing import Preprocessing
from engram.studies.general.metrics import metric_of
from engram.studies.general.plan import GeneralTask, general_tasks

__all__ = ["student_card"]

_TEMPLATE = "student_card.md.j2"
#: The student's own columns of the table of transfers, and how a card names them.
_APPROACHES = {"h_unique": "frozen, with a head", "h_unique_tuned": "fine-tuned"}


def student_card(
    settings: Settings,
    layout: Layout,
    record: Record,
    preprocessing: Preprocessing,
    parameters: int,
    check: dict[str, Any],
) -> str:
    """Return the card as Markdown.

    Parameters
    ----------
    record
        Of the student's training.
    preprocessing
        What is done to an image.
    parameters
        How many the student has.
    check
        As `check.json` holds it.
    """
    # A value that is missing is an error, never an empty place in a card.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = lambda value: f"{value:g}"
    general = settings.general
    return environment.get_template(_TEMPLATE).render(
        package=metadata("engram"),
        settings=settings,
        general=general,
        record=record,
        preprocessing=preprocessing,
        parameters=parameters,
        check=check,
        data=settings.datasets[general.unsupervised],
        faces=read_record(layout.faces_record(general.unsupervised, GENERAL_CROP)),
        encoders=[_encoder(name, settings) for name in general.encoders],
        approaches=_APPROACHES,
        results=_results(settings, layout),
        drawn=settings.datasets[general.unsupervised].drawn is not None,
    )


def _encoder(name: str, settings: Settings) -> dict[str, Any]:
    encoder = settings.general.encoders[name]
    origin = "imported" if encoder.imported else settings.datasets[encoder.dataset].title
    return {"name": name, "task": encoder.task, "embedding": encoder.embedding, "origin": origin}


def _results(settings: Settings, layout: Layout) -> list[dict[str, Any]]:
    """Return a row a target that the table of transfers has; none where there is no such table."""
    path = layout.tables / "general_transfer.csv"
    if not path.is_file():
        return []
    columns = ["knowledge", "approach", "value", "low", "high", "n"]
    table = read_csv(path, DataMissingError, columns).set_index(["knowledge", "approach"])
    targets = [item for item in general_tasks(settings.general) if item.role == "target"]
    return [_result(item, table.loc[item.name], settings) for item in targets]


def _result(item: GeneralTask, rows: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    metric = metric_of(item)
    found = [rows.loc[approach] for approach in _APPROACHES]
    parts = [[f"{row[name]:.{metric.digits}f}" for name in ("value", "low", "high")] for row in found]
    return {
        "title": item.title,
        "data": settings.datasets[item.dataset].title,
        "n": int(found[0]["n"]),
        "metric": f"{metric.name}, {metric.unit}" if metric.unit else metric.name,
        "values": [f"{value} ({low} to {high})" for value, low, high in parts],
    }
