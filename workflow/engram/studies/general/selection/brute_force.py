"""Heads on many subsets of the same embeddings, trained as one.

A head reads the inputs that its mask names and no other. A *group* of heads is one network:
inputs that serve the same heads share one product of matrices, no weight is held for an input that
a head does not read, gradients are written in place, and one fused step changes all.

How many heads form a group follows from arithmetic. A small head costs what starting its some
thirty operations costs, so grouping pays: 7x for 330 inputs and 64 hidden units, 2x for 2,700 and
128. A large head is bound by its products, and grouping adds a tenth and then only drives weights
and moments out of the processor's cache: a group holds at most `_GROUP_WEIGHTS` weights of first
layers. What remains at the published sizes is the fused step and the products in place.

Heads of one seed share the order of faces, the dropout, and (up to the scale that their number of
inputs asks for) the first weights, so that chance blurs their comparison less; and a head trained
among others is the head trained alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from engram.config import HeadSettings
from engram.core.errors import TrainingError
from engram.core.seeds import derive_seed
from engram.training.optimiser import AdamW
from engram.training.tasks import LabelSet

__all__ = ["MaskedHeads", "Solved", "train_masked_heads"]

#: The gradient of a rectifier, as torch's own calls it: it passes where the second argument is above 0.
_threshold_backward = torch.ops.aten.threshold_backward
#: First-layer weights of a group: with gradients and moments they fit the processor's last cache.
_GROUP_WEIGHTS = 1 << 22
#: Rows of a forward pass where nothing is learnt.
_FORWARD_ROWS = 1024


@dataclass(frozen=True)
class Solved:
    """What M heads came to."""

    validation: np.ndarray
    """Each head's best mean score on the validation rows (M,), as `LabelSet.scores` counts."""
    outputs: np.ndarray
    """Its outputs on the test rows with the weights of that epoch (M, N, O) float32."""


def train_masked_heads(
    masks: np.ndarray,
    training: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    test: Tensor,
    labels: LabelSet,
    head: HeadSettings,
    *,
    seed: int,
) -> Solved:
    """Train a head on each subset of the inputs; each ends with its best validation weights.

    The recipe is that of `engram.training.loop.fit`: AdamW, a rate that falls along a cosine, best
    is the highest validation score and then the lowest loss, and ``patience`` without a better one
    stops a head.

    Parameters
    ----------
    masks
        (M, T) bool: which of the T inputs each head reads; at least one.
    training, validation
        Standardised inputs (N, T) float32, and their targets as ``labels`` makes them, none missing.
    test
        Inputs (N, T) to give outputs for.

    Raises
    ------
    TrainingError
        If a loss is not finite.
    """
    groups = _groups(masks, head.hidden)

    def solve(members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _train_group(masks[members], training, validation, test, labels, head, seed)

    solved = list(map(solve, groups))
    order = np.argsort(np.concatenate(groups))
    return Solved(*(np.concatenate(part)[order] for part in zip(*solved, strict=True)))


def _groups(masks: np.ndarray, hidden: int) -> list[np.ndarray]:
    """Cut the heads, large ones first, into groups of `_GROUP_WEIGHTS` or of one."""
    weights = masks.sum(1) * hidden
    groups: list[list[int]] = []
    room = 0
    for head in np.argsort(-weights, kind="stable"):
        if weights[head] > room:
            groups.append([])
            room = max(_GROUP_WEIGHTS, weights[head])
        groups[-1].append(head)
        room -= weights[head]
    return list(map(np.array, groups))


class MaskedHeads:
    """A group of M multi-layer perceptrons of one hidden layer, each on its own of the T inputs.

    The first layer is one matrix for each block of inputs that serve the same heads. Tensors have
    the heads first and the faces last, so that a head's part is contiguous.
    """

    def __init__(self, masks: np.ndarray, hidden: int, outputs: int, seed: int, device: torch.device) -> None:
        self._heads, self._hidden, self._used = len(masks), hidden, masks.any(0)
        masks = masks[:, self._used]
        self._blocks = [(torch.from_numpy(heads).to(device), columns) for heads, columns in _blocks(masks)]
        draw = np.random.default_rng(derive_seed(seed, "weights"))
        first, bias = draw.uniform(-1, 1, (hidden, len(self._used))), draw.uniform(-1, 1, (hidden, 1))
        second, last = draw.uniform(-1, 1, (outputs, hidden)), draw.uniform(-1, 1, (outputs, 1))
        # The bounds of torch's linear layers: one over the root of the number of inputs.
        bound = 1 / np.sqrt(masks.sum(1))[:, None, None]
        first = first[:, self._used]
        values = [bound[heads] * first[:, columns] for heads, columns in _blocks(masks)]
        values += [
            bound * bias,
            *(np.tile(part, (len(masks), 1, 1)) / hidden**0.5 for part in (second, last)),
        ]
        #: The first layers' blocks (heads, hidden, inputs), then its bias, the second layer and its bias.
        self.weights = [torch.from_numpy(value.astype(np.float32, order="C")).to(device) for value in values]
        self._gradients = [torch.empty_like(weight) for weight in self.weights]

    def select(self, inputs: Tensor) -> Tensor:
        """Return of inputs (N, T) what any of the heads reads, (N, U): a lone head reads it in one run."""
        edges = np.flatnonzero(np.diff(self._used.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        runs = [inputs[:, start:stop] for start, stop in edges]
        return runs[0] if len(runs) == 1 else torch.cat(runs, 1)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the outputs (M, B, O) of selected inputs (B, U)."""
        return self._output(self._sums(self._parts(inputs)).relu_()).transpose(1, 2)

    def learn(self, inputs: Tensor, targets: Tensor, keep: Tensor, labels: LabelSet) -> Tensor:
        """Set the weights' gradients of the mean loss of selected inputs and return each head's, (M,).

        ``keep`` (hidden, B) is what dropout multiplies the hidden units by.
        """
        *first, bias, second, last = self._gradients
        parts = self._parts(inputs)
        sums = self._sums(parts)
        units = sums.relu_().mul_(keep)
        loss, error = _loss_and_gradient(self._output(units), targets, labels)
        torch.bmm(error, units.transpose(1, 2), out=second)
        torch.sum(error, 2, keepdim=True, out=last)
        error = torch.bmm(self.weights[-2].transpose(1, 2), error)
        error = _threshold_backward(error, units, 0.0).mul_(keep)
        torch.sum(error, 2, keepdim=True, out=bias)
        for (heads, _), part, gradient in zip(self._blocks, parts, first, strict=True):
            torch.mm(self._of(heads, error).flatten(0, 1), part, out=gradient.flatten(0, 1))
        for weight, gradient in zip(self.weights, self._gradients, strict=True):
            weight.grad = gradient
        return loss

    def keep(self, kept: list[Tensor], heads: Tensor) -> None:
        """Copy the weights of ``heads`` (M,) bool into ``kept``, tensors like :attr:`weights`."""
        for number, (mine, weight) in enumerate(zip(kept, self.weights, strict=True)):
            chosen = heads[self._blocks[number][0]] if number < len(self._blocks) else heads
            mine[chosen] = weight[chosen]

    def _parts(self, inputs: Tensor) -> list[Tensor]:
        return [inputs[:, columns] for _, columns in self._blocks]

    def _sums(self, parts: list[Tensor]) -> Tensor:
        """Return what enters the hidden units, (M, hidden, B)."""
        sums = self.weights[-3].expand(-1, -1, len(parts[0])).contiguous()
        for (heads, _), part, weight in zip(self._blocks, parts, self.weights, strict=False):
            if len(heads) == self._heads:
                sums.flatten(0, 1).addmm_(weight.flatten(0, 1), part.T)
            else:
                product = weight.flatten(0, 1) @ part.T
                sums.index_add_(0, heads, product.view(len(heads), self._hidden, -1))
        return sums

    def _output(self, units: Tensor) -> Tensor:
        return torch.baddbmm(self.weights[-1], self.weights[-2], units)

    def _of(self, heads: Tensor, values: Tensor) -> Tensor:
        return values if len(heads) == self._heads else values[heads]


def _blocks(masks: np.ndarray) -> list[tuple[np.ndarray, slice]]:
    """Return (heads, columns) of each run of inputs that serve the same heads."""
    changes = np.flatnonzero((masks[:, 1:] != masks[:, :-1]).any(0)) + 1
    runs = pairwise([0, *changes.tolist(), masks.shape[1]])
    found = [(np.flatnonzero(masks[:, start]), slice(start, stop)) for start, stop in runs]
    return [(heads, columns) for heads, columns in found if len(heads)]


def _loss_and_gradient(outputs: Tensor, targets: Tensor, labels: LabelSet) -> tuple[Tensor, Tensor]:
    """Return each head's mean loss (M,) and the gradient of their sum by ``outputs`` (M, O, B)."""
    with torch.enable_grad():
        outputs = outputs.requires_grad_()
        loss = _losses(outputs.transpose(1, 2), targets, labels).mean(1)
        (gradient,) = torch.autograd.grad(loss.sum(), outputs)
    return loss.detach(), gradient


def _losses(outputs: Tensor, targets: Tensor, labels: LabelSet) -> Tensor:
    """Return the losses (M, B) of outputs (M, B, O)."""
    return labels.loss(outputs.flatten(0, 1), _for_each(targets, len(outputs))).view(outputs.shape[:2])


def _for_each(targets: Tensor, heads: int) -> Tensor:
    return targets.expand(heads, *targets.shape).flatten(0, 1)


@torch.no_grad()
def _train_group(
    masks: np.ndarray,
    training: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    test: Tensor,
    labels: LabelSet,
    head: HeadSettings,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best validation scores (M,) of a group's heads and their outputs (M, N, O)."""
    recipe = head.training
    network = MaskedHeads(masks, head.hidden, labels.outputs, seed, test.device)
    training, validation = ((network.select(inputs), targets) for inputs, targets in (training, validation))
    optimiser = AdamW(network.weights, recipe.weight_decay)
    kept = [weight.clone() for weight in network.weights]
    best = torch.full((2, len(masks)), -math.inf, dtype=torch.float64)
    best_epoch = torch.zeros(len(masks))
    for epoch in range(1, recipe.epochs + 1):
        rate = recipe.rate(epoch)
        _train_epoch(network, optimiser, training, labels, head, rate, derive_seed(seed, "epoch", epoch))
        now = _measure(network, validation, labels)
        better = (now[0] > best[0]) | ((now[0] == best[0]) & (now[1] > best[1]))
        better &= best_epoch + recipe.patience >= epoch
        best, best_epoch = torch.where(better, now, best), torch.where(better, epoch, best_epoch)
        network.keep(kept, better.to(test.device))
        if (best_epoch + recipe.patience <= epoch).all():
            break
    network.weights = kept
    outputs = torch.cat([network(rows) for rows in network.select(test).split(_FORWARD_ROWS)], 1)
    return best[0].numpy(), outputs.cpu().numpy()


def _train_epoch(
    network: MaskedHeads,
    optimiser: AdamW,
    training: tuple[Tensor, Tensor],
    labels: LabelSet,
    head: HeadSettings,
    rate: float,
    seed: int,
) -> None:
    inputs, targets = training
    # numpy's generator draws dropout several times as fast as torch's.
    random, kept = np.random.default_rng(seed), 1 - head.dropout
    total = torch.zeros((), device=inputs.device)
    order = torch.from_numpy(random.permutation(len(inputs)))
    for rows in order.split(head.training.batch_size):
        drawn = random.integers(0, 1 << 16, (head.hidden, len(rows)), np.uint16)
        keep = torch.from_numpy(drawn >= round(head.dropout * (1 << 16))).to(inputs.device) / kept
        rows = rows.to(inputs.device)
        total += network.learn(inputs.index_select(0, rows), targets[rows], keep, labels).sum()
        optimiser.step(rate)
    if not math.isfinite(total.item()):
        raise TrainingError("the loss of a head is not finite. Lower general.head.training.learning_rate.")


def _measure(network: MaskedHeads, validation: tuple[Tensor, Tensor], labels: LabelSet) -> Tensor:
    """Return each head's mean score and minus its mean loss, (2, M), on the CPU."""
    total = 0.0
    for inputs, targets in zip(*(part.split(_FORWARD_ROWS) for part in validation), strict=True):
        outputs = network(inputs)
        scores = labels.scores(outputs.flatten(0, 1), _for_each(targets, len(outputs)))
        losses = _losses(outputs, targets, labels)
        total = total + torch.stack([scores.view(losses.shape).double().sum(1), -losses.double().sum(1)])
    return total.cpu() / len(validation[0])
