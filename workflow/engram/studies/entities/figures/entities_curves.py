"""Score on validation by epoch while the last stage trains, on source (above) and target (below), a column a
transfer: where several texts take turns, what one gains another loses.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from engram.reporting.plots import PAGE
from engram.studies.entities.collect import Evidence
from engram.studies.entities.figures._style import colours, draw_legend, transfers_of
from engram.studies.entities.notes import titles
from engram.studies.lineage.trials import Trial

__all__ = ["entities_curves"]


def entities_curves(evidence: Evidence) -> Figure:
    """Draw a thin line a seed and a thick one for their mean, with all of the target."""
    transfers, chosen = transfers_of(evidence), colours(evidence)
    width = max(PAGE, 2.2 * len(transfers))
    figure = Figure(figsize=(width, 4.6))
    panels = figure.subplots(2, len(transfers), sharey=True, squeeze=False)
    shown: dict[str, None] = {}
    for column, (source, target) in zip(panels.T, transfers, strict=True):
        for panel, name in zip(column, (source, target), strict=True):
            for trial, lines in _curves(evidence, source, target, name):
                shown[trial.strategy] = None
                _draw(panel, lines, *chosen[trial.strategy])
            panel.set_ylim(0, 100)
            panel.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
            role = "source" if name == source else "target"
            panel.set_title(f"{role}: {titles(evidence)[name]}", loc="left")
        column[-1].set_xlabel("epoch of the last stage")
    for row in panels:
        row[0].set_ylabel("validation score, %")
    names = [name for name in evidence.study.strategies if name in shown]
    draw_legend(figure, evidence, names)
    return figure


def _curves(evidence: Evidence, source: str, target: str, name: str) -> Iterator[tuple[Trial, list]]:
    """Yield the curves on one text, of each trial of the transfer that has some: a list a seed."""
    for trial in evidence.trials:
        whole = trial.fraction in (0, max(evidence.study.fractions))
        if (trial.source, trial.target) != (source, target) or not (whole and trial.learnt_source):
            continue
        records = [record for seed in evidence.seeds for record in evidence.trainings(trial.lineage, seed)]
        lines = [
            [(entry["epoch"], 100 * entry[name]) for entry in record.curves if name in entry]
            for record in records
        ]
        if all(lines):
            yield trial, lines


def _draw(panel: Axes, lines: list[list[tuple[float, float]]], colour: str, dashes: str) -> None:
    for line in lines:
        panel.plot(*zip(*line, strict=True), color=colour, linestyle=dashes, linewidth=0.5, alpha=0.4)
    shortest = min(map(len, lines))
    epochs = [epoch for epoch, _ in lines[0][:shortest]]
    means = np.mean([[score for _, score in line[:shortest]] for line in lines], axis=0)
    panel.plot(epochs, means, color=colour, linestyle=dashes, linewidth=1.4)
