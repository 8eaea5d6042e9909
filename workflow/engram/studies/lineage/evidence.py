"""What the tables of every study of lineages read of its settings and records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from engram.core.errors import DataMissingError
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.reading import read_csv
from engram.core.records import Record, read_record
from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.folds import Folds, models_of
from engram.studies.lineage.trials import StudySettings, Trial, trials

__all__ = ["LineageEvidence"]


@dataclass(frozen=True)
class LineageEvidence(ABC):
    """A run's settings and what its jobs left; an `engram.studies.lineage.protocols.StudyEvidence`.

    Nothing is read before it is asked for.
    """

    settings: Any
    """What the study's tables depend on, such as `engram.studies.memory.jobs.evidence.EvidenceParams`."""
    layout: Layout
    """Where the run's files lie."""
    files: NamedFiles
    """Lists of files by what they hold; a job has those that its rule names."""

    @property
    @abstractmethod
    def study(self) -> StudySettings:
        """The study's own settings."""

    @property
    @abstractmethod
    def folds(self) -> Folds:
        """The data sets with folds, and how many."""

    @property
    @abstractmethod
    def datasets(self) -> list[str]:
        """The data sets in use, sorted."""

    @cached_property
    def trials(self) -> list[Trial]:
        """Every strategy for every transfer at every fraction."""
        return trials(self.study)

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds of every model."""
        return self.settings.seeds

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
        return models_of(lineage, self.folds)

    @cached_property
    def splits(self) -> Mapping[str, pd.DataFrame]:
        """The split of each data set in use: columns row, subject, subset, rank, fold."""
        files = zip(self.datasets, self.files.splits, strict=True)
        return {name: _read_split(Path(file)) for name, file in files}

    def baseline(self, source: str, target: str) -> Trial:
        """Return the baseline of a transfer: its trial of the first strategy."""
        first = self.study.strategies[0]
        return next(t for t in self.trials if (t.source, t.target, t.strategy) == (source, target, first))

    def reference(self, trial: Trial) -> Trial | None:
        """Return the trial that a trial's gain on the target is measured against: the baseline."""
        return self.baseline(trial.source, trial.target)

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


def _read_split(path: Path) -> pd.DataFrame:
    # A subject may be called "NA" or "#7": words are taken as they stand.
    columns, words = ("row", "subject", "subset", "rank", "fold"), {"subject": "str"}
    return read_csv(path, DataMissingError, columns, dtype=words, keep_default_na=False)
