"""ROC curves of every method that verifies pairs of faces, the mean over seeds, over the false accept rate on
a log scale; beside them the area under each curve with its interval.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engram.reporting.plots import PAGE
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.verification_scores import mean_curve, verified_tasks
from engram.studies.general.methods import HEADINGS, METHODS
from engram.studies.general.tables.general_verification import verification_frame
from engram.studies.general.task_plan import GeneralTask

__all__ = ["general_verification"]

#: The colours of methods without a student; the others have their student's.
_COLOURS = {
    "original": "#000000",
    "cnn": "#7F7F7F",
    "p_cnn": "#000000",
    "concat": "#56B4E9",
    "pca": "#E69F00",
    "bt": "#8C6D1F",
    "bct": "#B8860B",
    "h_g": "#D55E00",
}
#: Of methods that have no colour of their own.
_OTHER = "#8DA0CB"


def general_verification(evidence: GeneralEvidence) -> Figure:
    """Draw a line of two panels a task: curves, and areas under them in the same colours.

    Heads and cosines of frozen embeddings are dashed and hollow, networks that were trained whole are not.
    """
    items, frame = verified_tasks(evidence), verification_frame(evidence)
    if not items:
        figure = Figure(figsize=(PAGE, 1.0))
        figure.text(0.5, 0.5, "No task is solved by pairs of faces.", ha="center", va="center")
        return figure
    figure = Figure(figsize=(PAGE, 2.9 * len(items)))
    panels = figure.subplots(len(items), 2, squeeze=False)
    for (left, right), item in zip(panels, items, strict=True):
        pairs = evidence.pair_scores(item)
        methods = [name for name in HEADINGS if name in pairs.methods]
        lowest = 1 / max(10, int((~pairs.same).sum()))
        rates = np.geomspace(lowest, 1.0, 200)
        for name in methods:
            left.plot(rates, mean_curve(pairs, name, rates), linewidth=1.1, **_style(name))
        left.set_xscale("log")
        left.set(xlim=(lowest, 1.0), ylim=(0, 101))
        left.set_xlabel("false accept rate")
        left.set_ylabel("true accept rate, %")
        left.set_title(item.title, loc="left", fontweight="bold")
        areas = frame[(frame["task"] == item.name) & (frame["measure"] == "auc")].set_index("method")
        _areas(right, areas, methods, item, 100 * evidence.params.evidence.confidence)
    return figure


def _areas(panel: Axes, areas, methods: list[str], item: GeneralTask, confidence: float) -> None:
    panel.grid(axis="y", visible=False)
    for place, name in enumerate(methods):
        row, style = areas.loc[name], _style(name)
        panel.plot([row["low"], row["high"]], [place, place], alpha=0.45, linewidth=1.6, color=style["color"])
        fill = "white" if style["linestyle"] == "--" else style["color"]
        panel.plot(row["value"], place, "o", markersize=4.5, markerfacecolor=fill, color=style["color"])
    panel.set_yticks(range(len(methods)), [HEADINGS[name] for name in methods])
    panel.set_ylim(len(methods) - 0.4, -0.6)
    panel.set_xlabel(f"area under the curve, %, {confidence:g} % interval")


def _style(name: str) -> dict:
    """Return how a method is drawn: dashed on frozen embeddings, solid where a network was trained whole."""
    method = METHODS[name]
    colour = method.student.colour if method.student else _COLOURS.get(name, _OTHER)
    return {"color": colour, "linestyle": "-" if method.step == "finetune" else "--"}
