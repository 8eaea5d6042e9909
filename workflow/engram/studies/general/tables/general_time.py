"""How long each method takes, in parts, and how its time grows when there are twice as many targets.

The numbers of Figure 3 of Vielzeuf et al. (2019), which is printed as a chart.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Cell, Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import UNLABELLED
from engram.studies.general.evidence.times import times_table
from engram.studies.general.methods import HEADINGS

__all__ = ["TABLE"]


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return `engram.studies.general.evidence.times.times_table`."""
    return times_table(evidence)


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    rows = [
        [
            Cell(HEADINGS[row.method]),
            *(Cell(f"{value:,.1f}") for value in (row.unsupervised, row.target, row.extraction)),
            *(Cell(f"{value:,.1f}") for value in (row.total, row.total_twice)),
            Cell(f"{row.growth:.2f}" if row.growth == row.growth else "–"),
        ]
        for row in frame.itertuples(index=False)
    ]
    targets = int(frame["targets"].iloc[0])
    heads = [
        f"on {UNLABELLED}, once",
        f"on {targets} targets",
        "of both: embedding",
        "both",
        f"both, {2 * targets} targets",
        "growth",
    ]
    notes = [
        "Seconds of one seed, on the machine of this run: training, choosing encoders (BT, BCT, where P-CNN "
        "starts) and, where a method needs it, embedding faces by all source encoders. Evaluation and the "
        "training of the source encoders are left out. Twice as many targets: the first part stays, the "
        "second doubles. Growth: by how much the whole time is multiplied then, 1 where all is trained once "
        "and 2 where all is trained for each target.",
    ]
    return View("Time of each method.", [("method",), *((head,) for head in heads)], rows, notes=notes)


TABLE = Table(_frame, _view, keys=("method",))
