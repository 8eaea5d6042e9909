"""The tables of the general study, as data frames: one observation a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from engram.reporting.tables import write_table
from engram.studies.general.collect import AVERAGE, GeneralEvidence
from engram.studies.general.methods import HEADINGS
from engram.studies.general.metrics import metric_of
from engram.studies.general.plan import GeneralTask
from engram.studies.general.printed import read_printed
from engram.studies.general.tables.facts import detection_table, knowledge_table
from engram.studies.general.tables.groups import groups_table
from engram.studies.general.tables.headings import OPERATORS, RECONSTRUCTION, SOURCE, TRANSFER, recorded_name
from engram.studies.general.tables.selection import selection_table
from engram.studies.general.tables.views import VIEWS
from engram.studies.general.tables.views_facts import FACT_VIEWS

__all__ = [
    "TABLES",
    "operators_table",
    "reconstruction_table",
    "source_table",
    "transfer_table",
    "write_general_table",
]


def write_general_table(name: str, evidence: GeneralEvidence, stem: str | Path) -> None:
    """Write one of `TABLES` to ``stem.csv``, ``stem.md``, ``stem.html`` and ``stem.tex``."""
    frame = TABLES[name](evidence)
    lay_out = (VIEWS | FACT_VIEWS)[name]
    write_table(frame, stem, lay_out(frame, evidence))


def transfer_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return what each approach reaches on each target knowledge (Table 3).

    Columns: knowledge, dataset, task, metric, approach, seeds, n (test faces or pairs), persons
    (folds, for pairs), value, low, high (percent, or the task's unit for MAE; means over seeds) and
    published (missing where the knowledge is not the paper's own).
    """
    printed = read_printed("transfer").set_index(["knowledge", "representation"])["value"]
    return _long(evidence, evidence.targets, TRANSFER, lambda *place: printed.get(place), HEADINGS)


def operators_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return what each operator reaches on each target knowledge (Table 6); columns as `transfer_table`."""
    printed = read_printed("operators").set_index("knowledge").stack()
    return _long(evidence, evidence.targets, [*OPERATORS], lambda *place: printed.get(place), OPERATORS)


def source_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return what is left of each source encoder's own knowledge (Table 4); columns as `transfer_table`."""
    columns = [name for name in SOURCE.values() if name]
    printed = read_printed("source").set_index("knowledge")[columns].stack()
    return _long(evidence, evidence.sources, [*SOURCE], lambda *place: printed.get(place), SOURCE)


def reconstruction_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return how well each operator and student gives the source embeddings back (Table 5).

    Columns: encoder (the last is their average), task, operator, seeds, n (faces), persons, value,
    low, high (normalised RMSE: 1 is what the mean face would have) and published.
    """
    faces, persons = evidence.reconstructed
    rows = []
    for encoder, scores in evidence.reconstruction.items():
        settings = evidence.general.encoders.get(encoder)
        for operator in RECONSTRUCTION:
            name = recorded_name(operator)
            if name not in scores:
                continue
            estimate = scores.of(name)
            rows.append(
                {
                    "encoder": encoder,
                    "task": settings.task if settings else "",
                    "operator": operator,
                    "seeds": len(evidence.settings.seeds),
                    "n": faces,
                    "persons": persons,
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "published": _published_rmse(evidence, encoder, operator),
                }
            )
    return pd.DataFrame(rows)


#: Every table by its file's name, and what makes it.
TABLES = {
    "general_transfer": transfer_table,
    "general_source": source_table,
    "general_reconstruction": reconstruction_table,
    "general_operators": operators_table,
    "general_selection": selection_table,
    "general_groups": groups_table,
    "general_knowledge": knowledge_table,
    "general_detection": detection_table,
}


def _long(
    evidence: GeneralEvidence, items: Sequence[GeneralTask], approaches: Sequence[str], printed, headings
) -> pd.DataFrame:
    """Return one row a piece of knowledge and approach that this run has."""
    rows = []
    for item in items:
        found, scores = evidence.outcomes[item.name], evidence.scores[item.name]
        for approach in approaches:
            if approach not in scores:
                continue
            estimate, figure = scores.of(approach), printed(item.published, headings[approach])
            rows.append(
                {
                    "knowledge": item.name,
                    "dataset": item.dataset,
                    "task": item.task,
                    "metric": metric_of(item).name,
                    "approach": approach,
                    "seeds": len(evidence.settings.seeds),
                    "n": len(found.rows),
                    "persons": len(np.unique(found.subjects)),
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "published": float("nan") if figure is None else float(figure),
                }
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    *["knowledge", "dataset", "task", "metric", "approach", "seeds", "n", "persons"],
    *["value", "low", "high", "published"],
]


def _published_rmse(evidence: GeneralEvidence, encoder: str, operator: str) -> float:
    """Return the printed RMSE of an embedding, if every encoder is the published one."""
    table = read_printed("reconstruction").set_index("embedding")
    names = {name: settings.published for name, settings in evidence.general.encoders.items()}
    # A reconstruction is one of all embeddings together: with one other encoder no figure compares.
    kinds = {name: (words or "").partition("-")[0] for name, words in names.items()}
    kinds = {name: _EMBEDDINGS.get(kind) for name, kind in kinds.items()}
    column = RECONSTRUCTION[operator]
    if set(kinds.values()) != {*_EMBEDDINGS.values()} or column not in table:
        return float("nan")
    return float(table[column]["Average" if encoder == AVERAGE else kinds[encoder]])


#: How the published source knowledge begins, and its embedding's name in Table 5.
_EMBEDDINGS = {
    "Expr": "Expr",
    "Identity": "Identity",
    "Object": "Object",
    "AgeR": "Age",
    "Attrib": "Attrib",
    "Gender": "Gender",
}
