"""The faces that a search chooses with, and what kernels and statistics make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from engram.config import HeadSettings
from engram.core.seeds import derive_seed
from engram.studies.general.selection.candidates import SAMPLED, Labelled, Subset
from engram.studies.general.selection.kernels import AdditiveKernels
from engram.studies.general.selection.masked_heads import TrainedHeads, train_masked_heads
from engram.training.device import Device
from engram.training.tasks import LabelSet

__all__ = ["PENALTIES", "Rows", "kernel_scores", "train_networks"]

#: Of ridge regression; a kernel's diagonal is 1 on average.
PENALTIES = (1.0, 10.0, 100.0)
#: Values of a regression become classes by so many quantiles.
_QUANTILES = 4


@dataclass(frozen=True)
class Rows:
    """Faces with their embeddings standardised and their targets, none missing."""

    sizes: list[int]
    """Values of each encoder's embedding."""
    labels: LabelSet
    training: np.ndarray
    """(N, T) float32."""
    training_targets: np.ndarray
    validation: np.ndarray
    validation_targets: np.ndarray
    test: np.ndarray
    """(B, T): detected faces to predict."""

    def parts(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Split inputs (N, T) into the encoders' embeddings."""
        return np.split(inputs, np.cumsum(self.sizes)[:-1], axis=1)

    def sample(self, seed: int) -> Rows:
        """Return them with at most `SAMPLED` training faces, drawn by ``seed``."""
        if len(self.training) <= SAMPLED:
            return self
        drawn = np.random.default_rng(derive_seed(seed, "sample")).permutation(len(self.training))
        drawn = np.sort(drawn[:SAMPLED])
        return replace(self, training=self.training[drawn], training_targets=self.training_targets[drawn])

    def labelled(self) -> Labelled:
        """Return the training faces as a statistic of labels wants them."""
        return Labelled(
            [part - part.mean(0) for part in self.parts(self.training.astype(np.float64))],
            _regressed(self.labels, self.training_targets),
            _classes(self.labels, self.training_targets),
        )


def train_networks(
    rows: Rows, subsets: Sequence[Subset], head: HeadSettings, device: Device, seed: int
) -> TrainedHeads:
    """Train a head on every subset. Scores are those of `LabelSet.scores`."""
    own = np.repeat(np.arange(len(rows.sizes)), rows.sizes)
    masks = np.stack([np.isin(own, members) for members in subsets])

    def placed(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(device.torch_device)

    return train_masked_heads(
        masks,
        (placed(rows.training), placed(rows.training_targets)),
        (placed(rows.validation), placed(rows.validation_targets)),
        placed(rows.test),
        rows.labels,
        head,
        device,
        seed=seed,
    )


def kernel_scores(rows: Rows, subsets: Sequence[Subset], device: Device) -> np.ndarray:
    """Return each subset's validation score by additive kernel ridge, (S,).

    Classes are regressed as indicators, attributes as -1/2 and 1/2 (0 where unknown), and scored as a
    network's outputs are. Every other training face chooses the penalty and all give the score: the
    best penalty hardly depends on their number, and trying it on half of them costs an eighth.
    """
    place = device.torch_device
    targets = torch.from_numpy(_regressed(rows.labels, rows.training_targets)).to(place)
    truth = torch.from_numpy(rows.validation_targets)
    kernels = AdditiveKernels(
        *(
            [torch.from_numpy(part).to(place) for part in rows.parts(inputs)]
            for inputs in (rows.training, rows.validation)
        )
    )

    fewer, fewer_targets = kernels.thinned(2), targets[::2]

    def scores(outputs: torch.Tensor) -> list[float]:
        return [float(rows.labels.scores(each, truth).double().mean()) for each in outputs.cpu()]

    found = []
    for members in subsets:
        by_penalty = scores(fewer.ridge(members, fewer_targets, PENALTIES))
        found += scores(kernels.ridge(members, targets, [PENALTIES[int(np.argmax(by_penalty))]]))
    return np.array(found)


def _regressed(labels: LabelSet, targets: np.ndarray) -> np.ndarray:
    """Return what a linear method regresses, (N, O) float32, so that `LabelSet.scores` fits its outputs."""
    if labels.kind == "regression":
        return targets[:, None]
    if labels.kind == "attributes":
        return np.nan_to_num(targets - 0.5).astype(np.float32)
    return np.eye(labels.outputs, dtype=np.float32)[targets]


def _classes(labels: LabelSet, targets: np.ndarray) -> np.ndarray:
    """Return classes as numbers, a column a question: (N, 1), or (N, A) for attributes."""
    if labels.kind == "attributes":
        # An unknown attribute is a class of its own.
        return np.nan_to_num(targets, nan=-1.0)
    if labels.kind == "regression":
        edges = np.quantile(targets, np.arange(1, _QUANTILES) / _QUANTILES)
        return np.searchsorted(edges, targets, side="right")[:, None]
    return targets[:, None]
