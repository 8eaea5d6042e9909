"""A training task whose batches several processes share, with the loss curve that one process gives.

Gradients are averaged by torch's DistributedDataParallel. Three things must be those of the whole
batch besides, or the curve would be another: the mean that the loss is, the statistics of batch
normalisation, and what dropout draws. Sums are then taken in another order, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from engram.core.errors import ConfigurationError
from engram.training.distributed import Team

__all__ = ["GlobalBatchNorm", "GlobalDropout", "Rows", "Together"]


class Rows:
    """Which rows of the present whole batch are this process's."""

    def __init__(self) -> None:
        self.whole = self.first = 0

    def draw(self, rows: Tensor, fill: Callable[[Tensor], Tensor]) -> Tensor:
        """Return random numbers for ``rows`` (B, ...): those that one process would draw for them.

        Every process draws for the whole batch, from the same seed, and takes its rows.
        """
        whole = torch.empty((self.whole, *rows.shape[1:]), dtype=rows.dtype, device=rows.device)
        return fill(whole)[self.first : self.first + len(rows)]

    def rand_like(self, rows: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1), as `torch.rand_like`."""
        return self.draw(rows, Tensor.uniform_)


class Together:
    """Stands for a task in the loop where processes share each batch.

    Called with this process's share of a batch, which may be empty, it returns a ``loss`` whose
    gradient, averaged over the processes, is that of the whole batch's loss, and ``faces``, by how
    many faces it counts.

    DistributedDataParallel sees only what learns: frozen layers, cached features and a frozen parent
    need nothing of it. Running statistics are the same on all processes without its broadcasts.

    Raises
    ------
    ConfigurationError
        If the task has layers whose statistics cannot be shared.
    """

    def __init__(self, task: nn.Module, team: Team, device: torch.device) -> None:
        self.network = task.network
        self._team, self._rows = team, Rows()
        _require_known_statistics(task, on_gpu=device.type == "cuda")
        if device.type == "cuda":
            task = nn.SyncBatchNorm.convert_sync_batchnorm(task)
        _share_statistics_and_draws(task, self._rows)
        self._task = DistributedDataParallel(
            task,
            device_ids=[device] if device.type == "cuda" else None,
            broadcast_buffers=False,
            find_unused_parameters=getattr(task, "idle_parameters", False),
        )

    def __call__(self, inputs: Tensor, targets: Tensor) -> dict[str, Any]:
        """Return ``loss`` and ``faces`` of this process's share of a batch."""
        counts = self._team.gather([len(targets)])[:, 0]
        self._rows.whole = int(counts.sum())
        self._rows.first = int(counts[: self._team.rank].sum())
        told = self._task(inputs, targets)
        part = self._part(told, len(targets))
        # The mean of no face is not a number, but it must go backwards: the others wait for it.
        loss = told["loss"] if len(targets) else told["loss"].nan_to_num()
        return {"loss": loss * (part * self._team.size), "faces": self._rows.whole / self._team.size}

    def _part(self, told: dict[str, Tensor], count: int) -> Tensor | float:
        """Return how much this process's mean weighs in the whole batch's."""
        if "weight" not in told:
            return count / self._rows.whole
        weight = told["weight"].double()
        whole = weight.clone()
        dist.all_reduce(whole)
        return (weight / whole).to(told["loss"].dtype)


class GlobalBatchNorm(nn.BatchNorm2d):
    """Batch normalisation by the whole batch's statistics: torch's SyncBatchNorm, but for processors."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Normalise this process's (B, C, H, W); B may be 0."""
        if not self.training:
            return super().forward(inputs)
        values = inputs.to(torch.promote_types(inputs.dtype, torch.float32))
        count = values.new_full((1,), values.numel() / values.shape[1])
        sums = _AllReduce.apply(torch.cat([values.sum((0, 2, 3)), count]))
        number = sums[-1].detach()
        mean = sums[:-1] / number
        centred = values - _by_channel(mean)
        variance = _AllReduce.apply(centred.square().sum((0, 2, 3))) / number
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * number / (number - 1), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        return (centred * _by_channel(scale) + _by_channel(self.bias)).to(inputs.dtype)


class GlobalDropout(nn.Dropout):
    """Dropout that draws for the whole batch."""

    rows: Rows

    def forward(self, inputs: Tensor) -> Tensor:
        """Drop some of this process's (B, D); the same that one process would drop."""
        if not self.training or not self.p:
            return inputs
        keep = self.rows.draw(inputs, lambda whole: whole.bernoulli_(1 - self.p))
        return inputs * keep.div_(1 - self.p)


class _AllReduce(torch.autograd.Function):
    """The sum over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(context: Any, value: Tensor) -> Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


def _by_channel(values: Tensor) -> Tensor:
    return values.view(1, -1, 1, 1)


def _require_known_statistics(task: nn.Module, *, on_gpu: bool) -> None:
    """Refuse layers whose statistics would stay each process's own, or that would lose what they add.

    timm's, for one, hold an activation that torch's conversion to SyncBatchNorm drops.
    """
    known = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d) if on_gpu else (nn.BatchNorm2d,)
    for module in task.modules():
        if isinstance(module, _BatchNorm) and type(module) not in known:
            raise ConfigurationError(
                f"compute.processes: layers of the kind '{type(module).__name__}' cannot share a batch's "
                "statistics among processes. Set compute.processes and compute.nodes to 1 for this network."
            )


def _share_statistics_and_draws(task: nn.Module, rows: Rows) -> None:
    """Let a task's layers, in place, take statistics and draws of the whole batch.

    A layer changes its class, not its parameters: optimiser and checkpoint keep what they hold.
    """
    for module in task.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GlobalBatchNorm
        elif type(module) is nn.Dropout:
            module.__class__ = GlobalDropout
            module.rows = rows
        elif hasattr(module, "rand_like"):
            module.rand_like = rows.rand_like
