"""What each strategy forgets of the source (accuracy when learnt minus accuracy at the end, and best earlier
minus last) and gains on the target, with paired intervals.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, by_strategy, points, points_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.lineage.forgetting import forgetting
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import folds_notes, interval_note, unlearnt_notes
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE"]


_KINDS = ("forgetting", "gain")


def _forgetting_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Forgetting and gain of each transfer; the second definition beside the first where it differs."""
    transfers = list(frame[["source", "target"]].drop_duplicates().itertuples(index=False, name=None))
    lines = frame.set_index(["source", "target", "strategy", "fraction"])
    names = dataset_titles(evidence)

    def entries(strategy: str, fraction: int) -> list[Cell]:
        keys = [(*pair, strategy, fraction) for pair in transfers]
        found = [lines.loc[key] if key in lines.index else None for key in keys]
        pairs = [(EMPTY, EMPTY) if line is None else _forgetting_cells(line) for line in found]
        return [cell for pair in pairs for cell in pair]

    notes = [
        "Forgetting is the baseline's accuracy on the source minus the adapted model's, gain the adapted "
        "model's accuracy on the target minus the baseline's; both in points. Negative forgetting: the "
        "source got easier."
    ]
    if frame.apply(_differs, axis=1).any():
        notes.append(
            "In parentheses, where it differs: the best accuracy on the source of any earlier stage of the "
            "same model minus its last (Chaudhry et al. 2018); its intervals are in the CSV file."
        )
    heads = [(f"{names[source]} → {names[target]}", kind) for source, target in transfers for kind in _KINDS]
    return View(
        caption="Forgetting of the source and gain on the target, in points of accuracy.",
        header=[("", "strategy"), ("", "target data"), *heads],
        rows=by_strategy(frame, entries),
        text_columns=2,
        notes=[
            *notes,
            *unlearnt_notes(evidence, "forgetting"),
            interval_note(evidence, paired=True),
            *folds_notes(evidence),
        ],
        wide=True,
        stacked=True,
    )


def _forgetting_cells(line: pd.Series) -> tuple[Cell, Cell]:
    """Return the entries for forgetting and gain of one trial."""
    lost, won = (points_cell(line, kind) for kind in _KINDS)
    beside = f"({points(line['forgetting_from_best'])})" if _differs(line) else ""
    return lost._replace(beside=beside), won


def _differs(line: pd.Series) -> bool:
    """Whether forgetting from the best earlier stage is another number than forgetting from the baseline."""
    return bool(abs(line["forgetting"] - line["forgetting_from_best"]) > 1e-9)


TABLE = Table(forgetting, _forgetting_view, keys=("source", "target", "strategy", "fraction"))
