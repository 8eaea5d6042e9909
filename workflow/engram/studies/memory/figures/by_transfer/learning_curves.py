"""Loss and validation accuracy by epoch of every stage, a line a seed and fold."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from engram.core.lineage import Lineage
from engram.reporting.plots import PAGE, two_a_row
from engram.studies.memory.collect import Evidence

__all__ = ["learning_curves"]

_TRAINING, _VALIDATION = "0.55", "#0072B2"


def learning_curves(evidence: Evidence, source: str, target: str) -> Figure:
    """Draw two panels a stage, loss and accuracy, two stages a row, in the order of training."""
    stages = _stages(evidence, source, target)
    rows = -(-len(stages) // 2)
    figure = Figure(figsize=(PAGE, 0.95 * rows + 0.6))
    pairs = two_a_row(figure.subplots(rows, 4, squeeze=False), len(stages))
    for (losses, accuracy), lineage in zip(pairs, stages, strict=True):
        for seed in evidence.seeds:
            for record in evidence.trainings(lineage, seed):
                _draw(losses, accuracy, pd.DataFrame(record.history))
        losses.set_title(str(lineage), fontsize=6.5, loc="left")
        losses.set_ylabel("loss", fontsize=6.5)
        accuracy.set_ylabel("accuracy, %", fontsize=6.5)
        accuracy.set_ylim(0, 100)
        for panel in (losses, accuracy):
            panel.tick_params(labelsize=6)
            panel.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
            if panel.get_subplotspec().is_last_row():
                panel.set_xlabel("epoch", fontsize=6.5)
    folded = any(model.fold for lineage in stages for model in evidence.models(lineage))
    figure.legend(handles=_legend("seed and fold" if folded else "seed"), loc="outside lower center", ncols=2)
    return figure


def _stages(evidence: Evidence, source: str, target: str) -> list[Lineage]:
    """Return the transfer's lineages and their ancestors, each once, parents before children."""
    found: dict[Lineage, None] = {}
    for trial in evidence.trials:
        if (trial.source, trial.target) == (source, target):
            for count in range(1, len(trial.lineage.stages) + 1):
                found[Lineage(trial.lineage.stages[:count])] = None
    return list(found)


def _draw(losses: Axes, accuracy: Axes, history: pd.DataFrame) -> None:
    losses.plot(history["epoch"], history["loss"], color=_TRAINING, linewidth=0.8)
    losses.plot(history["epoch"], history["validation_loss"], color=_VALIDATION, linewidth=0.8)
    accuracy.plot(history["epoch"], 100 * history["validation_accuracy"], color=_VALIDATION, linewidth=0.8)


def _legend(line: str) -> list[Line2D]:
    return [
        Line2D([], [], color=_TRAINING, label="training"),
        Line2D([], [], color=_VALIDATION, label=f"validation (a line a {line})"),
    ]
