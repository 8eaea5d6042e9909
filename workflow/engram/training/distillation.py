"""How a student learns from teachers: its losses, its training task and its batches.

Every loss is one a face, so that teachers can be dropped face by face and means be taken anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.config import AugmentSettings
from engram.core.arrays import in_blocks
from engram.core.seeds import derive_seed
from engram.training.batches import augment, shuffled
from engram.training.loop import Task
from engram.training.workload import FORWARD_BATCH

__all__ = [
    "DistillationTask",
    "TaughtBatches",
    "cosine_loss",
    "keep_teachers",
    "reconstruction_loss",
    "teacher_losses",
]

#: Keeps a cosine finite where an embedding is zero.
_TINY = 1e-16


def cosine_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Return one minus the cosine of each student's and teacher's embedding, (B, D) to (B,).

    Equation 4 of Vielzeuf et al. (2019), printed there as a similarity.
    """
    return 1 - F.cosine_similarity(student.float(), teacher.float(), dim=1)


def reconstruction_loss(rebuilt: Tensor, teachers: Tensor) -> Tensor:
    """Return the mean squared error of each face's standardised embeddings, (B, T) to (B,).

    Equation 3 of Vielzeuf et al. (2019) divided by the number T of values, so that a learning
    rate does not depend on it; section 3.4 trains E_MT by it in one step.
    """
    return (rebuilt.float() - teachers.float()).square().mean(1)


def teacher_losses(rebuilt: Tensor, teachers: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return each face's loss to each teacher, (B, sum of sizes) to (B, teachers).

    The mean of one minus the cosine and of the smooth L1 distance, itself the mean over the
    teacher's values: the loss of UNIC (Sariyildiz, Weinzaepfel, Lucas, Larlus and Kalantidis,
    ECCV 2024) with its equal weights.
    """
    ours, theirs = rebuilt.float(), teachers.float()
    distances = F.smooth_l1_loss(ours, theirs, reduction="none")
    # All at once, then a mean a teacher: teacher by teacher the same takes three times as long.
    parts = torch.stack([ours * theirs, ours.square(), theirs.square(), distances]).split(sizes, 2)
    product, one, other, distance = torch.stack([part.mean(2) for part in parts], dim=2)
    cosine = product / (one * other).clamp_min(_TINY).sqrt()
    return (1 - cosine + distance) / 2


def keep_teachers(losses: Tensor, chance: float) -> Tensor:
    """Return which teachers each face learns from in this step, (B, teachers) bool.

    Teacher dropping of UNIC: a face's teacher of the largest loss always stays, each other is
    dropped with ``chance``. It draws from torch's own generator.
    """
    largest = losses == losses.amax(1, keepdim=True)
    return largest | (torch.rand_like(losses) >= chance)


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


class TaughtBatches:
    """Faces with what teachers gave for them, both read when a batch needs them.

    Parameters
    ----------
    faces
        (N, H, W, 3) uint8, memory-mapped.
    rows
        The faces that are learnt from.
    targets
        Positions in ``rows`` (B,) to targets (B, T) float32.
    to_inputs
        Faces (B, H, W, 3) to the network's inputs.
    """

    def __init__(
        self,
        faces: np.ndarray,
        rows: np.ndarray,
        targets: Callable[[np.ndarray], np.ndarray],
        to_inputs: Callable[[np.ndarray], Tensor],
        *,
        batch_size: int,
        settings: AugmentSettings,
        seed: int,
    ) -> None:
        # A plain view: indexing numpy's memory-map class costs more.
        self._faces, self._rows, self._targets, self._to_inputs = np.asarray(faces), rows, targets, to_inputs
        self._batch_size, self._settings, self._seed = batch_size, settings, seed

    def __len__(self) -> int:
        return len(self._rows)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield augmented inputs (B, C, H, W) and targets (B, T); every face once."""
        seed = derive_seed(self._seed, "faces", number)
        for chosen, rng in shuffled(len(self), self._batch_size, seed):
            yield self._batch(chosen, augment(self._faces[self._rows[chosen]], self._settings, rng))

    def plain(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield all inputs and targets in order, as they are."""
        for chosen in in_blocks(len(self), FORWARD_BATCH):
            yield self._batch(chosen, self._faces[self._rows[chosen]])

    def _batch(self, chosen: np.ndarray, faces: np.ndarray) -> tuple[Tensor, Tensor]:
        return self._to_inputs(faces), torch.from_numpy(self._targets(chosen))
