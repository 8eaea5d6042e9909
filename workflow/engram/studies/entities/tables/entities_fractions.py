"""F1 on the target with fractions of its training subset, and the gain over a model of the target alone at
the same fraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from engram.reporting.cells import EMPTY, NONE, by_strategy, signed, spread, value_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import score_notes
from engram.studies.entities.tables._cells import TRIAL, arrow, of_trial

__all__ = ["TABLE", "fractions_table"]


def fractions_table(evidence: Evidence) -> pd.DataFrame:
    """Return the score on the target of every strategy that is run at several fractions.

    Columns: source, target, strategy, fraction, seeds, documents (of the test subset), score with ``low`` and
    ``high`` (percent), ``gain`` over the target alone at the same fraction with its paired interval (points).
    """
    frame = pd.DataFrame(_rows(evidence))
    several = frame.groupby(["source", "target", "strategy"])["fraction"].transform("nunique") > 1
    return frame[several].reset_index(drop=True)


def _rows(evidence: Evidence) -> Iterator[dict[str, Any]]:
    for trial in evidence.trials:
        scores, model, alone = evidence.scores[trial.target], str(trial.lineage), evidence.alone(trial)
        if trial.fraction and model in scores:
            found, same = scores.of(model), alone is None or alone.lineage == trial.lineage
            yield {
                **of_trial(trial),
                "seeds": len(evidence.seeds),
                "documents": found.n_subjects,
                "score": found.value,
                "low": found.low,
                "high": found.high,
                **spread("gain", NONE if same else scores.difference(model, str(alone.lineage))),
            }


def _fractions_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Strategies and fractions down, transfers across; the gain beside the score."""
    transfers = list(frame[["source", "target"]].drop_duplicates().itertuples(index=False, name=None))
    best = frame.groupby(["source", "target", "fraction"])["score"].max()
    lines = {tuple(line[name] for name in TRIAL): line for line in frame.to_dict("records")}

    def entry(*trial: Any) -> Cell:
        line = lines.get(trial)
        if line is None:
            return EMPTY
        source, target, _, fraction = trial
        cell = value_cell(line["score"], line["low"], line["high"], best[source, target, fraction])
        return cell if pd.isna(line["gain"]) else cell._replace(beside=f"({signed(line, 'gain')})")

    return View(
        caption="F1 in percent on the target, by the fraction of its training subset.",
        header=[("strategy",), ("target data",), *((arrow(*pair, evidence),) for pair in transfers)],
        rows=by_strategy(frame, lambda *row: [entry(*pair, *row) for pair in transfers]),
        text_columns=2,
        notes=[
            "In parentheses: the gain over a model of the target alone at the same fraction, in points, with "
            "its paired interval.",
            *score_notes(evidence, False, "the best of each transfer and fraction"),
        ],
        wide=True,
    )


TABLE = Table(fractions_table, _fractions_view, keys=TRIAL)
