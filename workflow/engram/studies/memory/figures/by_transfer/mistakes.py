"""The test faces on which a model was surest of a wrong class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from engram.core.arrays import Faces
from engram.reporting.plots import PAGE
from engram.reporting.shown_faces import ShownFaces
from engram.statistics.predictions import Predictions
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence
from engram.studies.memory.figures._style import colours
from engram.studies.memory.figures.by_transfer.confusion import full_trials
from engram.studies.memory.jobs.evidence import shown_datasets

__all__ = ["Mistake", "mistakes", "shown_rows", "worst_mistakes"]

#: Faces in a row of the page.
_FACES = 8


class Mistake(NamedTuple):
    """A test face that a model got wrong."""

    row: int
    """Index among the data set's faces."""
    truth: str
    prediction: str
    score: float
    """The wrong class's score, the mean over seeds."""


def worst_mistakes(predictions: Predictions, lineage: str, count: int) -> list[Mistake]:
    """Return the faces with the highest score for a wrong class, worst first.

    Scores are averaged over seeds before the best class is taken; undetected faces are left out.
    """
    scores = predictions.scores[predictions.index(lineage)].mean(axis=0)
    seen = np.flatnonzero(np.isfinite(scores).all(axis=1))
    answers = scores[seen].argmax(axis=1)
    wrong = answers != predictions.truth[seen]
    seen, answers = seen[wrong], answers[wrong]
    order = np.argsort(-scores[seen, answers], kind="stable")[:count]
    return [
        Mistake(
            row=int(predictions.rows[image]),
            truth=predictions.classes[predictions.truth[image]],
            prediction=predictions.classes[answer],
            score=float(scores[image, answer]),
        )
        for image, answer in zip(seen[order], answers[order], strict=True)
    ]


def shown_rows(evidence: Evidence, source: str, target: str) -> dict[str, set[int]]:
    """Return the faces that the sheet of a transfer shows: data set -> rows among its faces."""
    datasets = shown_datasets(evidence.settings, source, target)
    trials = full_trials(evidence, source, target)
    return {
        name: {mistake.row for trial in trials for mistake in _shown(evidence, name, trial, len(datasets))}
        for name in datasets
    }


def _shown(evidence: Evidence, dataset: str, trial: Trial, datasets: int) -> list[Mistake]:
    """Return a model's worst mistakes; none on a source that it was never trained on."""
    if dataset == trial.source and not trial.learnt_source:
        return []
    return worst_mistakes(evidence.predictions[dataset], str(trial.lineage), _FACES // datasets)


def mistakes(evidence: Evidence, source: str, target: str) -> Figure:
    """Draw a row a strategy: the source's faces on the left, the target's on the right, as far as shown."""
    datasets = shown_datasets(evidence.settings, source, target)
    trials = full_trials(evidence, source, target)
    figure = Figure(figsize=(PAGE, 1.08 * len(trials) + 0.3))
    blocks = figure.subfigures(1, len(datasets), wspace=0.04, squeeze=False)[0]
    for block, dataset in zip(blocks, datasets, strict=True):
        block.suptitle(f"surest mistakes on {evidence.settings.datasets[dataset].title}", fontsize=8)
        panels = block.subplots(len(trials), _FACES // len(datasets), squeeze=False)
        for line, trial in zip(panels, trials, strict=True):
            _sheet_row(line, evidence.faces(dataset), _shown(evidence, dataset, trial, len(datasets)))
            line[0].set_ylabel(trial.strategy, color=colours(evidence)[trial.strategy], fontweight="bold")
    return figure


def _sheet_row(line: np.ndarray, faces: Faces | ShownFaces, found: list[Mistake]) -> None:
    for panel in line:
        panel.grid(visible=False)
        panel.set_xticks([])
        panel.set_yticks([])
        panel.spines[:].set_visible(False)
    for panel, mistake in zip(line, found, strict=False):
        panel.imshow(faces[mistake.row].squeeze(), cmap="gray", vmin=0, vmax=255)
        panel.set_title(f"{mistake.truth} →\n{mistake.prediction} {mistake.score:.2f}", fontsize=5.5, pad=2)
