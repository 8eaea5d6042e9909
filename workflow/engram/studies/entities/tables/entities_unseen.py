"""Recall of mentions that the target's training subset has, and of those that it has not, with and without
dictionary and transfer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from engram.reporting.cells import EMPTY, NONE, spread, value_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import drawn_notes, interval_note, titles
from engram.studies.entities.tables._cells import targets_of

__all__ = ["TABLE", "unseen_table"]

_KINDS = ("seen", "unseen")


def unseen_table(evidence: Evidence) -> pd.DataFrame:
    """Return the recall of every strategy, with all of the target, on seen and on unseen mentions.

    Columns: source, target, strategy, seeds, n_seen and n_unseen (mentions of the test subset), then ``seen``
    and ``unseen`` (percent), each with its interval. A strategy that does not see the source is there once,
    with the first.
    """
    targets = dict.fromkeys(trial.target for trial in evidence.trials)
    return pd.DataFrame([row for target in targets for row in _rows(evidence, target)])


def _rows(evidence: Evidence, target: str) -> Iterator[dict[str, Any]]:
    marks = [mark for known in evidence.unseen[target].values() for mark in known.values()]
    scores = {kind: evidence.mention_scores(target, kind == "seen") for kind in _KINDS}
    for trial in evidence.whole(target):
        model = str(trial.lineage)
        if model in evidence.scores[target]:
            yield {
                "source": trial.source,
                "target": target,
                "strategy": trial.strategy,
                "seeds": len(evidence.seeds),
                "n_seen": sum(marks),
                "n_unseen": len(marks) - sum(marks),
                **{
                    name: value
                    for kind, found in scores.items()
                    for name, value in spread(kind, found.of(model) if found else NONE).items()
                },
            }


def _unseen_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Strategies and sources down, targets across: seen and unseen."""
    names, targets = titles(evidence), targets_of(frame)
    best = frame.groupby("target")[list(_KINDS)].max()
    lines = {(line["strategy"], line["source"], line["target"]): line for line in frame.to_dict("records")}
    numbers = frame.drop_duplicates("target").set_index("target")[["n_seen", "n_unseen"]]
    rows, last = [], None
    for strategy in dict.fromkeys(frame["strategy"]):
        for source in dict.fromkeys(frame.loc[frame["strategy"] == strategy, "source"]):
            found = [lines.get((strategy, source, target)) for target in targets]
            cells = [_cell(line, kind, best) for line in found for kind in _KINDS]
            rows.append([Cell(strategy if strategy != last else ""), Cell(names[source]), *cells])
            last = strategy
    heads = [
        (names[target], f"{kind} ({numbers.loc[target, f'n_{kind}']:,})")
        for target in targets
        for kind in _KINDS
    ]
    return View(
        caption="Recall in percent of seen and unseen mentions of the target's test subset.",
        header=[("", "strategy"), ("", "source"), *heads],
        rows=rows,
        text_columns=2,
        notes=[
            "Unseen: the mention's words, whatever their case, are no mention of the target's training "
            "subset. In parentheses: the number of mentions.",
            f"{interval_note(evidence)} In bold: the best of each column.",
            *drawn_notes(evidence),
        ],
        wide=True,
        stacked=True,
    )


def _cell(line: dict[str, Any] | None, kind: str, best: pd.DataFrame) -> Cell:
    if line is None:
        return EMPTY
    return value_cell(line[kind], line[f"{kind}_low"], line[f"{kind}_high"], best.loc[line["target"], kind])


TABLE = Table(unseen_table, _unseen_view, keys=("source", "target", "strategy"))
