"""What is forgotten of each level at the end of a chain: the share of its score that is lost, a panel a
transfer, the oldest level on the left.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engram.reporting.plots import PAGE
from engram.studies.entities.collect import Evidence
from engram.studies.entities.figures._style import colours, dot, draw_legend
from engram.studies.entities.notes import titles
from engram.studies.entities.tables._cells import arrow
from engram.studies.entities.tables.entities_levels import levels_table

__all__ = ["entities_levels"]

_COLUMNS = 2
#: So many levels have names that stand beside one another.
_UPRIGHT = 3


def entities_levels(evidence: Evidence) -> Figure:
    """Draw forgetting in points with its interval, a group of strategies for each earlier level's text."""
    frame = levels_table(evidence)
    frame = frame[frame["forgetting"].notna() & (frame["level"] < frame["levels"])]
    frame = frame[frame["fraction"] == frame["fraction"].max()]
    transfers = list(frame.groupby(["source", "target"], sort=False))
    columns = min(_COLUMNS, max(1, len(transfers)))
    rows = max(1, -(-len(transfers) // columns))
    figure = Figure(figsize=(PAGE, 3.4 * rows + 0.6))
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for panel, ((source, target), part) in zip(panels, transfers, strict=False):
        _panel(panel, part, evidence)
        panel.set_title(arrow(source, target, evidence))
    for panel in panels[len(transfers) :]:
        panel.remove()
    for panel in panels[::columns]:
        panel.set_ylabel("forgetting, points")
    shown = [name for name in evidence.study.strategies if name in set(frame["strategy"])]
    draw_legend(figure, evidence, shown, dots=True)
    return figure


def _panel(panel: Axes, part: pd.DataFrame, evidence: Evidence) -> None:
    chosen, names = colours(evidence), titles(evidence)
    # The oldest on the left: that with most levels behind it in any chain.
    behind = (part["levels"] - part["level"]).groupby([part["dataset"], part["measure"]]).max()
    levels = list(behind.sort_values(ascending=False, kind="stable").index)
    strategies = list(dict.fromkeys(part["strategy"]))
    panel.axhline(0, color="0.6", linewidth=0.6)
    for line in part.itertuples(index=False):
        place = levels.index((line.dataset, line.measure))
        spot = place + 0.8 * ((strategies.index(line.strategy) + 0.5) / len(strategies) - 0.5)
        colour = chosen[line.strategy][0]
        panel.plot(
            [spot, spot], [line.forgetting_low, line.forgetting_high], color=colour, alpha=0.45, lw=1.6
        )
        panel.plot(spot, line.forgetting, **dot(evidence, line.strategy))
    words = {"words": "masked words", "sentences": "sentence pairs", "f1": "F1", "accuracy": "accuracy"}
    labels = [f"{names[dataset]},\n{words[measure]}" for dataset, measure in levels]
    # More would run into one another.
    leaning = {"rotation": 40, "ha": "right"} if len(levels) > _UPRIGHT else {}
    panel.set_xticks(range(len(levels)), labels, **leaning)
    panel.set_xlim(-0.6, len(levels) - 0.4)
    panel.grid(axis="x", visible=False)
