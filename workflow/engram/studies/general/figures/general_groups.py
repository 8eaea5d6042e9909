"""The fine-tuned student for each group of subjects, each group with its own interval. The dashed line is
all test faces.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.reporting.plots import PAGE
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.headings import words_of
from engram.studies.general.metrics import metric_of
from engram.studies.general.plan import GeneralTask
from engram.studies.general.tables.general_groups import ATTRIBUTES, STUDENT, groups_frame

__all__ = ["general_groups"]

_COLUMNS = 3
_COLOURS = dict(zip(ATTRIBUTES, ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=True))


def general_groups(evidence: GeneralEvidence) -> Figure:
    """Draw a panel a target task and in it a line a group; better is to the right."""
    frame = groups_frame(evidence)
    items = [item for item in evidence.targets if item.name in set(frame["knowledge"])]
    if not items:
        figure = Figure(figsize=(PAGE, 1.0))
        figure.text(0.5, 0.5, "No data set says anything of its people's groups.", ha="center", va="center")
        return figure
    pairs = frame[["attribute", "group"]].drop_duplicates().itertuples(index=False, name=None)
    order = sorted(pairs, key=lambda pair: ATTRIBUTES.index(pair[0]))
    rows = -(-len(items) // _COLUMNS)
    figure = Figure(figsize=(PAGE, rows * (0.135 * len(order) + 0.62) + 0.35))
    panels = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False).ravel()
    for panel, item in zip(panels, items, strict=False):
        overall = evidence.scores[item.name].of(STUDENT).value
        _panel(panel, frame[frame["knowledge"] == item.name], item, overall, order)
    for panel in panels[len(items) :]:
        panel.remove()
    panels[0].set_ylim(len(order) - 0.4, -0.6)
    for panel in panels[: len(items) : _COLUMNS]:
        panel.set_yticks(range(len(order)), [words_of(group) for _, group in order])
        for label, (attribute, _) in zip(panel.get_yticklabels(), order, strict=True):
            label.set_color(_COLOURS[attribute])
    figure.legend(handles=_legend(evidence, order), loc="outside lower center", ncols=5)
    return figure


def _panel(
    panel: Axes, part: pd.DataFrame, item: GeneralTask, overall: float, order: list[tuple[str, str]]
) -> None:
    metric = metric_of(item)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="x", labelsize=6)
    panel.set_title(item.title, loc="left", fontsize=7.5, fontweight="bold", pad=3)
    panel.set_xlabel(
        f"{metric.name}{f', {metric.unit}' if metric.unit else ''}   better →", fontsize=6.5, labelpad=1
    )
    panel.axvline(overall, color="0.5", linewidth=0.7, linestyle="--", zorder=0)
    for row in part.itertuples(index=False):
        place, colour = order.index((row.attribute, row.group)), _COLOURS[row.attribute]
        panel.plot([row.low, row.high], [place, place], color=colour, alpha=0.45, linewidth=1.6)
        panel.plot(row.value, place, "o", color=colour, markersize=4.5)
    if metric.better < 0:
        panel.invert_xaxis()


def _legend(evidence: GeneralEvidence, order: list[tuple[str, str]]) -> list[Line2D]:
    confidence = f"{100 * evidence.params.evidence.confidence:g} % interval"
    plain = {"marker": "o", "markersize": 4.5}
    handles = [
        Line2D([], [], color=_COLOURS[name], label=f"{words_of(name)}, {confidence}", **plain)
        for name in dict.fromkeys(attribute for attribute, _ in order)
    ]
    return [*handles, Line2D([], [], color="0.5", linewidth=0.7, linestyle="--", label="everybody")]
