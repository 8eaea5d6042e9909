"""The one training loop: of a network, or of several that are trained as one batched computation."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from tqdm import tqdm

from engram.config import TrainingSettings
from engram.core.errors import InterruptionError, TrainingError
from engram.core.seeds import derive_seed
from engram.runtime.signals import Interruption, interruptible
from engram.training import distributed
from engram.training.checkpoints import Checkpoint, State
from engram.training.device import Device
from engram.training.optimiser import AdamW

__all__ = ["Batches", "Task", "fit", "score"]


class Batches(Protocol):
    """What the loop asks of its training data."""

    def epoch(self, number: int) -> Iterator[tuple[Tensor, ...]]:
        """Yield the batches of epoch ``number``, from 1: inputs, targets, and what else the task takes."""


@runtime_checkable
class PartedBatches(Protocol):
    """Batches whose epoch has parts, in a fixed order: a training can go on after any of them."""

    @property
    def parts(self) -> int:
        """Return how many parts an epoch has."""

    def epoch(self, number: int, part: int | None = None) -> Iterator[tuple[Tensor, ...]]:
        """Yield the batches of one part, from 0; of all without it."""


class Task(nn.Module):
    """What is trained and what it minimises: the base of all training tasks.

    A task trains one network, or M networks of one shape side by side. Where it trains M, scores,
    losses and counts have the shape (M,), and each network stops and keeps its best epoch by itself.

    Parameters
    ----------
    network
        What learns.
    """

    #: What a history calls the mean score on the validation subset.
    score_name = "validation_score"
    #: Whether `torch.compile` is worth its time for this task.
    compiles = True

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *batch: Any, **named: Any) -> dict[str, Tensor]:
        """Return at least ``loss``, the scalar to minimise; of M networks the sum of their losses."""
        raise NotImplementedError

    def measure(self, *batch: Any, **named: Any) -> tuple[float | Tensor, float | Tensor]:
        """Return the batch's summed score (more is better) and its summed loss.

        The inputs are on the device, all else on the CPU.
        """
        raise NotImplementedError

    def rate_factor(self, name: str) -> float:
        """Return what the learning rate of a parameter of the network is multiplied by; usually 1."""
        return 1.0

    def count(self, *batch: Any, **named: Any) -> int | Tensor:
        """Return how many samples `measure` sums over in this batch."""
        return len(batch[1])

    #: How many sums :meth:`sums` gives.
    sum_count = 3

    def sums(self, *batch: Any) -> Tensor:
        """Return sums over a batch of what a validation score is made of: float64 (K,) or (K, M), on the CPU.

        Here the score, the loss and the number of samples; a task whose score is no mean gives other sums.
        """
        measured = *self.measure(*batch), self.count(*batch)
        return torch.stack([torch.as_tensor(each, dtype=torch.float64).cpu() for each in measured])

    def summary(self, total: Tensor) -> tuple[Tensor, Tensor]:
        """Return score and loss, float64 () or (M,), of the sums over the whole subset."""
        scores, losses, count = total
        return scores / count, losses / count

    def members(self, name: str) -> Tensor | slice:
        """Return to which of M networks the rows of a parameter's first axis belong; usually one to each."""
        return slice(None)

    def keep(self, kept: dict[str, Tensor], better: Tensor) -> None:
        """Copy into ``kept`` what the networks that are ``better``, bool () or (M,), have learnt."""
        for name, value in _learned(self.network).items():
            if name not in kept or (better.ndim == 0 and better):
                kept[name] = value.clone()
            elif better.any():
                rows = better.to(value.device)[self.members(name)]
                kept[name][rows] = value[rows]


def fit(
    task: Task,
    batches: Batches,
    validation: Callable[[], Iterable[tuple[Tensor, ...]]],
    recipe: TrainingSettings,
    *,
    device: Device,
    seed: int,
    checkpoint: Checkpoint | None = None,
    observe: Callable[[], dict[str, float]] | None = None,
    title: str = "",
    from_start: bool = False,
    clip: float | None = None,
    averaging: float = 0.0,
) -> State:
    """Train until ``recipe`` says so; leave the network with its best validation weights.

    Best is the highest validation score, then the lowest validation loss. The learning
    rate falls to zero along a cosine over the recipe's epochs.

    Parameters
    ----------
    validation
        Called after each epoch for the batches of the validation subset.
    checkpoint
        From where an interrupted run goes on. With a checkpoint, SIGTERM and SIGUSR1 make the loop
        finish its epoch, or the part of it where batches have parts, write the checkpoint and raise. Short
        trainings have none.
    observe
        Called before the first epoch and after each one for what the state's curves hold; it must draw
        nothing at random. It chooses nothing.
    from_start
        Whether the weights before the first epoch may be the best: those of a network that solves the
        task already.
    clip, averaging
        As in `engram.training.optimiser.AdamW`, of one network. Where weights are averaged, the averages are
        what is validated, observed and kept.

    Returns
    -------
    State
        With the history, one entry an epoch, and the curves.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    InterruptionError
        If the process was asked to stop.
    """
    network = task.network
    learning = {name: value for name, value in network.named_parameters() if value.requires_grad}
    scales = [task.rate_factor(name) for name in learning]
    optimiser = AdamW(learning.values(), recipe.weight_decay, scales, clip=clip, averaging=averaging)
    state = checkpoint.restore(network, optimiser) if checkpoint else State()
    if (state.epoch or state.part) and distributed.is_main():
        print(f"{title}: going on after {state.where()}")  # noqa: T201 - into the job's log
    if observe and not state.curves:
        state.curves.append({"epoch": 0.0, **observe()})
    forward = _prepared(task, device)
    if from_start and state.epoch == state.part == 0:
        task.keep(state.best_weights, state.compare(*score(task, validation(), device), recipe.patience))
    bar = tqdm(
        total=recipe.epochs,
        initial=state.epoch,
        desc=title,
        unit="epoch",
        file=sys.stderr,
        mininterval=1.0,
        disable=checkpoint is None or not distributed.is_main(),
    )
    listening = interruptible() if checkpoint else nullcontext(Interruption())
    with bar, listening as interruption:

        def pause() -> None:
            """Keep what was learnt, if it is time; stop if the process was asked to."""
            if checkpoint is None:
                return
            checkpoint.save(network, optimiser, state)
            # If one process is asked to stop, all stop: the others would wait for it.
            if distributed.all_sum(torch.tensor(float(bool(interruption.signal)))):
                checkpoint.save(network, optimiser, state, now=True)
                # Synchronise before raising: torchrun stops the other ranks once one exits.
                distributed.barrier()
                raise InterruptionError(
                    f"{title}: {interruption.signal or 'a signal'} came, so it stopped after "
                    f"{state.where(recipe.epochs)} and wrote {checkpoint.folder}. The next run goes on from "
                    "there."
                )

        while state.epoch < recipe.epochs and state.learns(recipe.patience):
            rate = recipe.rate(state.epoch + 1)
            loss = _train_epoch(task, forward, batches, optimiser, rate, device, seed, state, pause, title)
            with optimiser.averaged():
                scores, losses = score(task, validation(), device)
                task.keep(state.best_weights, state.compare(scores, losses, recipe.patience))
                if observe:
                    state.curves.append({"epoch": float(state.epoch), **observe()})
            state.history.append(
                {
                    "epoch": float(state.epoch),
                    "learning_rate": rate,
                    "loss": loss,
                    "validation_loss": float(losses.mean()),
                    task.score_name: float(scores.mean()),
                }
            )
            bar.set_postfix(loss=f"{loss:.3f}", validation=f"{float(scores.mean()):.3f}", refresh=False)
            bar.update()
            pause()
    network.load_state_dict(state.best_weights, strict=False)
    return state


def _train_epoch(
    task: Task,
    forward: Callable[..., dict[str, Tensor]],
    batches: Batches | PartedBatches,
    optimiser: AdamW,
    rate: float,
    device: Device,
    seed: int,
    state: State,
    pause: Callable[[], None],
    title: str,
) -> float:
    """Take the steps of the epoch after ``state``'s, from its part on; return the mean loss of its samples.

    ``pause`` is called between parts.
    """
    epoch = state.epoch + 1
    parted = batches if isinstance(batches, PartedBatches) and batches.parts > 1 else None
    parts = parted.parts if parted else 1
    while state.part < parts:
        chosen = parted.epoch(epoch, state.part) if parted else batches.epoch(epoch)
        total, count = _train_part(task, forward, chosen, optimiser, rate, device, seed, epoch, state.part)
        if not math.isfinite(total):
            raise TrainingError(f"{title}: the loss is {total} in epoch {epoch}. Lower its learning_rate.")
        state.part, state.loss, state.samples = state.part + 1, state.loss + total, state.samples + count
        if state.part < parts:
            pause()
    loss = state.loss / state.samples
    state.epoch, state.part, state.loss, state.samples = epoch, 0, 0.0, 0.0
    return loss


def _train_part(
    task: Task,
    forward: Callable[..., dict[str, Tensor]],
    batches: Iterable[tuple[Tensor, ...]],
    optimiser: AdamW,
    rate: float,
    device: Device,
    seed: int,
    epoch: int,
    part: int,
) -> tuple[float, float]:
    """Take the steps of some batches; return the summed loss of all processes' samples, and their number."""
    # Dropout draws from torch's own generator: set it anew each time and a resumed run draws alike.
    drawn = ("dropout", epoch, part) if part else ("dropout", epoch)
    torch.manual_seed(derive_seed(seed, *drawn) + distributed.rank())
    total, count = torch.zeros((), device=device.torch_device), 0
    task.network.train()
    for batch in batches:
        with device.autocast():
            outputs = forward(*map(device.send, batch))
        outputs["loss"].backward()
        optimiser.step(rate)
        total += outputs["loss"].detach() * len(batch[1])
        count += len(batch[1])
    distributed.broadcast_buffers(task.network)
    total, count = distributed.all_sum(torch.tensor([total.item(), count], dtype=torch.float64)).tolist()
    return total, count


def score(task: Task, batches: Iterable[tuple[Tensor, ...]], device: Device) -> tuple[Tensor, Tensor]:
    """Return a task's score and loss over all batches of all processes, float64 () or (M,)."""
    task.network.eval()
    sums = []
    with torch.inference_mode():
        # Each process measures every world_size-th batch.
        for inputs, *targets in islice(batches, distributed.rank(), None, distributed.world_size()):
            with device.autocast():
                sums.append(task.sums(device.send(inputs), *targets))
    # A process may have no batch to measure.
    total = sum(sums[1:], sums[0]) if sums else torch.zeros(task.sum_count, dtype=torch.float64)
    return task.summary(distributed.all_sum(total))


def _prepared(task: Task, device: Device) -> Callable[..., dict[str, Tensor]]:
    """Return what the loop calls for a task: itself, compiled, or shared with other processes."""
    if distributed.world_size() > 1:
        return distributed.data_parallel(task, device.torch_device)
    return torch.compile(task) if device.compile and task.compiles else task


def _learned(network: nn.Module) -> dict[str, Tensor]:
    """Return what training changes: the parameters that learn, and running statistics."""
    learning = {name: value.detach() for name, value in network.named_parameters() if value.requires_grad}
    return learning | dict(network.named_buffers())
