"""A map of the fused embedding (principal components, then t-SNE): the same test faces in each panel,
coloured by data set and by each label; faces without it are grey.
"""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.core.labels import CLASSES, RANGES
from engram.reporting.plots import PAGE
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import words_of

__all__ = ["general_map"]

_COLUMNS = 3


def general_map(evidence: GeneralEvidence) -> Figure:
    """Draw a panel for the data sets, then one for each label."""
    frame = evidence.view("map")
    labels = [name for name in (*CLASSES, *RANGES) if name in frame and frame[name].notna().any()]
    rows = -(-(1 + len(labels)) // _COLUMNS)
    figure = Figure(figsize=(PAGE, 2.75 * rows))
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    titles = {name: evidence.params.datasets[name].title for name in dict.fromkeys(frame["dataset"])}
    _classes(panels[0], frame, frame["dataset"].map(titles), list(titles.values()), "data set")
    for panel, label in zip(panels[1:], labels, strict=False):
        if label in RANGES:
            _range(figure, panel, frame, label)
        else:
            present = [name for name in CLASSES[label] if (frame[label] == name).any()]
            _classes(panel, frame, frame[label], present, words_of(label))
    for panel in panels[: 1 + len(labels)]:
        panel.set_xticks([])
        panel.set_yticks([])
        panel.grid(visible=False)
        panel.spines[:].set_visible(False)
        panel.set_aspect("equal", adjustable="datalim")
    for panel in panels[1 + len(labels) :]:
        panel.remove()
    return figure


def _classes(panel: Axes, frame: pd.DataFrame, labels: pd.Series, present: list[str], title: str) -> None:
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    _background(panel, frame[labels.isna()], title)
    handles = []
    for place, name in enumerate(present):
        colour, mine = cycle[(place + 1) % len(cycle)], frame[labels == name]
        panel.scatter(mine["x"], mine["y"], s=3, color=colour, linewidths=0)
        handles.append(
            Line2D([], [], marker="o", linestyle="", color=colour, markersize=3, label=words_of(name))
        )
    panel.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.01),
        ncols=3 if max(map(len, present)) < 12 else 2,
        fontsize=5.5,
        columnspacing=0.8,
        handletextpad=0.1,
        borderpad=0,
    )


def _range(figure: Figure, panel: Axes, frame: pd.DataFrame, label: str) -> None:
    known = frame[label].notna()
    _background(panel, frame[~known], label)
    mine = frame[known]
    dots = panel.scatter(mine["x"], mine["y"], s=3, c=mine[label].astype(float), cmap="viridis", linewidths=0)
    bar = figure.colorbar(dots, ax=panel, orientation="horizontal", fraction=0.05, pad=0.02, aspect=30)
    bar.ax.tick_params(labelsize=5.5)
    bar.outline.set_linewidth(0.4)


def _background(panel: Axes, others: pd.DataFrame, title: str) -> None:
    panel.scatter(others["x"], others["y"], s=2, color="0.88", linewidths=0)
    panel.set_title(title, loc="left")
