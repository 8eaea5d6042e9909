"""Heads on many subsets of the same embeddings, trained as one.

A head reads the inputs that its mask names and no other. A *group* of heads is one network: inputs
that serve the same heads share one matrix product, no weight is held for an input that a head does
not read, and one fused step of the optimiser changes all.

How many heads form a group follows from arithmetic. A small head costs as much as starting its some
thirty operations, so grouping pays: 7x for 330 inputs and 64 hidden units, 2x for 2,700 and 128. A
large head is bound by its products: grouping adds a tenth and then only drives weights and moments
out of the processor's cache. So a group holds at most `_GROUP_WEIGHTS` weights of first layers.

Heads of one seed share the order of faces, the dropout and (up to the scale that their number of
inputs asks for) the first weights, so that chance blurs their comparison less. A head trained among
others is the head trained alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from engram.config import HeadSettings
from engram.core.seeds import derive_seed
from engram.training.device import Device
from engram.training.loop import fit
from engram.training.objective import Task
from engram.training.tasks import LabelSet

__all__ = ["MaskedHeads", "TrainedHeads", "train_masked_heads"]

#: First-layer weights of a group: with gradients and moments they fit the processor's last cache.
_GROUP_WEIGHTS = 1 << 22
#: Rows of a forward pass where nothing is learnt.
_FORWARD_ROWS = 1024


@dataclass(frozen=True)
class TrainedHeads:
    """What training gave for M heads."""

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
    device: Device,
    *,
    seed: int,
) -> TrainedHeads:
    """Train a head on each subset of the inputs by `engram.training.loop.fit`, each to its best epoch.

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
    trained = []
    for members in groups:
        network = MaskedHeads(masks[members], head.hidden, labels.outputs, seed, device.torch_device)
        batches = _Batches(network, training, validation, head, seed)
        title = "heads on subsets of the encoders (general.head.training)"
        state = fit(
            _HeadsTask(network, labels),
            batches,
            batches.validation,
            head.training,
            device=device,
            seed=seed,
            title=title,
        )
        with torch.inference_mode():
            parts = [network(device.send(rows)) for rows in network.select(test).split(_FORWARD_ROWS)]
        trained.append((state.best_score.numpy(), torch.cat(parts, 1).cpu().numpy()))
    order = np.argsort(np.concatenate(groups))
    return TrainedHeads(*(np.concatenate(part)[order] for part in zip(*trained, strict=True)))


def _groups(masks: np.ndarray, hidden: int) -> list[np.ndarray]:
    """Divide the heads, large ones first, into groups of `_GROUP_WEIGHTS` or of one."""
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


class MaskedHeads(nn.Module):
    """A group of M multi-layer perceptrons of one hidden layer, each on its own of the T inputs.

    The first layer is one matrix for each block of inputs that serve the same heads. Tensors have
    the heads first and the faces last, so that a head's part is contiguous.
    """

    def __init__(self, masks: np.ndarray, hidden: int, outputs: int, seed: int, device: torch.device) -> None:
        super().__init__()
        self._used = np.asarray(masks.any(0))
        self.count, self._hidden = len(masks), hidden
        masks = masks[:, self._used]
        found = _blocks(masks)
        # No buffers, which the loop would keep for each head.
        self._blocks = [(torch.from_numpy(heads).to(device), columns) for heads, columns in found]
        draw = np.random.default_rng(derive_seed(seed, "weights"))
        first, bias = draw.uniform(-1, 1, (hidden, len(self._used))), draw.uniform(-1, 1, (hidden, 1))
        second, last = draw.uniform(-1, 1, (outputs, hidden)), draw.uniform(-1, 1, (outputs, 1))
        # The bounds of torch's linear layers: one over the root of the number of inputs.
        bound = 1 / np.sqrt(masks.sum(1))[:, None, None]
        first = first[:, self._used]
        values = [bound[heads] * first[:, columns] for heads, columns in found]
        values += [
            bound * bias,
            *(np.tile(part, (len(masks), 1, 1)) / hidden**0.5 for part in (second, last)),
        ]
        self.weights = nn.ParameterList(
            torch.from_numpy(value.astype(np.float32, order="C")).to(device) for value in values
        )
        """The first layers' blocks (heads, hidden, inputs), then its bias, the second layer and its bias."""

    def heads(self, number: int) -> Tensor | slice:
        """Return the heads to which the rows of :attr:`weights` at ``number`` belong."""
        return self._blocks[number][0] if number < len(self._blocks) else slice(None)

    def select(self, inputs: Tensor) -> Tensor:
        """Return of inputs (N, T) what any of the heads reads, (N, U): a lone head reads it in one run."""
        edges = np.flatnonzero(np.diff(self._used.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        runs = [inputs[:, start:stop] for start, stop in edges]
        return runs[0] if len(runs) == 1 else torch.cat(runs, 1)

    def forward(self, inputs: Tensor, keep: Tensor | None = None) -> Tensor:
        """Return the outputs (M, B, O) of selected inputs (B, U).

        ``keep`` (hidden, B) is what dropout multiplies the hidden units by.
        """
        # In float32 on any device: the ranking of subsets depends on small differences.
        with torch.autocast(inputs.device.type, enabled=False):
            units = self._sums(inputs).relu_()
            if keep is not None:
                units = units * keep
            return torch.baddbmm(self.weights[-1], self.weights[-2], units).transpose(1, 2)

    def _sums(self, inputs: Tensor) -> Tensor:
        """Return what enters the hidden units, (M, hidden, B)."""
        sums = self.weights[-3].expand(-1, -1, len(inputs))
        for (heads, columns), weight in zip(self._blocks, self.weights, strict=False):
            product = weight.flatten(0, 1) @ inputs[:, columns].T
            product = product.view(len(heads), self._hidden, -1)
            everyone = len(heads) == self.count
            sums = sums + product if everyone else sums.index_add(0, heads, product)
        return sums


def _blocks(masks: np.ndarray) -> list[tuple[np.ndarray, slice]]:
    """Return (heads, columns) of each run of inputs that serve the same heads."""
    changes = np.flatnonzero((masks[:, 1:] != masks[:, :-1]).any(0)) + 1
    runs = pairwise([0, *changes.tolist(), masks.shape[1]])
    found = [(np.flatnonzero(masks[:, start]), slice(start, stop)) for start, stop in runs]
    return [(heads, columns) for heads, columns in found if len(heads)]


class _HeadsTask(Task):
    """A group of heads, all with the same inputs and targets."""

    compiles = False

    def __init__(self, network: MaskedHeads, labels: LabelSet) -> None:
        super().__init__(network)
        self.network: MaskedHeads = network
        self._labels = labels

    def members(self, name: str) -> Tensor | slice:
        """Return the heads to which the rows of a parameter belong."""
        return self.network.heads(int(name.rpartition(".")[2]))

    def forward(self, inputs: Tensor, targets: Tensor, keep: Tensor) -> dict[str, Tensor]:
        """Return ``loss``, the sum of the heads' mean losses."""
        outputs = self.network(inputs, keep)
        losses = self._labels.loss(outputs.flatten(0, 1), _for_each(targets, len(outputs)))
        return {"loss": losses.view(outputs.shape[:2]).mean(1).sum()}

    def measure(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the summed scores and losses of each head, (M,)."""
        outputs = self.network(inputs)
        flat, truth = outputs.flatten(0, 1), _for_each(targets.to(outputs.device), len(outputs))
        values = (self._labels.scores(flat, truth), self._labels.loss(flat, truth))
        scores, losses = (value.view(outputs.shape[:2]).double().sum(1) for value in values)
        return scores, losses

    def count(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the rows of a batch, for each head."""
        return torch.full((self.network.count,), len(targets))


def _for_each(targets: Tensor, heads: int) -> Tensor:
    return targets.expand(heads, *targets.shape).flatten(0, 1)


class _Batches:
    """The batches of a group of heads: the same rows and the same dropout for all."""

    def __init__(
        self,
        network: MaskedHeads,
        training: tuple[Tensor, Tensor],
        validation: tuple[Tensor, Tensor],
        head: HeadSettings,
        seed: int,
    ) -> None:
        self._training, self._validation = (
            (network.select(inputs), targets) for inputs, targets in (training, validation)
        )
        self._head, self._seed = head, seed

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield selected inputs (B, U), targets (B, ...) and what dropout multiplies by (hidden, B)."""
        inputs, targets = self._training
        # numpy's generator draws dropout several times as fast as torch's.
        random, kept = np.random.default_rng(derive_seed(self._seed, "epoch", number)), 1 - self._head.dropout
        order = torch.from_numpy(random.permutation(len(inputs)))
        for rows in order.split(self._head.training.batch_size):
            drawn = random.integers(0, 1 << 16, (self._head.hidden, len(rows)), np.uint16)
            keep = torch.from_numpy(drawn >= round(self._head.dropout * (1 << 16))) / kept
            rows = rows.to(inputs.device)
            yield inputs.index_select(0, rows), targets[rows], keep

    def validation(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield selected inputs and targets of the validation rows."""
        yield from zip(*(part.split(_FORWARD_ROWS) for part in self._validation), strict=True)
