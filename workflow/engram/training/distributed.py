"""Several processes that train one network together, on one node.

torchrun starts them (`engram.training.launch`), and torch's DistributedDataParallel averages their
gradients. A process that torchrun did not start has rank 0 of a world of size 1, and nothing here
does anything for it. Numbers that processes exchange besides gradients go through gloo on the CPU.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engram.config import ComputeSettings
from engram.core.errors import ConfigurationError

__all__ = [
    "all_sum",
    "barrier",
    "broadcast_buffers",
    "data_parallel",
    "is_main",
    "own_generator",
    "own_gpu",
    "process_group",
    "rank",
    "shard",
    "world_size",
]

#: How long a process waits for another. A dead process is noticed at once; this is for one that hangs.
_TIMEOUT = timedelta(hours=2)


def rank() -> int:
    """Return the number of this process among those that train together, from 0."""
    return dist.get_rank() if _together() else 0


def world_size() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if _together() else 1


def is_main() -> bool:
    """Whether this process writes models, records and checkpoints, and shows progress."""
    return rank() == 0


def barrier() -> None:
    """Wait until all processes are here."""
    # A sum through gloo: torch's own barrier would go through the GPUs.
    all_sum(torch.zeros(1))


def all_sum(values: Tensor) -> Tensor:
    """Return the sum over all processes of ``values``, a tensor on the CPU; the same to all."""
    total = values.clone()
    if _together():
        dist.all_reduce(total)
    return total


def shard(chosen: np.ndarray) -> np.ndarray:
    """Return this process's shard of a batch (B,): as large as the others', as DDP expects.

    Where B is not a multiple of the world size, the first samples are taken twice, as torch's
    DistributedSampler does.
    """
    if not _together():
        return chosen
    each = -(-len(chosen) // world_size())
    return np.resize(chosen, each * world_size())[rank() :: world_size()]


def own_generator(rng: np.random.Generator) -> np.random.Generator:
    """Return a generator whose draws differ from rank to rank; rank 0 goes on with ``rng``."""
    return rng.spawn(rank())[-1] if rank() else rng


def broadcast_buffers(network: nn.Module) -> None:
    """Give every process the running statistics of rank 0."""
    if _together():
        for buffer in network.buffers():
            dist.broadcast(buffer, 0)


def data_parallel(task: nn.Module, device: torch.device) -> nn.Module:
    """Return a task whose gradients are averaged over the processes.

    On GPUs, batch normalisation takes the statistics of the whole batch (SyncBatchNorm). On CPUs torch
    has no such layer, and each process normalises by its own shard.

    Raises
    ------
    ConfigurationError
        If a layer of batch normalisation is not one of torch's own: SyncBatchNorm would replace it and
        lose what it adds, such as the activation of timm's.
    """
    if device.type != "cuda":
        return nn.parallel.DistributedDataParallel(task, find_unused_parameters=True)
    known = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    for module in task.modules():
        if isinstance(module, _BatchNorm) and type(module) not in known:
            raise ConfigurationError(
                f"compute.processes: a layer '{type(module).__name__}' cannot take the statistics of the "
                "whole batch. Set compute.processes to 1 for this network."
            )
    task = nn.SyncBatchNorm.convert_sync_batchnorm(task)
    # The heads of other label sets get no gradient.
    return nn.parallel.DistributedDataParallel(task, device_ids=[device], find_unused_parameters=True)


@contextmanager
def process_group(compute: ComputeSettings) -> Iterator[None]:
    """Join the other processes that torchrun started, for the block.

    After an error the process must exit: the others notice and exit too.
    """
    gpu = torch.cuda.is_available() and compute.device != "cpu"
    if gpu:
        torch.cuda.set_device(own_gpu())
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo", timeout=_TIMEOUT)
    yield
    dist.destroy_process_group()


def own_gpu() -> torch.device:
    """Return the GPU of this process.

    Raises
    ------
    ConfigurationError
        If fewer GPUs are visible than there are processes.
    """
    number, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= count:
        raise ConfigurationError(
            f"compute.processes asks for more processes than the {count} GPUs that are visible. "
            "Ask for as many GPUs, or set compute.device to 'cpu'."
        )
    return torch.device("cuda", number)


def _together() -> bool:
    return dist.is_available() and dist.is_initialized()
