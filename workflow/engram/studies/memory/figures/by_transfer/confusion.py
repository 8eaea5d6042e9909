"""Confusion matrices on source and target, mean over seeds, a row a true class.

Drawn for the baseline and every strategy with all of the target's data.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engram.reporting.plots import PAGE, two_a_row
from engram.statistics.metrics import confusion as count_answers
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence

__all__ = ["confusion", "full_trials"]


def confusion(evidence: Evidence, source: str, target: str) -> Figure:
    """Draw two matrices a strategy, for source and target, two strategies a row.

    Rows are true classes, columns answers, the last one undetected faces; a row sums to 100 %
    and is the mean over seeds. Classes that the test subset lacks have empty rows.
    """
    trials = full_trials(evidence, source, target)
    rows = -(-len(trials) // 2)
    figure = Figure(figsize=(PAGE, 1.75 * rows + 0.8))
    pairs = two_a_row(figure.subplots(rows, 4, squeeze=False), len(trials))
    titles = evidence.settings.datasets
    for pair, trial in zip(pairs, trials, strict=True):
        for panel, role, dataset in zip(pair, ("source", "target"), (source, target), strict=True):
            if role in trial.roles:
                _matrix(panel, evidence, trial, dataset)
            else:
                panel.grid(visible=False)
                panel.set_xlim(-0.5, len(evidence.predictions[dataset].classes) + 0.5)
                panel.set_ylim(len(evidence.predictions[dataset].classes) - 0.5, -0.5)
                panel.text(0.5, 0.5, "never trained\non the source", ha="center", transform=panel.transAxes)
            panel.set_title(f"{trial.strategy} on {titles[dataset].title}", fontsize=7)
        _label(pair, evidence.predictions[source].classes)
    figure.supxlabel("answer, % of the true class", fontsize=8)
    figure.supylabel("true class", fontsize=8)
    return figure


def full_trials(evidence: Evidence, source: str, target: str) -> list[Trial]:
    """Return a transfer's baseline and each strategy at its largest fraction, in the settings' order."""
    mine = [trial for trial in evidence.trials if (trial.source, trial.target) == (source, target)]
    largest = {trial.strategy: trial for trial in sorted(mine, key=lambda trial: trial.fraction)}
    return [largest[name] for name in evidence.settings.memory.strategies]


def _matrix(panel: Axes, evidence: Evidence, trial: Trial, dataset: str) -> None:
    predictions = evidence.predictions[dataset]
    predicted = predictions.predicted[predictions.index(str(trial.lineage))]
    counts = count_answers(predictions.truth, predicted, len(predictions.classes)).sum(axis=0)
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(100 * counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    panel.imshow(share, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    panel.grid(visible=False)
    panel.tick_params(length=0)
    for (row, column), value in np.ndenumerate(share):
        if value >= 0.5:  # what rounds to zero stays empty, so that the eye finds the rest
            colour = "white" if value > 55 else "black"
            panel.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=5.5, color=colour)


def _label(pair: np.ndarray, classes: tuple[str, ...]) -> None:
    """Write the class names on the outer edges of the figure only."""
    answers = [*classes, "undetected"]
    for panel in pair:
        place = panel.get_subplotspec()
        panel.set_xticks(range(len(answers)), answers if place.is_last_row() else [], rotation=90, fontsize=6)
        panel.set_yticks(range(len(classes)), classes if place.is_first_col() else [], fontsize=6)
