"""F1 of every strategy on target and source of each transfer, with intervals; printed figures stand beside
it where the texts are those of the papers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from engram.reporting.cells import EMPTY, by_strategy, value_cell
from engram.reporting.tables import Table, View
from engram.statistics.intervals import ratio_scores
from engram.statistics.span_predictions import MEASURES, SpanPredictions
from engram.statistics.spans import counts_by_type, macro_f1_of
from engram.studies.entities.collect import Evidence, span_pairs
from engram.studies.entities.notes import score_notes
from engram.studies.entities.printed import printed_f1
from engram.studies.entities.tables._cells import TRIAL, arrow, of_trial
from engram.studies.lineage.trials import Trial

__all__ = ["TABLE", "transfer_table"]

_RATIOS = ("precision", "recall", "macro_f1")


def transfer_table(evidence: Evidence) -> pd.DataFrame:
    """Return the score of every trial's model on its target and its source.

    Columns: source, target, evaluated_on, strategy, fraction, measure, seeds, n (test sentences), documents,
    score, low, high, precision, recall, macro_f1 (percent, means over seeds; the last three of entities
    alone) and published (percent; missing where no figure is printed). A model that was never trained on the
    source, or has no head for it, has no row for it.
    """
    ratios = {name: dict(_ratios(evidence, name)) for name in evidence.datasets}
    rows = [
        _row(evidence, trial, role, ratios)
        for trial in evidence.trials
        for role in trial.roles
        if str(trial.lineage) in evidence.scores[getattr(trial, role)]
    ]
    return pd.DataFrame(rows)


def _row(evidence: Evidence, trial: Trial, role: str, ratios: dict[str, dict]) -> dict[str, Any]:
    name, model = getattr(trial, role), str(trial.lineage)
    predictions, text = evidence.predictions(name), evidence.settings.texts[name]
    found = evidence.scores[name].of(model)
    whole = role == "target" and trial.fraction == 100
    return {
        **of_trial(trial),
        "evaluated_on": role,
        "measure": MEASURES[text.kind],
        "seeds": len(evidence.seeds),
        "n": len(predictions.rows) if predictions else 0,
        "documents": found.n_subjects,
        "score": found.value,
        "low": found.low,
        "high": found.high,
        **ratios[name].get(model, dict.fromkeys(_RATIOS, np.nan)),
        "published": printed_f1(trial.strategy, text.published) if whole else np.nan,
    }


def _ratios(evidence: Evidence, name: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each model's precision, recall and macro-F1 on a text of entities, in percent."""
    if "f1" not in evidence.answers[name]:
        return
    found = evidence.spans(name)
    kinds = {
        "recall": (found.right, found.truth, found.truth),
        "precision": (found.right, found.answered, found.answered),
    }
    for place, model in enumerate(found.models):
        values = {"macro_f1": _macro_f1(found, model)}
        for kind, counts in kinds.items():
            mine = [counted[place : place + 1] for counted in counts]
            empty = not mine[2].sum(axis=2).all()
            values[kind] = (
                np.nan if empty else ratio_scores([model], *mine, found.documents, name).of(model).value
            )
        yield model, {kind: values[kind] for kind in _RATIOS}


def _macro_f1(found: SpanPredictions, model: str) -> float:
    by_seed = [
        macro_f1_of(counts_by_type(span_pairs(found, model, seed))) for seed in range(len(found.seeds))
    ]
    return 100 * float(np.mean(by_seed))


def _transfer_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Strategies and fractions down, transfers across: the target, and the source where it is scored."""
    keys = ["source", "target", "evaluated_on"]
    columns = list(frame[keys].drop_duplicates().itertuples(index=False, name=None))
    best = frame.groupby(keys, sort=False)["score"].max()
    cells = {
        (row.source, row.target, row.evaluated_on, row.strategy, row.fraction): value_cell(
            row.score, row.low, row.high, best[row.source, row.target, row.evaluated_on], row.published
        )
        for row in frame.itertuples(index=False)
    }
    return View(
        caption="Transfer: F1 in percent on the test subsets of target and source.",
        header=[("", "strategy"), ("", "target data")]
        + [(arrow(source, target, evidence), role) for source, target, role in columns],
        rows=by_strategy(frame, lambda *trial: [cells.get((*column, *trial), EMPTY) for column in columns]),
        text_columns=2,
        notes=[
            *score_notes(evidence, bool(frame["published"].notna().any())),
            "Precision, recall and macro-F1 over types are in the CSV file.",
        ],
        wide=True,
        stacked=True,
    )


TABLE = Table(transfer_table, _transfer_view, keys=(*TRIAL, "evaluated_on"))
