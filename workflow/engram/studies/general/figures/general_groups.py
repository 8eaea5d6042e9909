"""How much better or worse each group of subjects is served than the other groups together, by the teacher,
the network from random weights and the fine-tuned student, with intervals. On the line all are served alike.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.reporting.plots import PAGE
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import words_of
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.methods import HEADINGS, MAIN_STUDENT
from engram.studies.general.tables.general_groups import ATTRIBUTES, COMPARED, groups_frame
from engram.studies.general.task_plan import GeneralTask

__all__ = ["general_groups"]

_COLUMNS = 3
_COLOURS = dict(zip(COMPARED, ("#D55E00", "#7F7F7F", MAIN_STUDENT.colour), strict=True))
#: How far the methods of a group lie apart.
_STEP = 0.25


def general_groups(evidence: GeneralEvidence) -> Figure:
    """Draw a panel a target task and in it a line a group and method; better served is to the right."""
    frame = groups_frame(evidence).dropna(subset="gap")
    items = [item for item in evidence.targets if item.name in set(frame["task"])]
    if not items:
        figure = Figure(figsize=(PAGE, 1.0))
        figure.text(0.5, 0.5, "No data set says anything of its subjects' groups.", ha="center", va="center")
        return figure
    pairs = frame[["attribute", "group"]].drop_duplicates().itertuples(index=False, name=None)
    order = sorted(pairs, key=lambda pair: ATTRIBUTES.index(pair[0]))
    rows = -(-len(items) // _COLUMNS)
    figure = Figure(figsize=(PAGE, rows * (0.2 * len(order) + 0.62) + 0.35))
    panels = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False).ravel()
    for panel, item in zip(panels, items, strict=False):
        _panel(panel, frame[frame["task"] == item.name], item, order)
    for panel in panels[len(items) :]:
        panel.remove()
    panels[0].set_ylim(len(order) - 0.4, -0.6)
    for panel in panels[: len(items) : _COLUMNS]:
        panel.set_yticks(range(len(order)), [words_of(group) for _, group in order])
    figure.legend(handles=_legend(evidence), loc="outside lower center", ncols=4)
    return figure


def _panel(panel: Axes, part: pd.DataFrame, item: GeneralTask, order: list[tuple[str, str]]) -> None:
    metric = metric_of(item)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="x", labelsize=6)
    panel.set_title(item.title, loc="left", fontsize=7.5, fontweight="bold", pad=3)
    # A difference of percentages is in points.
    unit = f", {metric.unit.replace('%', 'points')}" if metric.unit else ""
    panel.set_xlabel(f"gap in {metric.name}{unit}   better served →", fontsize=6.5, labelpad=1)
    panel.axvline(0, color="0.5", linewidth=0.7, linestyle="--", zorder=0)
    for number, (attribute, _) in enumerate(order):
        if number and attribute != order[number - 1][0]:
            panel.axhline(number - 0.5, color="0.85", linewidth=0.6, zorder=0)
    for row in part.itertuples(index=False):
        place = order.index((row.attribute, row.group)) + _STEP * (COMPARED.index(row.method) - 1)
        colour = _COLOURS[row.method]
        panel.plot([row.gap_low, row.gap_high], [place, place], color=colour, alpha=0.45, linewidth=1.4)
        panel.plot(row.gap, place, "o", color=colour, markersize=3.5)


def _legend(evidence: GeneralEvidence) -> list[Line2D]:
    confidence = f"{100 * evidence.params.evidence.confidence:g} % interval"
    handles = [
        Line2D(
            [], [], color=_COLOURS[name], label=f"{HEADINGS[name]}, {confidence}", marker="o", markersize=4
        )
        for name in COMPARED
    ]
    return [*handles, Line2D([], [], color="0.5", linewidth=0.7, linestyle="--", label="served alike")]
