"""What the size of h_G does to reconstruction and to transfer, and whether the one follows the other.

The numbers of Figure 2 of Vielzeuf et al. (2019), which is printed as curves.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.reporting.tables import Cell, Table, View
from engram.statistics.crossed import Estimate
from engram.studies.general.evidence.collect import AVERAGE, GeneralEvidence
from engram.studies.general.evidence.metrics import Metric
from engram.studies.general.evidence.notes import interval_note, origin_notes
from engram.studies.general.evidence.sizes import (
    CORRELATION,
    LEAST_SIZES,
    best_sizes,
    error_and_loss,
    mean_relative_scores,
    method_of,
    operators_by_size,
)
from engram.studies.general.operators import fusion_operators
from engram.studies.general.tables._results import EMPTY, value_cell

__all__ = ["TABLE"]

_COLUMNS = [
    *["row", "size", "layers", "seeds", "rmse", "rmse_low", "rmse_high", "score", "score_low", "score_high"],
    *["best_for", "correlation", "correlation_low", "correlation_high"],
]
_RMSE, _SCORE, _RANK = Metric("RMSE", "", -1, 3), Metric("score", "%", 1, 1), Metric("rank", "", 1, 2)


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return one row a size of the fused embedding, and one for the rank correlation.

    Columns: row (the operator's name, or ``correlation``), size, layers, seeds, rmse (the mean
    normalised RMSE of the source embeddings), score (the mean over targets, in percent
    of h_G's), best_for (the targets whose validation chooses this size), and in the last row correlation;
    each value with ``_low`` and ``_high``.
    """
    sizes, operators = operators_by_size(evidence.general), fusion_operators(evidence.general)
    errors = evidence.reconstruction[AVERAGE]
    scores = mean_relative_scores(evidence, [method_of(name) for name in sizes])
    best = best_sizes(evidence)
    rows: list[dict[str, Any]] = [
        {
            "row": name,
            "size": size,
            "layers": "-".join(map(str, operators[name].layers(evidence.general))),
            **_columns("rmse", errors.of(name)),
            **_columns("score", scores.of(method_of(name))),
            "best_for": "; ".join(item.title for item in evidence.targets if best[item.name] == name),
        }
        for name, size in sizes.items()
    ]
    if len(sizes) >= LEAST_SIZES:
        found = error_and_loss(evidence).of(CORRELATION)
        rows.append({"row": "correlation", **_columns("correlation", found)})
    frame = pd.DataFrame(rows, columns=_COLUMNS).assign(seeds=len(evidence.params.seeds))
    return frame.astype({"size": "Int64"})


def _columns(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    sizes = frame[frame["size"].notna()]
    rows = [
        [
            Cell(f"{row.size}{' (h_G)' if row.row == 'ae' else ''}"),
            Cell(row.layers),
            _cell(row, "rmse", _RMSE, sizes["rmse"].min()),
            _cell(row, "score", _SCORE, sizes["score"].max()),
            Cell(row.best_for or "–"),
        ]
        for row in sizes.itertuples(index=False)
    ]
    rows += [
        [Cell("rank correlation"), EMPTY, EMPTY, _cell(row, "correlation", _RANK, float("nan")), EMPTY]
        for row in frame[frame["correlation"].notna()].itertuples(index=False)
    ]
    notes = [
        "Layers: every size has as many, each the same fraction of the one before. RMSE: the mean normalised "
        "error over source embeddings. Score: of heads on the code, the mean over targets in percent of "
        "h_G's; an error counts by its inverse. Best for: the targets whose validation chooses the size.",
        "Rank correlation: Spearman's over sizes, of reconstruction error and loss on a target; 1 where each "
        "size that reconstructs worse transfers worse, 0 where the two have nothing to do with each other. "
        "The mean over targets and seeds; its interval is over both.",
        interval_note(evidence, "In bold: the best of each column."),
        *origin_notes(evidence),
    ]
    return View(
        "The size of the fused embedding: reconstruction and transfer.",
        [("values of h_G",), ("layers",), ("RMSE ↓",), ("score, % ↑",), ("best for",)],
        rows,
        text_columns=2,
        notes=notes,
        wide=True,
    )


def _cell(row: Any, name: str, metric: Metric, best: float) -> Cell:
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    return value_cell(Estimate(value, low, high), best, metric)


TABLE = Table(_frame, _view, keys=("row",))
