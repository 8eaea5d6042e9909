"""Accuracy on the source against accuracy on the target, with intervals. On a dotted line the mean of both is
the same; the farther up and right, the better the trade-off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engram.reporting.plots import in_percent
from engram.studies.memory.collect import Evidence
from engram.studies.memory.figures._style import colours, markers, panel_by_transfer
from engram.studies.memory.tables.memory_integrity import integrity_table

__all__ = ["memory_trade_off"]

#: Points of the mean between two dotted lines.
_STEP = 10


def memory_trade_off(evidence: Evidence) -> Figure:
    """Draw a panel a transfer: the source across, the target upwards, a cross of intervals a trial.

    A strategy that was never trained on the source is a dashed line across, at its accuracy on the target.
    """
    across, upwards = "accuracy on the source, %", "accuracy on the target, %"
    figure, panels = panel_by_transfer(evidence, integrity_table(evidence), _panel, across, upwards)
    _draw_means(panels)
    return figure


def _panel(panel: Axes, part: pd.DataFrame, evidence: Evidence) -> None:
    colour, marker = colours(evidence), markers(evidence)
    lines = part.set_index(["strategy", "fraction", "evaluated_on"])
    edged: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.5, "markersize": 6}
    for strategy, fraction in part[["strategy", "fraction"]].drop_duplicates().itertuples(index=False):
        target = lines.loc[(strategy, fraction, "target")]
        fill: dict[str, Any] = {"color": colour[strategy], **edged}
        if (strategy, fraction, "source") not in lines.index:
            panel.axhline(target["accuracy"], color=colour[strategy], linewidth=0.8, linestyle="--", zorder=1)
            edge: dict[str, Any] = {"transform": panel.get_yaxis_transform(), "clip_on": False, "zorder": 3}
            panel.plot(0, target["accuracy"], marker[fraction], **fill, **edge)
            continue
        source = lines.loc[(strategy, fraction, "source")]
        faint: dict[str, Any] = {"color": colour[strategy], "alpha": 0.45, "linewidth": 0.8, "zorder": 2}
        panel.plot(in_percent(source["low"], source["high"]), [target["accuracy"]] * 2, **faint)
        panel.plot([source["accuracy"]] * 2, in_percent(target["low"], target["high"]), **faint)
        panel.plot(source["accuracy"], target["accuracy"], marker[fraction], zorder=3, **fill)


def _draw_means(panels: np.ndarray) -> None:
    """Draw the lines of equal mean behind what the panels show, each labelled where it leaves the panel."""
    across, upwards = panels[0].get_xlim(), panels[0].get_ylim()
    first, last = (across[0] + upwards[0]) / 2, (across[1] + upwards[1]) / 2
    for mean in np.arange(np.ceil(first / _STEP), np.floor(last / _STEP) + 1) * _STEP:
        left = max(across[0], 2 * mean - upwards[1])
        ends = np.array([left, min(across[1], 2 * mean - upwards[0])])
        for panel in panels:
            panel.plot(ends, 2 * mean - ends, color="0.75", linewidth=0.7, linestyle=":", zorder=0)
            place: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": 5.5, "color": "0.5", "zorder": 0}
            panel.annotate(
                f"{mean:.0f}", (left, 2 * mean - left), (2, -1), textcoords="offset points", **place
            )
    for panel in panels:
        panel.set_xlim(across)
        panel.set_ylim(upwards)
