"""All that tables, claims and figures read, each part when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.errors import DataMissingError
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.reading import read_csv, read_table
from engram.core.records import Record, read_record
from engram.reporting.shown_faces import ShownFaces, open_faces
from engram.runtime.job_spec import JobFiles, NamedFiles
from engram.statistics.intervals import Scores, accuracy_scores
from engram.statistics.predictions import Predictions, read_predictions
from engram.studies.lineage.folds import folds_of, models_of
from engram.studies.lineage.trials import SweepPoint, Trial, datasets_in_use, sweep_points, trials
from engram.studies.memory.both_sides import mean_of_both
from engram.studies.memory.jobs.evidence import EvidenceParams, table_inputs

__all__ = ["Evidence", "collect"]


@dataclass(frozen=True)
class Evidence:
    """A run's settings and what its jobs left; an `engram.studies.lineage.protocols.StudyEvidence`."""

    settings: EvidenceParams
    layout: Layout
    """Where the run's files lie."""
    files: NamedFiles
    """Lists of files as `table_inputs` gives them; a job has those that its rule names."""

    @classmethod
    def load(cls, inputs: NamedFiles, params: EvidenceParams) -> Evidence:
        """Return the evidence of a job. Nothing is read yet."""
        return cls(params, Layout(Path(params.results)), inputs)

    @cached_property
    def trials(self) -> list[Trial]:
        """Every strategy for every transfer at every fraction."""
        return trials(self.settings.memory)

    @cached_property
    def sweep(self) -> list[SweepPoint]:
        """The models of the sweep, if there is one."""
        return sweep_points(self.settings.memory)

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds of every model."""
        return self.settings.seeds

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
    def training(self) -> dict[tuple[str, int], Record]:
        """The training records: the name of a model, with its fold if it has one, and seed -> record."""
        records = [read_record(Path(file)) for file in self.files.records]
        return {(record.name, record.seed or 0): record for record in records}

    def trainings(self, lineage: Lineage, seed: int) -> list[Record]:
        """Return the training records of a lineage's models of a seed: one, or one a fold."""
        return [self.training[str(model), seed] for model in self.models(lineage)]

    def models(self, lineage: Lineage) -> list[Lineage]:
        """Return the models of a lineage: itself, or one a fold."""
        return models_of(lineage, folds_of(self.settings.datasets))

    @cached_property
    def preparation(self) -> dict[str, Record]:
        """The preparation record of each data set in use."""
        files = zip(self.datasets, self.files.faces, strict=True)
        return {name: read_record(Path(file)) for name, file in files}

    @cached_property
    def splits(self) -> dict[str, pd.DataFrame]:
        """The split of each data set in use: columns row, subject, subset, rank, fold."""
        files = zip(self.datasets, self.files.splits, strict=True)
        return {name: _read_split(Path(file)) for name, file in files}

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

    def baseline(self, source: str, target: str) -> Trial:
        """Return the baseline of a transfer: its trial of the first strategy."""
        first = self.settings.memory.strategies[0]
        return next(t for t in self.trials if (t.source, t.target, t.strategy) == (source, target, first))

    def alone(self, trial: Trial) -> Trial | None:
        """Return the trial of a network of one stage on the target alone, at a trial's fraction, if any."""
        place = (trial.source, trial.target, trial.fraction)
        return next(
            (
                other
                for other in self.trials
                if (other.source, other.target, other.fraction) == place
                and not other.learnt_source
                and len(other.lineage.stages) == 1
                and other.lineage.stage.datasets == [other.target]
            ),
            None,
        )

    def faces(self, dataset: str) -> np.ndarray | ShownFaces:
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


def _read_split(path: Path) -> pd.DataFrame:
    # A subject may be called "NA" or "#7": words are taken as they stand.
    columns, words = ("row", "subject", "subset", "rank", "fold"), {"subject": "str"}
    return read_csv(path, DataMissingError, columns, dtype=words, keep_default_na=False)
