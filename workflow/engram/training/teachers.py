"""How a student learns from teachers: its training task and its batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from engram.config import AugmentSettings
from engram.core.arrays import Faces
from engram.core.seeds import derive_seed
from engram.training.feeding import FaceFeed
from engram.training.losses.unic import keep_teachers
from engram.training.objective import Task

__all__ = ["DistillationBatches", "DistillationTask"]


class DistillationTask(Task):
    """A training task of the loop: a network whose outputs approach what teachers gave.

    Parameters
    ----------
    network
        Images (B, C, H, W) to outputs (B, T).
    losses
        Outputs and targets (B, T) to losses (B,) or (B, teachers).
    dropping
        Chance that a teacher is dropped for a face, in training.
    """

    def __init__(
        self, network: nn.Module, losses: Callable[[Tensor, Tensor], Tensor], dropping: float = 0.0
    ) -> None:
        super().__init__(network)
        self.losses, self.dropping = losses, dropping

    def forward(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return ``loss``, the mean over all faces and the teachers that they keep."""
        losses = self.losses(self.network(inputs), targets)
        if losses.ndim == 2 and self.dropping:
            kept = keep_teachers(losses.detach(), self.dropping)
            return {"loss": (losses * kept).sum() / kept.sum()}
        return {"loss": losses.mean()}

    def measure(self, inputs: Tensor, targets: Tensor) -> tuple[float, float]:
        """Return minus the summed loss, and the summed loss, of a batch: every teacher counts alike."""
        losses = self.losses(self.network(inputs).float().cpu(), targets)
        loss = float(losses.reshape(len(targets), -1).mean(1).sum())
        return -loss, loss


class DistillationBatches:
    """Faces with what teachers gave for them, both read when a batch needs them.

    Parameters
    ----------
    faces
        (N, H, W, 3) uint8, of one file or several, memory-mapped or decoded.
    rows
        The faces that are learnt from.
    targets
        Positions in ``rows`` (B,) to targets (B, T) float32.
    to_inputs
        Faces (B, H, W, 3) to the network's inputs.
    """

    def __init__(
        self,
        faces: Faces,
        rows: np.ndarray,
        targets: Callable[[np.ndarray], np.ndarray],
        to_inputs: Callable[[np.ndarray], Tensor],
        *,
        batch_size: int,
        settings: AugmentSettings,
        seed: int,
    ) -> None:
        self._rows, self._targets, self._to_inputs, self._seed = rows, targets, to_inputs, seed
        self._feed = FaceFeed.of_rows(faces, rows, batch_size, settings)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def parts(self) -> int:
        """Into how many parts an epoch is divided."""
        return self._feed.parts

    def epoch(self, number: int, part: int | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield augmented inputs (B, C, H, W) and targets (B, T); every face once, or those of one part."""
        seed = derive_seed(self._seed, "faces", number)
        yield from (self._batch(*found) for found in self._feed.epoch(seed, part))

    def plain(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield all inputs and targets in order, as they are."""
        yield from (self._batch(*found) for found in self._feed.plain())

    def _batch(self, chosen: np.ndarray, faces: np.ndarray) -> tuple[Tensor, Tensor]:
        return self._to_inputs(faces), torch.from_numpy(self._targets(chosen))
