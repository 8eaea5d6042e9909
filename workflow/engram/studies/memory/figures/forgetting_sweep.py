"""Forgetting of the source against learning rate and number of steps, on one target. Above: the kept models
on the source's test subset, a line a number of epochs, with intervals. Below: the longest training on the
source's validation subset, step by step, a line a learning rate; thin lines are seeds. Nothing stops early.
Where no model is adapted, as in FU, it is what the network lacks of the baseline's accuracy.
"""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engram.reporting.plots import PAGE
from engram.studies.lineage.curves import lost_by_epoch
from engram.studies.lineage.trials import SweepPoint
from engram.studies.memory.collect import Evidence
from engram.studies.memory.tables.memory_sweep import steps_an_epoch, sweep_table

__all__ = ["forgetting_sweep"]


def forgetting_sweep(evidence: Evidence) -> Figure:
    """Draw a column a strategy: forgetting by learning rate above, by step below."""
    frame = sweep_table(evidence)
    strategies = list(frame["strategy"].unique())
    figure = Figure(figsize=(PAGE if len(strategies) > 1 else 4.2, 4.6))
    panels = figure.subplots(2, len(strategies), sharey=True, squeeze=False)
    for (above, below), strategy in zip(panels.T, strategies, strict=True):
        above.set_title(strategy, loc="left")
        _by_rate(above, frame[frame["strategy"] == strategy])
        _by_step(below, evidence, [point for point in evidence.sweep if point.trial.strategy == strategy])
    for row, where in zip(panels, ("test", "validation"), strict=True):
        row[0].set_ylabel(f"forgetting, points\n({where})")
    # Learning rates are those of all strategies, numbers of epochs each strategy's own.
    for panel in panels[0]:
        panel.legend(title="epochs", title_fontsize=7, loc="best")
    panels[1, -1].legend(
        title="learning rate", title_fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5)
    )
    return figure


def _shades(count: int) -> list:
    return [mpl.colormaps["viridis"](0.85 * number / max(1, count - 1)) for number in range(count)]


def _by_rate(panel: Axes, frame: pd.DataFrame) -> None:
    groups = list(frame.groupby("epochs"))
    shades = _shades(len(groups))
    for number, (epochs, part) in enumerate(groups):
        part = part.sort_values("learning_rate")
        low, high = part["forgetting"] - part["forgetting_low"], part["forgetting_high"] - part["forgetting"]
        look = {"fmt": "o-", "color": shades[number], "markersize": 4, "label": epochs}
        # A little apart, that intervals do not hide each other.
        panel.errorbar(part["learning_rate"] * 1.05**number, part["forgetting"], [low, high], **look)
    panel.axhline(0, color="0.6", linewidth=0.6)
    panel.set_xscale("log")
    panel.set_xlabel("learning rate")


def _by_step(panel: Axes, evidence: Evidence, points: list[SweepPoint]) -> None:
    longest = [point for point in points if point.epochs == max(each.epochs for each in points)]
    panel.axhline(0, color="0.6", linewidth=0.6)
    panel.set_xlabel("steps")
    for colour, point in zip(_shades(len(longest)), longest, strict=True):
        lost = lost_by_epoch(evidence, point.trial, "source")
        steps = lost.index * steps_an_epoch(evidence, point)
        panel.plot(steps, lost, color=colour, linewidth=0.5, alpha=0.35)
        panel.plot(steps, lost.mean(axis=1), color=colour, linewidth=1.4, label=f"{point.learning_rate:g}")
