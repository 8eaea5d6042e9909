"""What each method reaches on every target task, with intervals; better is to the right. The dashed line
is the teacher, heads on the fused embedding.

Table 3 of Vielzeuf et al. (2019) as dots.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.reporting.plots import PAGE, in_percent
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.methods import HEADINGS, METHODS
from engram.studies.general.tables.general_transfer import transfer_frame
from engram.studies.general.task_plan import GeneralTask

__all__ = ["general_transfer"]

_COLUMNS = 3
#: The colours of methods without a student; the others have their student's.
_COLOURS = {"constant": "#BBBBBB", "hog": "#999933", "cnn": "#7F7F7F", "p_cnn": "#000000", "h_g": "#D55E00"}


def general_transfer(evidence: GeneralEvidence) -> Figure:
    """Draw a panel a target task and in it a line a method; printed figures are strokes."""
    frame = transfer_frame(evidence)
    names = list(dict.fromkeys(frame["method"]))
    rows = -(-len(evidence.targets) // _COLUMNS)
    figure = Figure(figsize=(PAGE, rows * (0.135 * len(names) + 0.62) + 0.4))
    panels = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False).ravel()
    for panel, item in zip(panels, evidence.targets, strict=False):
        _panel(panel, frame[frame["task"] == item.name], item, names)
    for panel in panels[len(evidence.targets) :]:
        panel.remove()
    panels[0].set_yticks(range(len(names)), [HEADINGS[name] for name in names])
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    figure.legend(handles=_legend(evidence, frame), loc="outside lower center", ncols=4)
    return figure


def _panel(panel: Axes, part: pd.DataFrame, item: GeneralTask, names: list[str]) -> None:
    metric = metric_of(item)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="x", labelsize=6)
    panel.set_title(item.title, loc="left", fontsize=7.5, fontweight="bold", pad=3)
    arrow = "better →"
    panel.set_xlabel(
        f"{metric.name}{f', {metric.unit}' if metric.unit else ''}   {arrow}", fontsize=6.5, labelpad=1
    )
    teacher = part[part["method"] == "h_g"]["value"]
    for value in teacher:
        panel.axvline(value, color=_COLOURS["h_g"], linewidth=0.6, linestyle="--", alpha=0.6, zorder=0)
    for row in part.itertuples(index=False):
        place, method = names.index(row.method), METHODS[row.method]
        colour = method.student.colour if method.student else _COLOURS[row.method]
        ends = in_percent(row.low, row.high) if metric.unit == "%" else [row.low, row.high]
        panel.plot(ends, [place, place], color=colour, alpha=0.45, linewidth=1.6, zorder=1)
        # Heads on a frozen embedding are hollow, networks that were trained whole are filled.
        fill = "white" if method.step == "probe" else colour
        panel.plot(row.value, place, "o", color=colour, markerfacecolor=fill, markersize=4.5, zorder=3)
        if not pd.isna(row.published):
            panel.plot(row.published, place, "|", color=colour, markersize=8, markeredgewidth=1.4, zorder=2)
    if metric.better < 0:
        panel.invert_xaxis()


def _legend(evidence: GeneralEvidence, frame: pd.DataFrame) -> list[Line2D]:
    confidence = f"{100 * evidence.params.evidence.confidence:g} % interval"
    plain: dict[str, Any] = {"marker": "o", "color": "0.35", "markersize": 4.5}
    handles = [
        Line2D([], [], label=f"trained whole, {confidence}", **plain),
        Line2D([], [], markerfacecolor="white", label="head on a frozen embedding", **plain),
        Line2D([], [], color=_COLOURS["h_g"], linestyle="--", linewidth=0.6, label="the teacher, h_G"),
    ]
    if frame["published"].notna().any():
        handles.append(
            Line2D([], [], marker="|", linestyle="", color="0.35", markersize=8, label="printed in the paper")
        )
    return handles
