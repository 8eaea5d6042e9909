"""Multi-layer perceptrons on frozen arrays, many trained at once as one batched computation.

A head on a frozen representation is small: a step costs more in calls than in arithmetic. Heads of
one shape, as of several seeds and folds, therefore share every call.

A head's result depends on its own data and seed alone, whichever others train with it, up to the
rounding of float32 sums: weights, order of the faces and dropout are drawn from its own seed, and
its best epoch and its stop are its own. Two heads of one seed draw alike. Heads that read subsets
of one array's columns are `engram.studies.general.selection.masked_heads`'s.
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
from engram.training.loop import fit
from engram.training.objective import Task
from engram.training.tasks import LabelSet
from engram.training.workload import HEADS_BATCH, HEADS_WEIGHTS, batch_slices

__all__ = ["Head", "TrainedHead", "standardiser", "train_heads"]


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
            for start in range(0, len(rows), HEADS_BATCH):
                batch = np.asarray(inputs[rows[start : start + HEADS_BATCH]], np.float32)
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
        group = [heads[position] for position in positions]
        trained |= zip(positions, _train_group(group, hidden, dropout, recipe, device), strict=True)
    return [trained[position] for position in range(len(heads))]


def _train_group(
    heads: list[Head], hidden: Sequence[int], dropout: float, recipe: TrainingSettings, device: Device
) -> list[TrainedHead]:
    """Train heads of one shape as one computation."""
    sizes = [heads[0].inputs.shape[1], *hidden, heads[0].labels.outputs]
    statistics = [standardiser(head.inputs, head.training) for head in heads]
    network = Perceptrons(sizes, [head.seed for head in heads])
    task = HeadsTask(network, heads, statistics, dropout).to(device.torch_device)
    batches = HeadBatches(heads, recipe.batch_size, hidden[-1] if dropout else 0, dropout)
    title = f"heads of task '{heads[0].labels.task}' (general.head.training)"
    state = fit(task, batches, batches.validation, recipe, device=device, seed=heads[0].seed, title=title)
    units = [head.labels.scale for head in heads]
    return [
        TrainedHead(network.layers(model), *statistics[model], score * units[model], epoch)
        for model, (score, epoch) in enumerate(
            zip(state.best_score.tolist(), state.best_epoch.tolist(), strict=True)
        )
    ]


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
    for start in range(0, len(rows), HEADS_BATCH):
        part = np.asarray(inputs[rows[start : start + HEADS_BATCH]], np.float64)
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
        many = max(1, HEADS_WEIGHTS // weights)
        yield from (positions[start : start + many] for start in range(0, len(positions), many))


class HeadBatches:
    """The batches of M heads, each of its own rows in the order of its own seed.

    Parameters
    ----------
    width
        Units of the last hidden layer if dropout acts on them, else 0.
    """

    def __init__(self, heads: Sequence[Head], batch_size: int, width: int, dropout: float) -> None:
        self._heads, self._batch_size, self._width, self._dropout = heads, batch_size, width, dropout

    def epoch(self, number: int) -> Iterator[tuple[Tensor, ...]]:
        """Yield inputs (M, B, d), targets (M, B, ...), weights (M, B) and what dropout keeps, by seed."""
        orders = [
            head.training[_stream(head.seed, "faces", number).permutation(len(head.training))]
            for head in self._heads
        ]
        streams = [_stream(seed, "dropout", number) for seed in _seeds(self._heads)]
        for batch in batch_slices(max(map(len, orders)), self._batch_size, joins=False):
            gathered = self._gather([order[batch] for order in orders])
            yield (*gathered, self._keep(streams, gathered[0].shape[1])) if self._width else gathered

    def validation(self) -> Iterator[tuple[Tensor, ...]]:
        """Yield inputs, targets and weights of the validation rows."""
        for start in range(0, max(len(head.validation) for head in self._heads), HEADS_BATCH):
            yield self._gather([head.validation[start : start + HEADS_BATCH] for head in self._heads])

    def _keep(self, streams: list[np.random.Generator], rows: int) -> Tensor:
        """Return which units dropout keeps, (seeds, rows, width) bool."""
        # As many draws as a whole batch needs, so that they do not depend on the other heads' sizes.
        shape = (self._batch_size, self._width)
        drawn = np.stack([stream.integers(0, 1 << 16, shape, np.uint16)[:rows] for stream in streams])
        return torch.from_numpy(drawn >= round(self._dropout * (1 << 16)))

    def _gather(self, rows: list[np.ndarray]) -> tuple[Tensor, ...]:
        """Return inputs (M, B, d), targets (M, B, ...) and weights (M, B) of each head's rows.

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
        return torch.from_numpy(inputs), torch.from_numpy(targets), torch.from_numpy(weights)


class HeadsTask(Task):
    """M perceptrons side by side, each on its own standardised inputs."""

    compiles = False

    def __init__(
        self,
        network: Perceptrons,
        heads: Sequence[Head],
        statistics: Sequence[tuple[np.ndarray, np.ndarray]],
        dropout: float,
    ) -> None:
        super().__init__(network)
        self.mean: Tensor
        self.scale: Tensor
        self.stream: Tensor
        self._kept = 1 - dropout
        #: Scores come in standard units; each head's own scale brings them to the task's unit.
        self._labels = replace(heads[0].labels, scale=1.0)
        for name, values in zip(("mean", "scale"), zip(*statistics, strict=True), strict=True):
            self.register_buffer(name, torch.from_numpy(np.stack(values))[:, None])
        seeds = _seeds(heads)
        self.register_buffer("stream", torch.tensor([seeds.index(head.seed) for head in heads]))

    def forward(
        self, inputs: Tensor, targets: Tensor, weights: Tensor, keep: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return ``loss``, the sum of the heads' mean losses."""
        factors = None if keep is None else keep[self.stream] / self._kept
        outputs = self.network(self._standard(inputs), factors)
        losses = self._labels.loss(outputs.flatten(0, 1), targets.flatten(0, 1))
        return {"loss": (losses.view_as(weights) * weights).sum()}

    def measure(self, inputs: Tensor, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Return the summed scores and losses of each head, (M,)."""
        outputs = self.network(self._standard(inputs)).flatten(0, 1)
        truth, counts = (values.to(outputs.device) for values in (targets.flatten(0, 1), weights > 0))
        figures = (self._labels.scores(outputs, truth), self._labels.loss(outputs, truth))
        scores, losses = ((values.view_as(counts) * counts).sum(1) for values in figures)
        return scores, losses

    def count(self, inputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """Return the rows of each head in a batch, (M,)."""
        return (weights > 0).sum(1)

    def _standard(self, inputs: Tensor) -> Tensor:
        return (inputs - self.mean) * self.scale


def _seeds(heads: Sequence[Head]) -> list[int]:
    """Return the seeds among heads; heads of one seed share their dropout."""
    return sorted({head.seed for head in heads})


def _stream(seed: int, use: str, epoch: int) -> np.random.Generator:
    return np.random.default_rng(derive_seed(seed, use, epoch))
