"""Everything that an evidence job needs, read when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.errors import DataMissingError
from engram.core.paths import Layout
from engram.core.reading import read_csv
from engram.core.records import Record, read_record
from engram.reporting.shown_faces import ShownFaces, open_faces
from engram.statistics.intervals import Scores, resample
from engram.statistics.predictions import Predictions, read_predictions
from engram.studies.lineage.trials import Trial, datasets_in_use, lineages, trials

__all__ = ["Evidence", "collect"]


@dataclass(frozen=True)
class Evidence:
    """A run's settings and what its jobs left, each part read once and only if it is used."""

    settings: Settings
    layout: Layout

    @cached_property
    def trials(self) -> list[Trial]:
        """Every strategy for every transfer at every fraction."""
        return trials(self.settings.memory)

    @cached_property
    def datasets(self) -> list[str]:
        """The data sets in use, sorted."""
        return datasets_in_use(self.settings)

    @cached_property
    def predictions(self) -> dict[str, Predictions]:
        """The predictions on each data set in use."""
        return {name: self._read_predictions(name) for name in self.datasets}

    @cached_property
    def accuracies(self) -> dict[str, Scores]:
        """The accuracy of every model on each data set in use, with its draws."""
        chosen = self.settings.evidence
        return {
            name: resample(predictions, chosen.resamples, chosen.confidence)
            for name, predictions in self.predictions.items()
        }

    @cached_property
    def training(self) -> dict[tuple[str, int], Record]:
        """The training record of every model: lineage and seed -> record."""
        return {
            (lineage, seed): read_record(self.layout.model_record(lineage, seed))
            for lineage in map(str, lineages(self.settings.memory))
            for seed in self.settings.seeds
        }

    @cached_property
    def preparation(self) -> dict[str, Record]:
        """The preparation record of each data set in use."""
        return {name: read_record(self.layout.faces_record(name)) for name in self.datasets}

    @cached_property
    def splits(self) -> dict[str, pd.DataFrame]:
        """The split of each data set in use: columns row, subject, subset, rank."""
        return {name: _read_split(self.layout.split(name)) for name in self.datasets}

    def baseline(self, source: str, target: str) -> Trial:
        """Return the baseline of a transfer: its trial of the first strategy."""
        first = self.settings.memory.strategies[0]
        return next(t for t in self.trials if (t.source, t.target, t.strategy) == (source, target, first))

    def faces(self, dataset: str) -> np.ndarray | ShownFaces:
        """Return a data set's stored faces, or of published results those that figures show.

        Raises
        ------
        DataMissingError
            If they are not there.
        """
        return open_faces(self.layout, self.layout.faces(dataset))

    def _read_predictions(self, name: str) -> Predictions:
        needed = sorted({str(trial.lineage) for trial in self.trials if name in (trial.source, trial.target)})
        task = self.settings.datasets[name].task
        return read_predictions(self.layout.predictions(name), name, task, self.settings.seeds, needed)


def collect(settings: Settings, results: str | Path) -> Evidence:
    """Return a run's evidence.

    Parameters
    ----------
    settings
        What the run was configured with.
    results
        The folder that holds its models, data and evaluations.
    """
    return Evidence(settings, Layout(Path(results)))


def _read_split(path: Path) -> pd.DataFrame:
    # A subject may be called "NA" or "#7": words are taken as they stand.
    columns, words = ("row", "subject", "subset", "rank"), {"subject": "str"}
    return read_csv(path, DataMissingError, columns, dtype=words, keep_default_na=False)
