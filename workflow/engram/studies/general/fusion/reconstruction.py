"""Training that reconstructs the source embeddings: its data, its task, and its errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from engram.core.arrays import in_blocks, shuffled_blocks
from engram.core.errors import TrainingError
from engram.core.seeds import derive_seed
from engram.models.fusion_operators import Scale
from engram.studies.general.encoders.embeddings import Embeddings
from engram.training.objective import Task
from engram.training.workload import batch_slices

__all__ = [
    "ReconstructionTask",
    "Rows",
    "ShuffledBatches",
    "StandardisedRows",
    "equal_weights",
    "reconstruction_metrics",
    "reconstruction_table",
    "squared_errors",
]

#: Rows of a block: they are read together.
BLOCK = 1024
#: Blocks that are shuffled together.
_POOL = 8
#: Standardised rows up to this size stay in memory; larger sets are read a batch at a time.
_RESIDENT_BYTES = 256 * 2**20


class StandardisedRows:
    """Standardised embeddings of some faces: small sets stay in memory, large ones are read on request.

    Parameters
    ----------
    rows
        (N,) the faces' rows in their data set.
    """

    def __init__(self, embeddings: Embeddings, rows: np.ndarray, scale: Scale) -> None:
        self.rows = rows
        self._embeddings, self._scale = embeddings, scale
        small = len(rows) * len(scale.mean) * 4 <= _RESIDENT_BYTES
        self._kept = scale.apply(embeddings.rows(rows)) if small else None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: np.ndarray) -> np.ndarray:
        """Return the rows at ``positions`` (B,) as (B, T) float32."""
        if self._kept is not None:
            return self._kept[positions]
        return self._scale.apply(self._embeddings.rows(self.rows[positions]))

    def pair(self, positions: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the rows at ``positions`` (B,) as inputs and, the same, targets."""
        rows = torch.from_numpy(self.take(positions))
        return rows, rows

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all rows in order, in blocks (B, T) float32."""
        return map(self.take, in_blocks(len(self), BLOCK))

    def pairs(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield all rows in order, in blocks."""
        return map(self.pair, in_blocks(len(self), BLOCK))


class Rows(Protocol):
    """What batches are made of: rows of inputs and targets, by their positions."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def pair(self, positions: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return inputs (B, d) and targets (B, T) at ``positions`` (B,)."""


class ShuffledBatches:
    """Shuffled batches of inputs and targets.

    Blocks come in random order, and rows are shuffled within groups of consecutive blocks: a file is
    read nearly in order, and a small set is shuffled as a whole.
    """

    def __init__(self, source: Rows, batch_size: int, seed: int) -> None:
        self._source, self._batch_size, self._seed = source, batch_size, seed

    def __len__(self) -> int:
        return len(self._source)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield inputs and targets; every row once."""
        rng = np.random.default_rng(derive_seed(self._seed, "embeddings", number))
        order = shuffled_blocks(len(self), BLOCK, _POOL, rng)
        for batch in batch_slices(len(order), self._batch_size, joins=False):
            yield self._source.pair(order[batch])


class ReconstructionTask(Task):
    """Equation 3 of Vielzeuf et al. (2019): the sum over encoders of ||h~_i - h_i||^2.

    On standardised values, and divided by their number T, which only scales the loss. With weights it is the
    mean over encoders of each one's mean, so that a large embedding counts no more than a small one.

    Parameters
    ----------
    network
        Inputs (B, T) to reconstruction (B, T) and divergence (B,).
    kl
        Weight of the divergence. With 2 d / T and the divergence's mean over the code's d values the loss is
        2 / T times the negative evidence bound, less a constant, of values with noise of variance 1:
        sum ||h~ - h||^2 / 2 + sum KL = (T / 2) (mean squared error + (2 d / T) mean KL).
    weights
        (T,) of the values, of mean 1: `equal_weights`. By default all are 1.
    """

    weights: Tensor | None

    def __init__(self, network: nn.Module, kl: float = 0.0, weights: Tensor | None = None) -> None:
        super().__init__(network)
        self.kl = kl
        self.register_buffer("weights", weights, persistent=False)

    def forward(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return ``loss`` and its part ``error`` (scalars)."""
        error, divergence = self._parts(inputs, targets)
        return {"loss": error.mean() + self.kl * divergence.mean(), "error": error.mean()}

    def measure(self, inputs: Tensor, targets: Tensor) -> tuple[float, float]:
        """Return the batch's summed score, minus the mean squared error of a face, and summed loss."""
        error, divergence = self._parts(inputs, targets.to(inputs.device))
        return -float(error.sum()), float((error + self.kl * divergence).sum())

    def _parts(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        reconstruction, divergence = self.network(inputs)
        squares = (reconstruction.float() - targets).square()
        return (squares if self.weights is None else squares * self.weights).mean(1), divergence


def equal_weights(encoders: Mapping[str, int]) -> Tensor:
    """Return weights (T,) of mean 1 that make every encoder count the same, whatever its embedding's size."""
    sizes = torch.tensor(list(encoders.values()))
    return (sizes.sum() / (len(sizes) * sizes)).repeat_interleave(sizes)


def squared_errors(
    reconstruction: np.ndarray, standardised: np.ndarray, encoders: Mapping[str, int]
) -> np.ndarray:
    """Return each face's mean squared error of each encoder's embedding, (B, encoders) float64.

    Parameters
    ----------
    reconstruction, standardised
        (B, T).
    encoders
        Name -> size of each embedding, in the order of concatenation.
    """
    squares = np.square(reconstruction - standardised, dtype=np.float64)
    sizes = list(encoders.values())
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)
    return np.add.reduceat(squares, starts, axis=1) / sizes


def reconstruction_table(
    errors: np.ndarray, faces: pd.DataFrame, operator: str, seed: int, encoders: Mapping[str, int]
) -> pd.DataFrame:
    """Return what ``reconstruction.parquet`` holds, a row a face.

    Parameters
    ----------
    errors
        (N, encoders) of :func:`squared_errors`.
    faces
        ``row`` and ``subject`` of the N faces.

    Raises
    ------
    TrainingError
        If an error is not finite.
    """
    if not np.isfinite(errors).all():
        raise TrainingError(f"operator '{operator}', seed {seed}: its reconstruction is not finite.")
    table = faces[["row", "subject"]].reset_index(drop=True).assign(operator=operator, seed=seed)
    return table.assign(**dict(zip(encoders, errors.T, strict=True)))


def reconstruction_metrics(table: pd.DataFrame, encoders: Mapping[str, int]) -> dict[str, float]:
    """Return ``rmse/<encoder>``, the root of a column's mean, and ``rmse/average`` over the encoders.

    As each value has standard deviation 1, this is the RMSE divided by the standard deviation (Table 5).
    """
    rmse = {f"rmse/{name}": float(np.sqrt(table[name].mean())) for name in encoders}
    return {**rmse, "rmse/average": float(np.mean(list(rmse.values())))}
