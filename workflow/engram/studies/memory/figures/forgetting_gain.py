"""What each strategy forgets of the source against what it gains on the target. The baseline lies in the
origin; a dashed line is the gain of a network that was never trained on the source.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engram.studies.lineage.forgetting import forgetting
from engram.studies.memory.collect import Evidence
from engram.studies.memory.figures._style import colours, markers, panel_by_transfer

__all__ = ["forgetting_gain"]


def forgetting_gain(evidence: Evidence) -> Figure:
    """Draw a panel a transfer: forgetting across, gain upwards, the baseline at the origin.

    Where there is no forgetting, because the source was never learnt, the gain is a line across.
    """
    across, upwards = "forgetting on the source, points", "gain on the target, points"
    return panel_by_transfer(evidence, forgetting(evidence), _panel, across, upwards)[0]


def _panel(panel: Axes, part: pd.DataFrame, evidence: Evidence) -> None:
    colour, marker = colours(evidence), markers(evidence)
    panel.axhline(0, color="0.6", linewidth=0.6)
    panel.axvline(0, color="0.6", linewidth=0.6)
    baseline = evidence.settings.memory.strategies[0]
    panel.plot(0, 0, marker[0], color=colour[baseline], zorder=4)
    for row in part.itertuples(index=False):
        if pd.isna(row.forgetting):
            panel.axhline(row.gain, color=colour[row.strategy], linewidth=0.8, linestyle="--", zorder=1)
            # On the left edge, whatever the panel's extent: nothing is forgotten that was never learnt.
            edge: dict[str, Any] = {"transform": panel.get_yaxis_transform(), "clip_on": False, "zorder": 3}
            bar: dict[str, Any] = {"alpha": 0.45, "linewidth": 0.8}
            panel.plot([0, 0], [row.gain_low, row.gain_high], color=colour[row.strategy], **edge | bar)
            panel.plot(0, row.gain, marker[row.fraction], color=colour[row.strategy], **edge)
            continue
        faint: dict[str, Any] = {"color": colour[row.strategy], "alpha": 0.45, "linewidth": 0.8, "zorder": 2}
        panel.plot([row.forgetting_low, row.forgetting_high], [row.gain] * 2, **faint)
        panel.plot([row.forgetting] * 2, [row.gain_low, row.gain_high], **faint)
        fill: dict[str, Any] = {
            "color": colour[row.strategy],
            "markeredgecolor": "white",
            "markeredgewidth": 0.5,
        }
        panel.plot(row.forgetting, row.gain, marker[row.fraction], markersize=6, zorder=3, **fill)
