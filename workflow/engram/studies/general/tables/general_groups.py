"""Groups of subjects (gender, age, skin tone or group, as far as the data sets tell) under the teacher, the
network from random weights and the fine-tuned student, side by side, with the gaps between groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import numpy as np
import pandas as pd

from engram.core.labels import CLASSES
from engram.reporting.tables import Cell, Table, View, bracketed
from engram.statistics.crossed import MIN_SUBJECTS, Effect, Estimate
from engram.statistics.intervals import Scores
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import words_of
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.evidence.notes import interval_note, metric_note, stand_in_notes
from engram.studies.general.methods import MAIN_STUDENT
from engram.studies.general.tables._results import EMPTY, value_cell
from engram.studies.general.task_plan import GeneralTask

__all__ = ["ATTRIBUTES", "COMPARED", "STUDENT", "TABLE", "TEACHER", "groups_frame"]

#: The methods that are compared: the teacher, the network from random weights, the student.
TEACHER, STUDENT = "h_g", MAIN_STUDENT.finetuned
COMPARED = (TEACHER, "cnn", STUDENT)
#: The columns that group subjects, as far as a data set has them.
ATTRIBUTES = ("gender", "age_group", "skin_tone", "ethnicity")

_COLUMNS = [
    *["task", "dataset", "label", "metric", "method", "attribute", "group", "seeds", "n", "subjects"],
    *["value", "low", "high", "gap", "gap_low", "gap_high", "change", "change_low", "change_high"],
]


def groups_frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return each method's metric for each group of subjects in each target's test faces.

    Columns: task (its name), dataset, label (what is predicted), metric, method (of `COMPARED`),
    attribute (what groups them), group, seeds, n (faces), subjects, value, low, high (the group's own, in the
    metric's unit), gap (by how much the group is served better than the other groups together, in the
    metric's unit: negative is worse) and change (the gap minus the teacher's), both with their ends. A gap
    has no interval where the group or the others have fewer than five subjects. Pairs have no group of
    their own and are left out, as are data sets without a label of `ATTRIBUTES`.
    """
    rows = [row for item in evidence.targets if item.protocol != "pairs" for row in _rows(evidence, item)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _rows(evidence: GeneralEvidence, item: GeneralTask) -> Iterator[dict]:
    found, index = evidence.outcomes[item.name], evidence.index(item.dataset)
    confidence, better = evidence.params.evidence.confidence, metric_of(item).better
    for attribute in ATTRIBUTES:
        if attribute not in index:
            continue
        labels = index[attribute].to_numpy(object)[found.rows]
        known = np.isin(labels.astype(str), CLASSES[attribute])
        for group in CLASSES[attribute]:
            mine = labels == group
            if not mine.any():
                continue
            scores, others = (_scores(evidence, item, rows) for rows in (mine, known & ~mine))
            assert scores is not None  # some faces are of this group
            enough = min(len(np.unique(found.subjects[rows])) for rows in (mine, known & ~mine))
            gaps = {
                name: (scores.effect(name) - others.effect(name)) * better
                for name in COMPARED
                if others is not None
            }
            for name in COMPARED:
                value = scores.of(name)
                gap = _estimate(gaps.get(name), confidence, enough)
                change = gaps[name] - gaps[TEACHER] if gaps and name != TEACHER else None
                changed = _estimate(change, confidence, enough)
                yield {
                    "task": item.name,
                    "dataset": item.dataset,
                    "label": item.task,
                    "metric": metric_of(item).name,
                    "method": name,
                    "attribute": attribute,
                    "group": group,
                    "seeds": found.values.shape[1],
                    "n": int(mine.sum()),
                    "subjects": len(np.unique(found.subjects[mine])),
                    **dict(zip(("value", "low", "high"), (value.value, value.low, value.high), strict=True)),
                    **dict(zip(("gap", "gap_low", "gap_high"), (gap.value, gap.low, gap.high), strict=True)),
                    "change": changed.value,
                    "change_low": changed.low,
                    "change_high": changed.high,
                }


def _scores(evidence: GeneralEvidence, item: GeneralTask, rows: np.ndarray) -> Scores | None:
    """Return the scores of the compared methods on some test faces, or nothing if there are none."""
    if not rows.any():
        return None
    found = evidence.outcomes[item.name]
    values = found.values[[found.methods.index(name) for name in COMPARED]]
    bounds = metric_of(item).bounds
    return evidence.mean_scores(COMPARED, values[..., rows], found.subjects[rows], item.dataset, bounds)


def _estimate(effect: Effect | None, confidence: float, subjects: int) -> Estimate:
    """Return an effect's value, with its interval if both sides have enough subjects."""
    if effect is None:
        return Estimate(nan)
    return effect.interval(confidence) if subjects >= MIN_SUBJECTS else Estimate(effect.value)


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    items = {item.name: item for item in evidence.targets}
    rows, last = [], (None, None)
    for key, part in frame.groupby(["task", "attribute", "group"], sort=False):
        item, metric = items[key[0]], metric_of(items[key[0]])
        lines = {line.method: line for line in part.itertuples(index=False)}
        first = lines[TEACHER]
        rows.append(
            [
                Cell(item.title if key[0] != last[0] else ""),
                Cell(words_of(key[1]) if key[:2] != last else ""),
                Cell(words_of(key[2])),
                Cell(f"{first.n:,} ({first.subjects:,})"),
                *(value_cell(lines[name], nan, metric) for name in COMPARED),
                *(_gap_cell(lines[name], "gap", metric.digits) for name in COMPARED),
                _gap_cell(lines[STUDENT], "change", metric.digits),
            ]
        )
        last = key[:2]
    notes = [
        "Gap: by how much a group is served better (+) or worse (−) than the other groups together. The last "
        "column: the student's gap minus the teacher's, paired by subject and seed. A group of few subjects "
        "says little; a gap has no interval where the group or the others have fewer than five.",
        *([metric_note(frame)] if len(frame) else []),
        interval_note(evidence),
        *stand_in_notes(evidence),
    ]
    names = ["teacher, h_G", "CNN", "fine-tuned student"]
    heads = [
        *["task", "by", "group", "test faces (subjects)", *names],
        *[f"gap: {name}" for name in ("h_G", "CNN", "student")],
        "gap: student − h_G",
    ]
    return View(
        "Groups of subjects under the teacher, the network from random weights and the student.",
        [(head,) for head in heads],
        rows,
        text_columns=3,
        notes=notes,
        wide=True,
        stacked=True,
    )


def _gap_cell(line: object, name: str, digits: int) -> Cell:
    value, low, high = (getattr(line, f"{name}{end}") for end in ("", "_low", "_high"))
    if pd.isna(value):
        return EMPTY

    def write(number: float) -> str:
        return f"{number:+.{digits}f}".replace("-", "−")

    return Cell(write(value), interval=bracketed(low, high, write))


TABLE = Table(groups_frame, _view, keys=("task", "method", "attribute", "group"))
