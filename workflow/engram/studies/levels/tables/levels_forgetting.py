"""What is left of each level when the chain is done: the score just after the level and at the end, and the
points forgotten with paired intervals, expression beside named entities.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, NONE, percent, points_cell, spread
from engram.reporting.tables import Cell, Table, View
from engram.statistics.crossed import Estimate
from engram.studies.levels.collect import CHAIN_WORDS, Chain, Domain, Evidence, Level
from engram.studies.levels.notes import notes

__all__ = ["TABLE"]

_SCORES = ("learned", "final")


def _frame(evidence: Evidence) -> pd.DataFrame:
    """Return a row a domain, chain, level and data set of the level.

    Columns: domain, chain, lineage, level (1 is the oldest), behind (levels after it), dataset, learned and
    final (percent), forgetting in points with its paired interval, subjects and seeds.
    """
    rows = [
        row
        for domain in evidence.domains
        for chain in domain.chains
        for level in chain.levels
        for row in _rows(evidence, domain, chain, level)
    ]
    columns = ["domain", "chain", "lineage", "level", "behind", "dataset", *_SCORES]
    return pd.DataFrame(rows, columns=[*columns, *spread("forgetting", NONE), "test_subjects", "seeds"])


def _rows(evidence: Evidence, domain: Domain, chain: Chain, level: Level) -> list[dict]:
    lost = domain.forgotten(chain, level)
    confidence = evidence.settings.evidence.confidence
    rows = []
    for dataset in level.datasets:
        found = lost[dataset].interval(confidence) if dataset in lost else NONE
        scores = domain.scores[dataset]
        values = {
            name: scores.of(str(model)).value if str(model) in scores else float("nan")
            for name, model in zip(_SCORES, (level.stage, chain.lineage), strict=True)
        }
        rows.append(
            {
                "domain": domain.name,
                "chain": chain.name,
                "lineage": str(chain.lineage),
                "level": level.number,
                "behind": level.behind,
                "dataset": dataset,
                **values,
                **spread("forgetting", found),
                "test_subjects": _number(found, "n_subjects"),
                "seeds": _number(found, "n_seeds"),
            }
        )
    return rows


def _number(found: Estimate, name: str) -> int:
    return int(getattr(found, name))


def _view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """One line a chain and level, two columns a domain: the level's data, and what was forgotten of them."""
    domains = evidence.domains
    rows, last = [], None
    for chain, words in CHAIN_WORDS.items():
        mine = frame[frame["chain"] == chain]
        for level in sorted(mine["level"].unique()):
            of_level = mine[mine["level"] == level]
            for place in range(max(len(_of(of_level, domain)) for domain in domains)):
                cells = [cell for domain in domains for cell in _cells(_of(of_level, domain), domain, place)]
                rows.append([Cell(words if chain != last else ""), Cell(str(level)), *cells])
                last = chain
    heads = [
        (domain.name, kind)
        for domain in domains
        for kind in ("learnt from", "when learnt → at the end, %", "forgotten, points")
    ]
    return View(
        caption="What is forgotten of each level when the chain is done, in both domains.",
        header=[("", "chain"), ("", "level"), *heads],
        rows=rows,
        text_columns=2,
        notes=[
            "Scores are of the test subset of the level's data: accuracy of classes, F1 of entities, the "
            "percentage of masked words that are recovered. There is none where the last network has no head "
            "for them.",
            *notes(evidence, paired=True),
        ],
        wide=True,
        stacked=True,
    )


def _of(frame: pd.DataFrame, domain: Domain) -> pd.DataFrame:
    return frame[frame["domain"] == domain.name]


def _cells(mine: pd.DataFrame, domain: Domain, place: int) -> list[Cell]:
    if place >= len(mine):
        return [EMPTY, EMPTY, EMPTY]
    row = mine.iloc[place]
    learned, final = ("–" if pd.isna(row[name]) else percent(row[name]) for name in _SCORES)
    title = domain.settings.titles[row["dataset"]]
    return [Cell(title), Cell(f"{learned} → {final}"), points_cell(row, "forgetting")]


TABLE = Table(_frame, _view, keys=("domain", "chain", "level", "dataset"))
