"""The effect of each partner on each target: F1 of a model of both minus that of the target alone, at equal
steps and at equal passes over the target; printed effects stand beside it where both are the paper's.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.reporting.cells import percent, points_cell, spread
from engram.reporting.tables import Cell, Table, View
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import drawn_notes, interval_note, titles
from engram.studies.entities.pairs import BUDGETS, Pair
from engram.studies.entities.printed import printed_effect
from engram.studies.entities.tables._cells import across, targets_of

__all__ = ["TABLE", "effects_table"]

_COLUMNS = [
    *("budget", "target", "partner", "partner_tokens", "seeds", "n", "alone", "joint"),
    *("effect", "effect_low", "effect_high", "published"),
]


def effects_table(evidence: Evidence) -> pd.DataFrame:
    """Return the effect of every partner on every target; no rows where the settings compare none.

    Columns: budget (``steps`` or ``passes``), target, partner, partner_tokens (of its training subset),
    seeds, n (test sentences of the target), alone and joint (scores in percent), effect (points) with its
    paired interval, and published (points; missing where the two are not the paper's).
    """
    rows = [_row(evidence, pair) for pair in evidence.pairs]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _row(evidence: Evidence, pair: Pair) -> dict[str, Any]:
    scores, texts = evidence.scores[pair.target], evidence.settings.texts
    alone, joint = str(pair.alone), str(pair.joint)
    predictions = evidence.predictions(pair.target)
    return {
        "budget": pair.budget,
        "target": pair.target,
        "partner": pair.partner,
        "partner_tokens": int(evidence.sizes[pair.partner].loc["train", "tokens"]),
        "seeds": len(evidence.seeds),
        "n": len(predictions.rows) if predictions else 0,
        "alone": scores.of(alone).value,
        "joint": scores.of(joint).value,
        **spread("effect", scores.difference(joint, alone)),
        "published": printed_effect(texts[pair.target].published, texts[pair.partner].published),
    }


def _effects_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Targets down, partners across from the smallest to the largest, for steps and for passes."""
    names = titles(evidence)
    lines = {(line["budget"], line["target"], line["partner"]): line for line in frame.to_dict("records")}
    partners = list(dict.fromkeys(frame.sort_values("partner_tokens", kind="stable")["partner"]))
    targets = targets_of(frame)
    columns = [(at, partner) for at in BUDGETS for partner in partners]

    def entry(target: str, column: tuple[str, str]) -> Cell | None:
        line = lines.get((column[0], target, column[1]))
        if line is None:
            return None
        printed = "" if pd.isna(line["published"]) else f"({line['published']:+.2f})"
        return points_cell(line, "effect")._replace(beside=printed)

    alone = {target: percent(frame.loc[frame["target"] == target, "alone"].iloc[0]) for target in targets}
    cells = across(targets, columns, entry)
    return View(
        caption="Effect of a partner on a target, in points of F1, smallest partner first.",
        header=[("", "target"), ("", "alone, %")]
        + [(BUDGETS[at], names[partner]) for at, partner in columns],
        rows=[
            [Cell(names[target]), Cell(alone[target]), *row]
            for target, row in zip(targets, cells, strict=True)
        ],
        notes=[
            "At equal steps the target and its partner share the steps that the target alone takes: the "
            "larger the partner, the less often the target is seen (as in Crichton et al. 2017). At equal "
            "passes both models see the target equally often. 'Alone' is the model of equal steps.",
            interval_note(evidence, paired=True),
            *(["In parentheses: the printed effect."] if frame["published"].notna().any() else []),
            *drawn_notes(evidence),
        ],
        wide=True,
        stacked=True,
    )


TABLE = Table(effects_table, _effects_view, keys=("budget", "target", "partner"))
