"""The one training loop: of a network, or of several that are trained as one batched computation."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from tqdm import tqdm

from engram.config import TrainingSettings
from engram.core.errors import InterruptionError, TrainingError
from engram.core.seeds import derive_seed
from engram.runtime.signals import Interruption, interruptible
from engram.training import distributed
from engram.training.checkpoints import Checkpoint, State
from engram.training.device import Device
from engram.training.objective import Task
from engram.training.optimiser import AdamW

__all__ = ["Batches", "fit", "score"]


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
