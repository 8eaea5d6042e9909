"""When each strategy forgets: accuracy on the validation subsets of source and target after each epoch, with
the largest fraction of the target's training subset. Thick lines are means over seeds and folds, as long as
all train; a thin line is one model, and its dot the epoch that is kept, the best on the target's validation
subset. Epoch 0 is the model that is adapted.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from engram.reporting.plots import PAGE
from engram.studies.lineage.curves import ROLES, adaptation, full_fraction
from engram.studies.memory.collect import Evidence
from engram.studies.memory.figures._style import colours

__all__ = ["forgetting_curves"]


def forgetting_curves(evidence: Evidence) -> Figure:
    """Draw a column a transfer, the source's accuracy above the target's, a line a strategy."""
    frame = full_fraction(adaptation(evidence, evidence.trials))
    transfers = list(frame.groupby(["source", "target"], sort=False))
    titles = evidence.settings.datasets
    width = PAGE if len(transfers) > 1 else 4.2
    figure = Figure(figsize=(width, 4.2))
    panels = figure.subplots(2, len(transfers), sharex="col", sharey="row", squeeze=False)
    for column, ((source, target), part) in zip(panels.T, transfers, strict=True):
        for panel, role, name in zip(column, ROLES, (source, target), strict=True):
            _draw(panel, part, f"{role}_accuracy", colours(evidence))
            panel.set_title(f"{role}: {titles[name].title}", loc="left")
        column[1].set_xlabel(f"epoch on {titles[target].title}")
        column[1].xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    for row in panels:
        row[0].set_ylabel("accuracy on validation, %")
    figure.legend(handles=_legend(frame, evidence), loc="outside lower center", ncols=int(width / 0.9))
    return figure


def _draw(panel: Axes, part: pd.DataFrame, column: str, colour: dict[str, str]) -> None:
    for strategy, models in part.groupby("strategy", sort=False):
        look: dict[str, Any] = {"color": colour[strategy]}
        for _, run in models.groupby(["seed", "fold"]):
            panel.plot(run["epoch"], run[column], linewidth=0.5, alpha=0.3, **look)
        kept = models[models["kept"]]
        panel.plot(kept["epoch"], kept[column], "o", markersize=2.5, alpha=0.6, markeredgewidth=0, **look)
        shared = models[models["epoch"] <= models.loc[models["last"], "epoch"].min()]
        mean = shared.groupby("epoch")[column].mean()
        panel.plot(mean.index, mean, linewidth=1.4, zorder=3, **look)


def _legend(frame: pd.DataFrame, evidence: Evidence) -> list[Line2D]:
    colour = colours(evidence)
    lines = [
        Line2D([], [], color=colour[name], linewidth=1.4, label=name) for name in frame["strategy"].unique()
    ]
    dot: dict[str, Any] = {"marker": "o", "markersize": 3, "linestyle": "", "color": "0.35"}
    return [*lines, Line2D([], [], label="epoch kept (a dot a model)", **dot)]
