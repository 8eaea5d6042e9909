"""Fairness: what the fine-tuned student reaches for each group of people, on every target knowledge."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from engram.core.labels import CLASSES
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.metrics import metric_of
from engram.studies.general.plan import GeneralTask

__all__ = ["ATTRIBUTES", "STUDENT", "groups_table"]

#: The approach whose groups are shown.
STUDENT = "h_unique_tuned"
#: The columns that group people, as far as a data set has them.
ATTRIBUTES = ("gender", "age_group", "skin_tone", "ethnicity")

_COLUMNS = [
    *["knowledge", "dataset", "task", "metric", "approach", "attribute", "group", "seeds", "n", "persons"],
    *["value", "low", "high"],
]


def groups_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the fine-tuned student's metric for each group of people in each target's test faces.

    Columns: knowledge, dataset, task, metric, approach, attribute (what groups them), group, seeds, n
    (faces), persons, value, low, high (each group's own interval, in the metric's unit). Pairs have no
    group of their own and are left out, as are data sets that say nothing of their people.
    """
    rows = [row for item in evidence.targets if item.protocol != "pairs" for row in _rows(evidence, item)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _rows(evidence: GeneralEvidence, item: GeneralTask) -> Iterator[dict]:
    found, index = evidence.outcomes[item.name], evidence.index(item.dataset)
    values = found.values[[found.approaches.index(STUDENT)]]
    for attribute in ATTRIBUTES:
        if attribute not in index:
            continue
        labels = index[attribute].to_numpy(object)[found.rows]
        for group in CLASSES[attribute]:
            mine = np.flatnonzero(labels == group)
            if not len(mine):
                continue
            stream = f"{item.dataset}/{attribute}/{group}"
            estimate = evidence.bootstrap([STUDENT], values[..., mine], found.subjects[mine], stream).of(
                STUDENT
            )
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
