"""The three questions of the study, each answered with a figure and with numbers: what each strategy does to
accuracy on source and target, which is best on both, and whether transfer is useful at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from engram.reporting.cells import EMPTY, NONE, percent, points_cell
from engram.reporting.tables import Cell, Table, View
from engram.statistics.intervals import Estimate
from engram.studies.lineage.forgetting import forgetting
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import accuracy_notes
from engram.studies.memory.tables._answers import answers
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE", "questions_table"]

_KEYS = ["source", "target", "strategy", "fraction"]
_MEASURES = ("gain", "forgetting", "both", "both_over_baseline", "over_alone")


def questions_table(evidence: Evidence) -> pd.DataFrame:
    """Return what answers the questions, for every trial but the baseline's.

    Columns: source, target, strategy, fraction, seeds, n_source and n_target (test images), then, each with
    its ``_low`` and ``_high``: ``gain`` and ``forgetting`` (points; see `engram.studies.lineage.forgetting`),
    ``both`` (the mean of the accuracies on source and target, percent), ``both_over_baseline`` (that minus
    the baseline's, points) and ``over_alone`` (accuracy on the target minus that of a network trained on the
    target alone, at the same fraction, points). Missing where a model was never trained on the source, or
    where the configuration trains none on the target alone.
    """
    impact = forgetting(evidence).set_index(_KEYS)
    keys = [(trial, tuple(getattr(trial, name) for name in _KEYS)) for trial in evidence.trials]
    return pd.DataFrame(
        [_row(evidence, trial, impact.loc[key]) for trial, key in keys if key in impact.index]
    )


def _row(evidence: Evidence, trial: Trial, impact: pd.Series) -> dict[str, Any]:
    row = {name: getattr(trial, name) for name in _KEYS} | {"seeds": len(evidence.seeds)}
    for role in ("source", "target"):
        row[f"n_{role}"] = len(evidence.predictions[getattr(trial, role)].rows)
    row |= {f"{name}{end}": impact[f"{name}{end}"] for name in ("gain", "forgetting") for end in _ENDS}
    for name, estimate in _estimates(evidence, trial):
        row |= {f"{name}{end}": value for end, value in _ended(estimate)}
    return row


_ENDS = ("", "_low", "_high")


def _ended(estimate: Estimate) -> Iterator[tuple[str, float]]:
    return zip(_ENDS, (estimate.value, estimate.low, estimate.high), strict=True)


def _estimates(evidence: Evidence, trial: Trial) -> Iterator[tuple[str, Estimate]]:
    """Yield the mean of both sides, alone and against the baseline, and the lead over the target alone."""
    model, both = str(trial.lineage), evidence.both_sides[trial.source, trial.target]
    baseline = str(evidence.baseline(trial.source, trial.target).lineage)
    known = trial.learnt_source
    yield "both", both.of(model) if known else NONE
    yield "both_over_baseline", both.difference(model, baseline) if known else NONE
    alone = evidence.alone(trial)
    target = evidence.scores[trial.target]
    yield "over_alone", target.difference(model, str(alone.lineage)) if alone and known else NONE


def _questions_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Strategies down for each transfer, with the largest fraction of the target; questions across."""
    titles = dataset_titles(evidence)
    shown = frame[frame["fraction"] == frame["fraction"].max()]
    rows: list[list[Cell]] = []
    for (source, target), part in shown.groupby(["source", "target"], sort=False):
        best = part["both"].max()
        for place, line in enumerate(part.to_dict("records")):
            name = "" if place else f"{titles[source]} → {titles[target]}"
            rows.append([Cell(name), Cell(line["strategy"]), *_entries(line, best)])
    return View(
        f"The three questions, with {frame['fraction'].max()} % of the target's training subset.",
        [
            *[("", "transfer"), ("", "strategy")],
            *[("1. impact, points", "gain on the target"), ("1. impact, points", "forgetting of the source")],
            *[("2. both", "mean accuracy, %"), ("2. both", "over the baseline, points")],
            ("3. use of transfer", "over the target alone, points"),
        ],
        rows,
        text_columns=2,
        notes=[
            "Other fractions are in the CSV file.",
            *accuracy_notes(False, evidence, bold="the best mean of each transfer"),
        ],
        wide=True,
        sections=answers(frame, evidence),
        stacked=True,
    )


def _entries(line: dict[str, Any], best: float) -> list[Cell]:
    gain, lost, both, over, alone = (points_cell(line, name) for name in _MEASURES)
    if both is not EMPTY:
        both = both._replace(text=percent(line["both"]), bold=line["both"] == best)
    return [gain, lost, both, over, alone]


TABLE = Table(questions_table, _questions_view, keys=tuple(_KEYS))
