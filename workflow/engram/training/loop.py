"""The one training loop."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from engram.config import TrainingSettings
from engram.core.errors import InterruptionError, TrainingError
from engram.core.seeds import derive_seed
from engram.runtime.signals import interruptible
from engram.training.batches import Batches
from engram.training.checkpoints import Checkpoint, State
from engram.training.device import Device
from engram.training.optimiser import AdamW
from engram.training.synchronised import Together

__all__ = ["Task", "fit", "score"]

Plain = Callable[[], Iterable[tuple[Tensor, Tensor]]]


class Task(Protocol):
    """What is trained: a network and what it minimises; a torch module."""

    network: nn.Module
    score_name: str
    """What a history calls the mean of the first figure that ``measure`` returns."""

    def __call__(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return at least ``loss``, the scalar to minimise, for a batch of B faces."""

    def measure(self, inputs: Tensor, targets: Tensor) -> tuple[float, float]:
        """Return the batch's summed score (more is better) and summed loss; targets are on the CPU."""


def fit(
    task: Task,
    batches: Batches,
    validation: Plain,
    recipe: TrainingSettings,
    *,
    device: Device,
    seed: int,
    checkpoint: Checkpoint,
    title: str = "",
) -> State:
    """Train until ``recipe`` says so; leave the network with its best validation weights.

    Best is the highest validation score, then the lowest validation loss. The learning
    rate falls to zero along a cosine over the recipe's epochs. Asked to stop by SIGTERM or
    SIGUSR1 it ends its epoch, writes its checkpoint and raises.

    Parameters
    ----------
    validation
        Called after each epoch for the validation subset's inputs and labels.
    checkpoint
        Where an interrupted run goes on from.

    Returns
    -------
    State
        With the history, one entry an epoch.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    InterruptionError
        If the process was asked to stop.
    """
    network = task.network
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = AdamW(learning, recipe.weight_decay)
    state = checkpoint.restore(network, optimiser)
    if state.epoch and device.team.leads:
        print(f"{title}: going on after epoch {state.epoch}")  # noqa: T201 - into the job's log
    forward = _prepared(task, device)
    bar = tqdm(
        total=recipe.epochs,
        initial=state.epoch,
        desc=title,
        unit="epoch",
        file=sys.stderr,
        mininterval=1.0,
        disable=not device.team.leads,
    )
    with bar, interruptible() as interruption:
        while state.epoch < min(recipe.epochs, state.best_epoch + recipe.patience):
            state.epoch += 1
            rate = recipe.rate(state.epoch)
            loss = _train_epoch(forward, batches, optimiser, rate, device, seed, state.epoch, title)
            validation_score, validation_loss = score(task, validation(), device)
            state.history.append(
                {
                    "epoch": float(state.epoch),
                    "learning_rate": rate,
                    "loss": loss,
                    "validation_loss": validation_loss,
                    task.score_name: validation_score,
                }
            )
            if (validation_score, -validation_loss) > state.best_score:
                state.best_score, state.best_epoch = (validation_score, -validation_loss), state.epoch
                state.best_weights = {name: value.clone() for name, value in _learned(network).items()}
            checkpoint.save(network, optimiser, state)
            bar.set_postfix(loss=f"{loss:.3f}", validation=f"{validation_score:.3f}", refresh=False)
            bar.update()
            # One process that is asked stops all: the others would wait for it.
            if device.team.sum([float(bool(interruption.signal))])[0]:
                checkpoint.save(network, optimiser, state, now=True)
                # Whoever ends first has the others ended.
                device.team.wait()
                raise InterruptionError(
                    f"{title}: {interruption.signal or 'a signal'} came, so it stopped after epoch "
                    f"{state.epoch} of {recipe.epochs} and wrote {checkpoint.folder}. The next run goes on "
                    "from there."
                )
    network.load_state_dict(state.best_weights, strict=False)
    return state


def _train_epoch(
    task: Callable[..., dict[str, Tensor]],
    batches: Batches,
    optimiser: AdamW,
    rate: float,
    device: Device,
    seed: int,
    epoch: int,
    title: str,
) -> float:
    # Dropout draws from torch's own generator: set it anew each epoch and a resumed run draws alike.
    torch.manual_seed(derive_seed(seed, "dropout", epoch))
    total = torch.zeros((), device=device.torch_device)
    _network_of(task).train()
    for inputs, labels in batches.epoch(epoch):
        with device.autocast():
            told = task(device.send(inputs), device.send(labels))
        told["loss"].backward()
        optimiser.step(rate)
        total += told["loss"].detach() * told.get("faces", len(labels))
    mean = float(device.team.sum([total.item()])[0]) / len(batches)
    if not math.isfinite(mean):
        raise TrainingError(
            f"{title}: the loss is {mean} in epoch {epoch}. Lower the recipe's learning_rate."
        )
    return mean


def score(task: Task, batches: Iterable[tuple[Tensor, Tensor]], device: Device) -> tuple[float, float]:
    """Return a task's mean score and mean loss over all faces of all processes' batches."""
    task.network.eval()
    total = np.zeros(2)
    count = 0
    with torch.inference_mode():
        for inputs, targets in batches:
            with device.autocast():
                total += task.measure(device.send(inputs), targets)
            count += len(targets)
    scores, losses, faces = device.team.sum([*total, count])
    return float(scores / faces), float(losses / faces)


def _prepared(task: Task, device: Device) -> Callable[..., dict[str, Tensor]]:
    """Return what the loop calls for a task: itself, compiled, or shared with other processes."""
    if device.team.size > 1:
        return Together(task, device.team, device.torch_device)
    return torch.compile(task) if device.compile else task


def _learned(network: nn.Module) -> dict[str, Tensor]:
    """Return what training changes: the parameters that learn, and running statistics."""
    learning = {name: value.detach() for name, value in network.named_parameters() if value.requires_grad}
    return learning | dict(network.named_buffers())


def _network_of(task: Callable[..., dict[str, Tensor]]) -> torch.nn.Module:
    return getattr(task, "_orig_mod", task).network
