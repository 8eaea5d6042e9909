"""Accuracy of every strategy on source and target with intervals; printed figures stand beside it where the
data sets are the paper's.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.reporting.plots import PAGE, in_percent
from engram.studies.memory.collect import Evidence
from engram.studies.memory.figures._style import colours, markers
from engram.studies.memory.tables.memory_integrity import integrity_table

__all__ = ["integrity"]


def integrity(evidence: Evidence) -> Figure:
    """Draw a row a transfer, source on the left and target on the right, a line a strategy and fraction."""
    frame = integrity_table(evidence)
    transfers = list(frame.groupby(["source", "target"], sort=False))
    lines = frame[["strategy", "fraction"]].drop_duplicates()
    figure = Figure(figsize=(PAGE, len(transfers) * (0.15 * len(lines) + 0.5) + 0.5))
    panels = figure.subplots(len(transfers), 2, sharex=True, sharey=True, squeeze=False)
    labels = [
        f"{name} {fraction} %" if fraction else name for name, fraction in lines.itertuples(index=False)
    ]
    places = {line: place for place, line in enumerate(lines.itertuples(index=False, name=None))}
    for row, ((source, target), part) in zip(panels, transfers, strict=True):
        for panel, role, name in zip(row, ("source", "target"), (source, target), strict=True):
            _panel(panel, part[part["evaluated_on"] == role], places, evidence)
            panel.set_title(f"{role}: {evidence.settings.datasets[name].title}", loc="left")
    panels[0, 0].set_yticks(range(len(labels)), labels)
    panels[0, 0].set_ylim(len(labels) - 0.4, -0.6)
    for panel in panels[-1]:
        panel.set_xlabel("accuracy, %")
    figure.legend(handles=_legend(evidence, frame), loc="outside lower center", ncols=3)
    return figure


def _panel(panel: Axes, part: pd.DataFrame, places: dict[tuple[str, int], int], evidence: Evidence) -> None:
    """Draw a point a row; a model that was never trained on the source leaves its line empty there."""
    colour, marker = colours(evidence), markers(evidence)
    panel.grid(axis="y", visible=False)
    baseline = part.iloc[0]
    panel.axvline(baseline["accuracy"], color="0.6", linewidth=0.6, linestyle="--")
    for row in part.itertuples(index=False):
        place = places[row.strategy, row.fraction]
        panel.plot(
            in_percent(row.low, row.high),
            [place, place],
            color=colour[row.strategy],
            alpha=0.45,
            linewidth=1.6,
        )
        panel.plot(row.accuracy, place, marker[row.fraction], color=colour[row.strategy], markersize=5)
        if not pd.isna(row.published):
            hollow: dict[str, Any] = {
                "color": colour[row.strategy],
                "markerfacecolor": "none",
                "markersize": 7.5,
            }
            panel.plot(row.published, place, marker[row.fraction], markeredgewidth=0.9, **hollow)


def _legend(evidence: Evidence, frame: pd.DataFrame) -> list[Line2D]:
    """Return samples of what the figure shows; printed figures only where there are some."""
    baseline = evidence.settings.memory.strategies[0]
    confidence = f"{100 * evidence.settings.evidence.confidence:g} %"
    handles = [
        Line2D([], [], marker="o", color="0.35", alpha=0.8, label=f"measured, {confidence} interval"),
        Line2D([], [], color="0.6", linewidth=0.6, linestyle="--", label=f"measured for {baseline}"),
    ]
    if frame["published"].notna().any():
        hollow: dict[str, Any] = {
            "marker": "o",
            "linestyle": "",
            "color": "0.35",
            "markerfacecolor": "none",
            "markersize": 7.5,
        }
        handles.append(Line2D([], [], label="printed in the paper", **hollow))
    return handles
