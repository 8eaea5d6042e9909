"""What a study brings to the engine of lineages, so that the engine knows no picture, VGG or accuracy.

The memory study implements these for faces and its VGG in `engram.studies.memory.modality` and
`engram.studies.memory.collect`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from engram.core.lineage import Lineage
from engram.core.records import Record
from engram.data.split import Split

if TYPE_CHECKING:
    # For annotations alone: tables and figures use this module and need no torch.
    from torch import nn

    from engram.statistics.intervals import Scores
    from engram.studies.lineage.learning import Learning
    from engram.studies.lineage.stage_job import StageJob
    from engram.studies.lineage.trials import Trial
    from engram.training.device import Device

__all__ = ["Learner", "Modality", "Network", "Store", "StudyEvidence"]


class Network(Protocol):
    """A network of layers that a stage may freeze from the input on, and one head a label set.

    Besides these it is a `torch.nn.Module`.
    """

    heads: nn.ModuleDict

    @property
    def tasks(self) -> Mapping[str, Any]:
        """Label set -> what its head tells apart, of every head."""

    def eval(self) -> Any:
        """Turn to evaluation and return itself."""

    def frozen_depth(self, layers: str) -> int:
        """Return how many layers from the input on stay fixed when a recipe trains ``layers``."""

    def freeze(self, depth: int) -> None:
        """Fix the first ``depth`` layers."""


class Store(Protocol):
    """The prepared samples of one data set, opened for reading."""

    @property
    def hash(self) -> str:
        """SHA-256 of its content."""

    def __len__(self) -> int:
        """Return the number of samples."""


class Learner(Protocol):
    """What prepares one stage for training; its candidates share what it keeps."""

    def prepare(self, job: StageJob, scratch: Path) -> Learning:
        """Return a candidate's network at its start, its task and batches; ``scratch`` is for caches."""


class Modality(Protocol):
    """A kind of samples and the networks that read them, such as faces and a VGG."""

    @property
    def unit(self) -> str:
        """What records call the samples, such as ``faces``."""

    def open_store(self, folder: Path) -> Store:
        """Open a data set's prepared samples."""

    def load_network(self, path: Path) -> Network:
        """Return a stored network, which must be of the configured kind and size."""

    def save_network(self, path: Path, network: Any) -> None:
        """Write a network atomically."""

    def learner(self) -> Learner:
        """Return what prepares a stage: it decides what the stage learns, by what task, of which samples."""

    def head(self, network: Any, model: Lineage, dataset: str, task: str) -> str | None:
        """Return the network's head that answers for a data set of the label set ``task``, if it has one."""

    def test_samples(self, store: Any, split: Split, task: str, dataset: str) -> pd.DataFrame:
        """Return a row a labelled sample that any fold tests, with the columns that predictions keep."""

    def predict(
        self, network: Any, store: Any, samples: pd.DataFrame, head: str, device: Device
    ) -> pd.DataFrame:
        """Return ``samples`` with what a head of the network predicts of them and how well."""


class StudyEvidence(Protocol):
    """What forgetting is computed from."""

    @property
    def trials(self) -> Sequence[Trial]:
        """Every strategy for every transfer at every fraction."""

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds of every model."""

    def trainings(self, lineage: Lineage, seed: int) -> Sequence[Record]:
        """Return the training records of a lineage's models of a seed: one, or one a fold."""

    @property
    def scores(self) -> Mapping[str, Scores]:
        """Data set -> the metric of every model, with paired draws."""

    def baseline(self, source: str, target: str) -> Trial:
        """Return the trial of a transfer's baseline, the first strategy."""

    def reference(self, trial: Trial) -> Trial | None:
        """Return the trial that a trial's gain on the target is measured against, if there is one."""
