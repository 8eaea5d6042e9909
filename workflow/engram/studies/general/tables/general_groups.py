"""The fine-tuned student for each group of subjects: gender, age and skin tone or group, as far as the
data sets tell.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from engram.core.labels import CLASSES
from engram.reporting.tables import Cell, Table, View
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.headings import words_of
from engram.studies.general.methods import MAIN_STUDENT
from engram.studies.general.metrics import metric_of
from engram.studies.general.notes import interval_note, metric_note, stand_in_notes
from engram.studies.general.plan import GeneralTask
from engram.studies.general.tables._results import value_cell

__all__ = ["ATTRIBUTES", "STUDENT", "TABLE", "groups_frame"]

#: The method whose groups are shown.
STUDENT = MAIN_STUDENT.finetuned
#: The columns that group subjects, as far as a data set has them.
ATTRIBUTES = ("gender", "age_group", "skin_tone", "ethnicity")

_COLUMNS = [
    *["knowledge", "dataset", "task", "metric", "approach", "attribute", "group", "seeds", "n", "persons"],
    *["value", "low", "high"],
]


def groups_frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the fine-tuned student's metric for each group of subjects in each target's test faces.

    Columns: knowledge (the task's name), dataset, task (the label), metric, approach (the method),
    attribute (what groups them), group, seeds, n (faces), persons, value, low, high (each group's own
    interval, in the metric's unit). Pairs have no group of their own and are left out, as are data sets
    without a label of `ATTRIBUTES`.
    """
    rows = [row for item in evidence.targets if item.protocol != "pairs" for row in _rows(evidence, item)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _rows(evidence: GeneralEvidence, item: GeneralTask) -> Iterator[dict]:
    found, index = evidence.outcomes[item.name], evidence.index(item.dataset)
    values = found.values[[found.methods.index(STUDENT)]]
    for attribute in ATTRIBUTES:
        if attribute not in index:
            continue
        labels = index[attribute].to_numpy(object)[found.rows]
        for group in CLASSES[attribute]:
            mine = np.flatnonzero(labels == group)
            if not len(mine):
                continue
            scores = evidence.mean_scores([STUDENT], values[..., mine], found.subjects[mine], item.dataset)
            estimate = scores.of(STUDENT)
            yield {
                "knowledge": item.name,
                "dataset": item.dataset,
                "task": item.task,
                "metric": metric_of(item).name,
                "approach": STUDENT,
                "attribute": attribute,
                "group": group,
                "seeds": values.shape[1],
                "n": len(mine),
                "persons": len(np.unique(found.subjects[mine])),
                "value": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
            }


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    items = {item.name: item for item in evidence.targets}
    rows, last = [], (None, None)
    for line in frame.itertuples(index=False):
        item, metric = items[line.knowledge], metric_of(items[line.knowledge])
        rows.append(
            [
                Cell(item.title if line.knowledge != last[0] else ""),
                Cell(words_of(line.attribute) if (line.knowledge, line.attribute) != last else ""),
                Cell(words_of(line.group)),
                Cell(f"{line.n:,} ({line.persons:,})"),
                value_cell(line, float("nan"), metric),
            ]
        )
        last = (line.knowledge, line.attribute)
    notes = [
        "Each group's own interval; two groups' intervals may overlap where their difference is beyond "
        "doubt, and the reverse. A group of few persons says little.",
        *([metric_note(frame)] if len(frame) else []),
        interval_note(evidence),
        *stand_in_notes(evidence),
    ]
    heads = ["knowledge", "by", "group", "test faces (persons)", "fine-tuned student"]
    return View(
        "The fine-tuned student for each group of people.",
        [(head,) for head in heads],
        rows,
        text_columns=3,
        notes=notes,
    )


TABLE = Table(groups_frame, _view, keys=("knowledge", "attribute", "group"))
