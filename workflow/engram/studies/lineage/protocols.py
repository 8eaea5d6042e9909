"""What a study brings to the engine of lineages, so that the engine knows no picture, VGG or accuracy.

The memory study implements these for faces and its VGG in `engram.studies.memory.modality` and
`engram.studies.memory.collect`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from engram.config import RecipeSettings
from engram.core.lineage import Lineage
from engram.core.records import Record
from engram.data.split import Split
from engram.statistics.intervals import Scores

if TYPE_CHECKING:
    # For annotations alone: tables and figures use this module and need no torch.
    from torch import Tensor, nn

    from engram.studies.lineage.trials import Trial
    from engram.training.device import Device

__all__ = ["Batches", "Metric", "Modality", "Network", "Part", "Samples", "Store", "StudyEvidence"]


class Network(Protocol):
    """A network of layers that a stage may freeze from the input on, and one head a label set.

    Besides these it is a `torch.nn.Module`.
    """

    heads: nn.ModuleDict

    @property
    def tasks(self) -> Mapping[str, int]:
        """Label set -> number of classes, of every head."""

    def add_head(self, task: str, classes: int) -> None:
        """Add a head with random weights, unless there is one for ``task``."""

    def frozen_depth(self, layers: str) -> int:
        """Return how many layers from the input on stay fixed when a recipe trains ``layers``."""

    def freeze(self, depth: int) -> None:
        """Fix the first ``depth`` layers."""

    def embed(self, inputs: Tensor, start: int = 0) -> Tensor:
        """Return what the heads read, of inputs or of the output of the first ``start`` layers."""


class Store(Protocol):
    """The prepared samples of one data set, opened for reading."""

    @property
    def hash(self) -> str:
        """SHA-256 of its content."""

    def __len__(self) -> int:
        """Return the number of samples."""


class Part(Protocol):
    """Labelled samples of one data set."""

    def __len__(self) -> int:
        """Return the number of samples."""

    def fraction(self, fraction: float, rng: np.random.Generator) -> Part:
        """Return a random fraction (0 to 1) of them, at least one."""


class Samples(Protocol):
    """The samples of several parts, indexed as one sequence."""

    def __len__(self) -> int:
        """Return the number of samples."""


class Batches(Protocol):
    """The training and validation data of one stage, as the training loop reads them."""

    training: Any
    """What `engram.training.loop.fit` takes as ``batches``."""

    def validation(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the validation samples in order, as inputs and labels."""


class Modality(Protocol):
    """A kind of samples and the networks that read them, such as faces and a VGG."""

    unit: str
    """What records call the samples, such as ``faces``."""

    def open_store(self, folder: Path) -> Store:
        """Open a data set's prepared samples."""

    def part(self, store: Any, split: Split, task: str, subset: str, percent: int = 100) -> Part:
        """Return a subset's samples with a label of ``task``; of the training subset so many percent."""

    def join(self, parts: Sequence[Any]) -> Samples:
        """Return the samples of several parts behind one another."""

    def new_network(self, task: str) -> Network:
        """Return a network with random weights and one head, for ``task``."""

    def load_network(self, path: Path) -> Network:
        """Return a stored network, which must be of the configured size."""

    def save_network(self, path: Path, network: Any) -> None:
        """Write a network atomically."""

    def batches(
        self,
        network: Any,
        depth: int,
        training: Any,
        validation: Any,
        recipe: RecipeSettings,
        *,
        seed: int,
        device: Device,
        scratch: Path,
    ) -> Batches:
        """Return a stage's data, as the first ``depth`` layers give them; ``scratch`` is for caches."""

    def validation(
        self, network: Any, depth: int, samples: Any, *, seed: int, device: Device, cache: Path
    ) -> Callable[[], Iterator[tuple[Tensor, Tensor]]]:
        """Return what yields samples in order without augmentation, as the first ``depth`` layers give them.

        These layers do not learn: their outputs may be kept in the file ``cache``.
        """

    def plain_batches(self, samples: Any) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield samples in order without augmentation, as inputs and labels."""

    def test_samples(self, store: Any, split: Split, task: str, dataset: str) -> pd.DataFrame:
        """Return a row a labelled sample that any fold tests, with the columns that predictions keep."""

    def predict(
        self, network: Any, store: Any, samples: pd.DataFrame, task: str, device: Device
    ) -> pd.DataFrame:
        """Return ``samples`` with the network's predictions and scores."""


class Metric(Protocol):
    """A figure of merit by counts that can be summed over samples, such as accuracy or F1."""

    scale: float
    """What values are multiplied by in tables: 100 for percent."""

    def counts(self, predictions: Any) -> np.ndarray:
        """Return what each model's seed counts on each sample, (M, S, N, K)."""

    def value(self, sums: np.ndarray) -> np.ndarray:
        """Return the metric of summed counts: (..., K) -> (...)."""


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
