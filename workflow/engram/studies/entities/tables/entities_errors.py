"""What goes wrong: missed and spurious entities, wrong boundaries and wrong types, of every strategy on
every target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd

from engram.reporting.cells import EMPTY
from engram.reporting.tables import Cell, Table, View
from engram.statistics.spans import ERRORS, fates
from engram.studies.entities.collect import Evidence, span_pairs
from engram.studies.entities.notes import drawn_notes, titles
from engram.studies.entities.tables._cells import targets_of

__all__ = ["TABLE", "errors_table"]

_KINDS = ("right", *ERRORS)


def errors_table(evidence: Evidence) -> pd.DataFrame:
    """Return how often each error is made, by every strategy with all of the target.

    Columns: source, target, strategy, seeds, n (true entities), then right, missed, spurious, boundary and
    type (entities, means over seeds). right + missed + boundary + type = n. A strategy that does not see the
    source is there once, with the first.
    """
    targets = dict.fromkeys(trial.target for trial in evidence.trials)
    return pd.DataFrame([row for target in targets for row in _rows(evidence, target)])


def _rows(evidence: Evidence, target: str) -> Iterator[dict[str, Any]]:
    found = evidence.spans(target)
    for trial in evidence.whole(target):
        model, seeds = str(trial.lineage), range(len(evidence.seeds))
        if model not in found.models:
            continue
        counted = Counter(
            fate.kind for seed in seeds for pair in span_pairs(found, model, seed) for fate in fates(*pair)
        )
        yield {
            "source": trial.source,
            "target": target,
            "strategy": trial.strategy,
            "seeds": len(seeds),
            "n": int(found.truth[0, 0].sum()),
            **{kind: counted[kind] / len(seeds) for kind in _KINDS},
        }


def _errors_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Strategies and sources down, targets across: errors in percent of the true entities."""
    names, targets = titles(evidence), targets_of(frame)
    lines = {(one["strategy"], one["source"], one["target"]): one for one in frame.to_dict("records")}
    least = {target: frame[frame["target"] == target][list(ERRORS)].min() for target in targets}
    rows, last = [], None
    for strategy, source in frame[["strategy", "source"]].drop_duplicates().itertuples(index=False):
        found = [lines.get((strategy, source, target)) for target in targets]
        cells = [_cell(line, kind, least) for line in found for kind in ERRORS]
        rows.append([Cell(strategy if strategy != last else ""), Cell(names[source]), *cells])
        last = strategy
    numbers = frame.drop_duplicates("target").set_index("target")["n"]
    return View(
        caption="Errors in percent of the true entities of the target's test subset.",
        header=[("", "strategy"), ("", "source")]
        + [(f"{names[target]} ({numbers[target]:,})", kind) for target in targets for kind in ERRORS],
        rows=rows,
        text_columns=2,
        notes=[
            *(f"{kind.capitalize()}: {words}." for kind, words in ERRORS.items()),
            "Each true and each found entity has one fate. In bold: the fewest. In parentheses: the true "
            "entities.",
            *drawn_notes(evidence),
        ],
        wide=True,
    )


def _cell(line: dict[str, Any] | None, kind: str, least: dict[str, pd.Series]) -> Cell:
    if line is None:
        return EMPTY
    return Cell(f"{100 * line[kind] / line['n']:.1f}", line[kind] == least[line["target"]][kind])


TABLE = Table(errors_table, _errors_view, keys=("source", "target", "strategy"))
