"""All that tables, claims and figures read, each part when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from engram.config import Settings
from engram.core.arrays import Faces
from engram.core.errors import DataMissingError
from engram.core.paths import Layout
from engram.core.reading import read_csv, read_table
from engram.core.records import Record, read_record
from engram.reporting.shown_faces import ShownFaces, open_faces
from engram.runtime.job_spec import JobFiles, NamedFiles
from engram.statistics.intervals import Scores, accuracy_scores
from engram.statistics.predictions import Predictions, read_predictions
from engram.studies.lineage.evidence import LineageEvidence
from engram.studies.lineage.folds import Folds, folds_of
from engram.studies.lineage.trials import SweepPoint, datasets_in_use, sweep_points
from engram.studies.memory.both_sides import mean_of_both
from engram.studies.memory.jobs.evidence import EvidenceParams, table_inputs

__all__ = ["Evidence", "collect"]


@dataclass(frozen=True)
class Evidence(LineageEvidence):
    """A run's settings and what its jobs left.

    ``settings`` are `EvidenceParams`, ``files`` lists of files as `table_inputs` gives them.
    """

    @classmethod
    def load(cls, inputs: NamedFiles, params: EvidenceParams) -> Evidence:
        """Return the evidence of a job. Nothing is read yet."""
        return cls(params, Layout(Path(params.results)), inputs)

    @property
    def study(self) -> Any:
        """The study's own settings."""
        return self.settings.memory

    @property
    def folds(self) -> Folds:
        """The data sets with folds, and how many."""
        return folds_of(self.settings.datasets)

    @cached_property
    def sweep(self) -> list[SweepPoint]:
        """The models of the sweep, if there is one."""
        return sweep_points(self.settings.memory)

    @cached_property
    def datasets(self) -> list[str]:
        """The data sets in use, sorted."""
        return datasets_in_use(self.settings)

    @cached_property
    def predictions(self) -> dict[str, Predictions]:
        """The predictions on each data set in use."""
        files = zip(self.datasets, self.files.predictions, strict=True)
        return {name: self._read_predictions(name, Path(file)) for name, file in files}

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """The accuracy in percent of every model on each data set in use."""
        confidence = self.settings.evidence.confidence
        return {
            name: accuracy_scores(predictions, confidence) for name, predictions in self.predictions.items()
        }

    @cached_property
    def both_sides(self) -> dict[tuple[str, str], Scores]:
        """The mean of the accuracies on source and target, in percent, for each transfer (source, target)."""
        pairs = dict.fromkeys((trial.source, trial.target) for trial in self.trials)
        return {pair: mean_of_both(*(self.scores[name] for name in pair)) for pair in pairs}

    @cached_property
    def preparation(self) -> dict[str, Record]:
        """The preparation record of each data set in use."""
        files = zip(self.datasets, self.files.faces, strict=True)
        return {name: read_record(Path(file)) for name, file in files}

    @cached_property
    def labels(self) -> dict[str, pd.Series]:
        """The class of each row of each data set in use, by its task; missing where an image has none."""
        files = zip(self.datasets, self.files.indices, strict=True)
        return {name: _read_labels(Path(file), self.settings.datasets[name].task) for name, file in files}

    @cached_property
    def duplicates(self) -> pd.DataFrame:
        """The faces that have copies; see `engram.data.images.duplicates`."""
        words = dict.fromkeys(("content", "dataset", "image", "subject", "subset", "label"), "str")
        path, columns = Path(self.files.duplicates[0]), (*words, "row")
        return read_csv(path, DataMissingError, columns, dtype=words, keep_default_na=False)

    def faces(self, dataset: str) -> Faces | ShownFaces:
        """Return a data set's stored faces, or of published results those that figures show.

        Raises
        ------
        DataMissingError
            If they are not there.
        """
        return open_faces(self.layout, self.layout.faces(dataset))

    def _read_predictions(self, name: str, file: Path) -> Predictions:
        known = [*self.trials, *(point.trial for point in self.sweep)]
        needed = sorted({str(trial.lineage) for trial in known if name in (trial.source, trial.target)})
        task = self.settings.datasets[name].task
        return read_predictions(file, name, task, self.seeds, needed)


def collect(settings: Settings, results: str | Path) -> Evidence:
    """Return the whole evidence of a run.

    Parameters
    ----------
    settings
        The configuration of the run.
    results
        The folder that holds its models, data and evaluations.
    """
    layout = Layout(Path(results))
    return Evidence(
        EvidenceParams.from_settings(settings), layout, JobFiles(**table_inputs(settings, layout))
    )


def _read_labels(path: Path, task: str) -> pd.Series:
    index = read_table(path, DataMissingError, ("image", "subject", "detected"))
    return index[task] if task in index else pd.Series(None, index.index, dtype="str")
