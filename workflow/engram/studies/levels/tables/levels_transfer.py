"""What levels before the target give: the score on the target after no, one, two and three levels, in both
orders, expression beside named entities, with intervals and gains over the target alone.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, NONE, points_cell, spread, value_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.levels.collect import CHAIN_WORDS, Domain, Evidence
from engram.studies.levels.notes import notes

__all__ = ["TABLE"]


def _frame(evidence: Evidence) -> pd.DataFrame:
    """Return a row a domain and chain.

    Columns: domain, chain, levels (before the target), target, lineage, measure, score, low, high, gain over
    `none` with its interval, test_subjects and seeds.
    """
    rows = [row for domain in evidence.domains for row in _rows(domain)]
    columns = [*("domain", "chain", "levels", "target", "lineage", "measure", "score", "low", "high")]
    return pd.DataFrame(rows, columns=[*columns, *spread("gain", NONE), "test_subjects", "seeds"])


def _rows(domain: Domain) -> list[dict]:
    scores, chains = domain.on_target, domain.chains
    alone = next((str(chain.lineage) for chain in chains if chain.name == "none"), None)
    rows = []
    for chain in chains:
        model = str(chain.lineage)
        found = scores.of(model)
        gain = scores.difference(model, alone) if alone not in (None, model) else NONE
        rows.append(
            {
                "domain": domain.name,
                "chain": chain.name,
                "levels": chain.before,
                "target": domain.settings.levels.target,
                "lineage": model,
                "measure": domain.settings.measure,
                "score": found.value,
                "low": found.low,
                "high": found.high,
                **spread("gain", gain),
                "test_subjects": found.n_subjects,
                "seeds": found.n_seeds,
            }
        )
    return rows


def _view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """One line a chain, two columns a domain: the score and the gain."""
    domains = evidence.domains
    lines = {(row["domain"], row["chain"]): row for _, row in frame.iterrows()}
    best = frame.groupby("domain")["score"].max().to_dict()
    rows, last = [], None
    for chain, words in CHAIN_WORDS.items():
        found = [lines.get((domain.name, chain)) for domain in domains]
        if all(row is None for row in found):
            continue
        number = str(next(row["levels"] for row in found if row is not None))
        cells = [cell for row in found for cell in _cells(row, best)]
        rows.append([Cell(number if number != last else ""), Cell(words), *cells])
        last = number
    heads = [
        (f"{domain.name}, {domain.settings.titles[domain.settings.levels.target]}", kind)
        for domain in domains
        for kind in (f"{domain.settings.measure}, %", "gain, points")
    ]
    sizes = [
        f"{domain.name}: {domain.on_target.of(str(domain.chains[0].lineage)).n_subjects} test "
        f"{'documents' if domain.settings.study == 'entities' else 'subjects'}, "
        f"{len(domain.settings.seeds)} seeds"
        for domain in domains
    ]
    return View(
        caption="What levels before the target give, in both domains.",
        header=[("", "levels"), ("", "chain"), *heads],
        rows=rows,
        text_columns=2,
        notes=["Gain is the score minus that of the target alone.", *notes(evidence), "; ".join(sizes) + "."],
        wide=True,
        stacked=True,
    )


def _cells(row: pd.Series | None, best: dict[str, float]) -> list[Cell]:
    if row is None:
        return [EMPTY, EMPTY]
    value = value_cell(row["score"], row["low"], row["high"], best[row["domain"]])
    return [value, points_cell(row, "gain")]


TABLE = Table(_frame, _view, keys=("domain", "chain"))
