"""Multi-layer perceptrons on frozen arrays, many trained at once as one batched computation.

A head on a frozen representation is small: a step costs more in calls than in arithmetic. Heads of
one shape, as of several seeds and folds, therefore share every call.

A head's result depends on its own data and seed alone, whichever others train with it, up to the
rounding of float32 sums: weights, order of the faces and dropout are drawn from its own seed, and
its best epoch and its stop are its own. Two heads of one seed draw alike. Heads that read subsets
of one array's columns are `engram.studies.general.selection.brute_force`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from engram.config import TrainingSettings
from engram.core.errors import TrainingError
from engram.core.seeds import derive_seed
from engram.models.perceptrons import Perceptrons, forward
from engram.training.device import Device
from engram.training.optimiser import AdamW
from engram.training.tasks import LabelSet
from engram.training.workload import batch_slices

__all__ = ["Head", "TrainedHead", "standardiser", "train_heads"]

#: Weights of the heads that share a computation, at most: the optimiser's state is four times that.
_TOGETHER = 1 << 22
#: Faces of a pass where nothing is learnt.
_FORWARD = 512


@dataclass(frozen=True)
class Head:
    """One perceptron to train."""

    inputs: np.ndarray
    """(N, d), float16 or float32, may be memory-mapped; standardised by the training rows' statistics."""
    labels: LabelSet
    targets: np.ndarray
    """(N, ...), as ``labels`` gives them, with a target for each training and validation row."""
    training: np.ndarray
    """Rows of ``inputs`` to learn from."""
    validation: np.ndarray
    """Rows of ``inputs`` that choose the epoch."""
    seed: int


@dataclass(frozen=True)
class TrainedHead:
    """A perceptron with the weights of its best epoch."""

    layers: list[tuple[Tensor, Tensor]]
    """Weights (1, in, out) and biases (1, 1, out), on the CPU."""
    mean: np.ndarray
    scale: np.ndarray
    score: float
    """Its mean validation score, as `LabelSet.scores` gives it; more is better."""
    epoch: int
    """The epoch of these weights, from 1."""

    def outputs(self, inputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the outputs (B, O) float32 for ``rows`` (B,) of inputs (N, d)."""
        parts = [np.empty((0, self.layers[-1][1].shape[2]), np.float32)]
        with torch.inference_mode():
            for start in range(0, len(rows), _FORWARD):
                batch = np.asarray(inputs[rows[start : start + _FORWARD]], np.float32)
                standard = torch.from_numpy((batch - self.mean) * self.scale)
                parts.append(forward(self.layers, standard[None])[0].numpy())
        return np.concatenate(parts)


def train_heads(
    heads: Sequence[Head],
    hidden: Sequence[int],
    dropout: float,
    recipe: TrainingSettings,
    device: Device,
) -> list[TrainedHead]:
    """Train perceptrons on frozen arrays; return them in the order given, each at its best epoch.

    Best is the highest validation score, then the lowest validation loss, and the learning rate
    falls to zero along a cosine, as in `engram.training.loop.fit`.

    Parameters
    ----------
    hidden
        Sizes of the hidden layers; dropout follows the last.

    Raises
    ------
    TrainingError
        If a head has no training or validation row, a row without a target, inputs that are not
        finite, or a loss that is not.
    """
    for head in heads:
        _check(head)
    trained: dict[int, TrainedHead] = {}
    for positions in _groups(heads, hidden, recipe.batch_size):
        group = _Group([heads[position] for position in positions], hidden, dropout, recipe, device)
        trained |= zip(positions, group.train(), strict=True)
    return [trained[position] for position in range(len(heads))]


def _check(head: Head) -> None:
    for name, rows in (("training", head.training), ("validation", head.validation)):
        if not len(rows):
            raise TrainingError(f"task '{head.labels.task}': no detected {name} face has a label.")
        if not head.labels.labelled(head.targets[rows]).all():
            raise TrainingError(f"task '{head.labels.task}': a {name} face has no label.")


def standardiser(inputs: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (d,) of some rows of inputs (N, d) and one over their standard deviation (d,).

    Read in parts, so that a memory-mapped array stays on the disk. A column that does not vary
    gets 0: it carries nothing, and its rounding errors must not be blown up.

    Raises
    ------
    TrainingError
        If a value is not finite.
    """
    total = square = np.zeros(inputs.shape[1])
    for start in range(0, len(rows), _FORWARD):
        part = np.asarray(inputs[rows[start : start + _FORWARD]], np.float64)
        total = total + part.sum(0)
        square = square + np.square(part).sum(0)
    if not np.isfinite(square).all():
        column = int(np.flatnonzero(~np.isfinite(square))[0])
        raise TrainingError(
            f"column {column} of a representation is not finite. Extract the embeddings again."
        )
    mean = total / len(rows)
    deviation = np.sqrt(np.maximum(square / len(rows) - mean**2, 0.0))
    scale = np.where(deviation > 1e-6 * (1 + np.abs(mean)), 1 / np.maximum(deviation, 1e-12), 0.0)
    return mean.astype(np.float32), scale.astype(np.float32)


def _groups(heads: Sequence[Head], hidden: Sequence[int], batch: int) -> Iterator[list[int]]:
    """Yield the positions of heads that are computed at once: of equal shapes and steps an epoch."""
    groups: dict[tuple[int, int, str, int], list[int]] = {}
    for position, head in enumerate(heads):
        steps = math.ceil(len(head.training) / batch)
        key = (head.inputs.shape[1], head.labels.outputs, head.labels.kind, steps)
        groups.setdefault(key, []).append(position)
    for (columns, outputs, *_), positions in groups.items():
        weights = sum(before * after for before, after in pairwise([columns, *hidden, outputs]))
        many = max(1, _TOGETHER // weights)
        yield from (positions[start : start + many] for start in range(0, len(positions), many))


class _Group:
    """M heads that are trained as one computation."""

    def __init__(
        self,
        heads: list[Head],
        hidden: Sequence[int],
        dropout: float,
        recipe: TrainingSettings,
        device: Device,
    ) -> None:
        self._heads, self._recipe, self._device = heads, recipe, device
        self._dropout, self._width = dropout, hidden[-1]
        #: Scores come in standard units; each head's own scale brings them to the task's unit.
        self._labels = replace(heads[0].labels, scale=1.0)
        self._unit = torch.tensor([head.labels.scale for head in heads])
        self._statistics = [standardiser(head.inputs, head.training) for head in heads]
        self._mean, self._scale = (
            torch.from_numpy(np.stack(values))[:, None].to(device.torch_device)
            for values in zip(*self._statistics, strict=True)
        )
        seeds = [head.seed for head in heads]
        sizes = [heads[0].inputs.shape[1], *hidden, heads[0].labels.outputs]
        self._network = Perceptrons(sizes, seeds, device.torch_device)
        self._seeds = sorted(set(seeds))
        self._stream = torch.tensor([self._seeds.index(seed) for seed in seeds], device=device.torch_device)

    def train(self) -> list[TrainedHead]:
        """Train until every head has stopped; return them at their best epochs."""
        recipe, count = self._recipe, len(self._heads)
        optimiser = AdamW(self._network.parameters, recipe.weight_decay)
        kept = self._network.copy()
        best = torch.full((2, count), -math.inf, dtype=torch.float64)
        best_epoch = torch.zeros(count, dtype=torch.int64)
        for epoch in range(1, recipe.epochs + 1):
            learning = epoch <= best_epoch + recipe.patience
            if not learning.any():
                break
            rate = recipe.rate(epoch)
            self._epoch(optimiser, epoch, rate)
            now = self._validate(epoch)
            better = learning & ((now[0] > best[0]) | ((now[0] == best[0]) & (now[1] > best[1])))
            best, best_epoch = torch.where(better, now, best), torch.where(better, epoch, best_epoch)
            self._network.copy_models(better.to(self._device.torch_device), kept)
        scores = best[0] * self._unit
        return [
            TrainedHead(self._network.one(kept, model), *statistics, float(scores[model]), int(epoch))
            for model, (statistics, epoch) in enumerate(zip(self._statistics, best_epoch, strict=True))
        ]

    def _epoch(self, optimiser: AdamW, epoch: int, rate: float) -> None:
        orders = [
            head.training[_stream(head.seed, "faces", epoch).permutation(len(head.training))]
            for head in self._heads
        ]
        dropouts = [_stream(seed, "dropout", epoch) for seed in self._seeds]
        for batch in batch_slices(max(map(len, orders)), self._recipe.batch_size, joins=False):
            inputs, targets, weights = self._gather([order[batch] for order in orders])
            keep = self._keep(dropouts, weights.shape[1])
            with self._device.autocast():
                outputs = self._network(inputs, keep)
            losses, _ = self._judge(outputs, targets, scores=False)
            (losses * weights).sum().backward()
            optimiser.step(rate)

    def _keep(self, dropouts: list[np.random.Generator], faces: int) -> Tensor | None:
        """Return what dropout multiplies by, (M, faces, width); one draw a seed."""
        if not self._dropout:
            return None
        # As many draws as a whole batch needs, so that they do not depend on the other heads' sizes.
        shape = (self._recipe.batch_size, self._width)
        drawn = np.stack([stream.integers(0, 1 << 16, shape, np.uint16)[:faces] for stream in dropouts])
        keep = torch.from_numpy(drawn >= round(self._dropout * (1 << 16))).to(self._device.torch_device)
        return keep[self._stream] / (1 - self._dropout)

    def _gather(self, rows: list[np.ndarray]) -> tuple[Tensor, Tensor, Tensor]:
        """Return standardised inputs (M, B, d), targets (M, B, ...) and weights (M, B) of rows by head.

        The weights of a head's rows are one over their number; what fills up its batch weighs 0.
        """
        widest, first = max(map(len, rows)), self._heads[0]
        inputs = np.zeros((len(rows), widest, first.inputs.shape[1]), np.float32)
        targets = np.zeros((len(rows), widest, *first.targets.shape[1:]), first.targets.dtype)
        weights = np.zeros((len(rows), widest), np.float32)
        for number, (head, mine) in enumerate(zip(self._heads, rows, strict=True)):
            inputs[number, : len(mine)] = head.inputs[mine]
            targets[number, : len(mine)] = head.targets[mine]
            weights[number, : len(mine)] = 1 / max(len(mine), 1)
        send = self._device.send
        standard = send(torch.from_numpy(inputs)).sub_(self._mean).mul_(self._scale)
        return standard, send(torch.from_numpy(targets)), send(torch.from_numpy(weights))

    def _judge(self, outputs: Tensor, targets: Tensor, *, scores: bool) -> tuple[Tensor, Tensor | None]:
        """Return the losses (M, B) of outputs (M, B, O), and their scores if asked for."""
        flat, truth = outputs.flatten(0, 1), targets.flatten(0, 1)
        losses = self._labels.loss(flat, truth).view(outputs.shape[:2])
        return losses, self._labels.scores(flat, truth).view_as(losses) if scores else None

    def _validate(self, epoch: int) -> Tensor:
        """Return each head's mean validation score and minus its mean loss, (2, M) on the CPU."""
        total = torch.zeros(2, len(self._heads), dtype=torch.float64)
        counts = [len(head.validation) for head in self._heads]
        with torch.inference_mode():
            for start in range(0, max(counts), _FORWARD):
                rows = [head.validation[start : start + _FORWARD] for head in self._heads]
                inputs, targets, weights = self._gather(rows)
                with self._device.autocast():
                    outputs = self._network(inputs)
                losses, scores = self._judge(outputs, targets, scores=True)
                total += (torch.stack([scores, -losses]) * (weights > 0)).sum(2).cpu()
        if not torch.isfinite(total).all():
            raise TrainingError(
                f"task '{self._labels.task}': the loss of a head is not finite in epoch {epoch}. "
                "Lower 'general.head.training.learning_rate'."
            )
        return total / torch.tensor(counts)


def _stream(seed: int, use: str, epoch: int) -> np.random.Generator:
    return np.random.default_rng(derive_seed(seed, use, epoch))
