"""A training job's checkpoint: enough to go on after a kill and end with the same bytes."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engram.core.errors import CheckpointError
from engram.core.files import link_file
from engram.models.files import read_tensors, write_tensors
from engram.training.device import hardware
from engram.training.distributed import barrier, is_main
from engram.training.optimiser import AdamW

__all__ = ["Checkpoint", "State"]

#: Stands for the hardware in a folder that holds a finished run's files.
_FINISHED = "finished"
#: What a state says of an epoch that is not done.
_PARTS = ("part", "loss", "samples")


@dataclass
class State:
    """Where a training stands; figures are () for one network, (M,) for M side by side."""

    epoch: int = 0
    """Epochs that are done."""
    best_epoch: Tensor = field(default_factory=lambda: torch.tensor(0))
    best_score: Tensor = field(default_factory=lambda: torch.tensor(-math.inf, dtype=torch.float64))
    best_loss: Tensor = field(default_factory=lambda: torch.tensor(math.inf, dtype=torch.float64))
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    curves: list[dict[str, float]] = field(default_factory=list)
    """What is observed besides, one entry an epoch; the first is epoch 0, before training."""
    part: int = 0
    """Parts that are done of the epoch after it."""
    loss: float = 0.0
    """The summed loss of these parts' samples."""
    samples: float = 0.0
    """The number of these samples."""

    def where(self, epochs: int | None = None) -> str:
        """Say where it stands, of how many epochs, in words."""
        known = f"epoch {self.epoch}" + (f" of {epochs}" if epochs else "")
        return known + (f" and {self.part} parts of the next" if self.part else "")

    def learns(self, patience: int) -> bool:
        """Whether a network is still to be trained: one that was best at most ``patience`` epochs ago."""
        return bool((self.epoch < self.best_epoch + patience).any())

    def compare(self, scores: Tensor, losses: Tensor, patience: int) -> Tensor:
        """Take in this epoch's validation; return which networks are at their best, bool () or (M,).

        A network that has waited for more than ``patience`` epochs has stopped and keeps its best epoch.
        """
        better = (scores > self.best_score) | ((scores == self.best_score) & (losses < self.best_loss))
        better &= self.epoch <= self.best_epoch + patience
        self.best_score = torch.where(better, scores, self.best_score)
        self.best_loss = torch.where(better, losses, self.best_loss)
        self.best_epoch = torch.where(better, self.epoch, self.best_epoch)
        return better

    def best(self) -> dict[str, float]:
        """Return the best epoch's number, score and loss of one network, for a record's metrics."""
        found = self.history[int(self.best_epoch) - 1]
        return {
            f"best_{name}": value
            for name, value in found.items()
            if name == "epoch" or name.startswith("validation_")
        }


class Checkpoint:
    """A file in a scratch folder that holds a run's whole state.

    Other hardware rounds otherwise, so a run that began on one machine and went on on another would end with
    bytes that neither gives. Such a checkpoint is not used, and the log says so.

    Parameters
    ----------
    folder
        Scratch folder of the job; also holds its caches.
    fingerprint
        Hash of all that the run depends on. A checkpoint of another run is not used.
    seconds
        Least time between two writes.
    """

    def __init__(self, folder: Path, fingerprint: str, seconds: float) -> None:
        self.folder, self._fingerprint, self._seconds = folder, fingerprint, seconds
        self._file = folder / "checkpoint.safetensors"
        self._mark = folder / "fingerprint"
        self._written, self._place = time.monotonic(), (0, 0)
        if is_main():
            self._claim()
        barrier()

    def inner(self, name: str) -> Checkpoint:
        """Return the checkpoint of a part of the same run, in a folder inside this one's.

        :meth:`keep` removes it.
        """
        return Checkpoint(self.folder / name, self._fingerprint, self._seconds)

    def _claim(self) -> None:
        """Empty the folder if it belongs to another run or hardware: its caches would be wrong too."""
        run, _, machine = self._mark.read_text().partition("\n") if self._mark.exists() else ("", "", "")
        here = ", ".join(hardware().values())
        if run == self._fingerprint and machine in (here, _FINISHED):
            return
        if run == self._fingerprint and any(self.folder.rglob(self._file.name)):
            print(  # noqa: T201 - into the job's log
                f"WARNING: {self.folder}: this run's checkpoint was written on other hardware ({machine}; "
                f"this is {here}), where numbers differ in their last digits. Training starts from the "
                "beginning. To lose no work, let jobs run on nodes of one kind: docs/cluster.md.",
                file=sys.stderr,
            )
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._mark.write_text(f"{self._fingerprint}\n{here}")

    def restore(self, network: nn.Module, optimiser: AdamW) -> State:
        """Bring a network and its optimiser to the saved state; return it, or a fresh one."""
        try:
            tensors, header = read_tensors(self._file)
        except CheckpointError:
            # None was written, or the disk damaged it: either way the run starts anew.
            tensors, header = {}, None
        if header is None:
            return State()
        if header.pop("digest", None) != _digest(tensors, header):
            # It still can be read, but the run would not end as one that was never interrupted.
            return State()
        network.load_state_dict(_under("network", tensors))
        optimiser.restore(_under("optimiser", tensors))
        return State(
            header["epoch"],
            torch.tensor(header["best_epoch"]),
            torch.tensor(header["best_score"], dtype=torch.float64),
            torch.tensor(header["best_loss"], dtype=torch.float64),
            _under("best", tensors),
            header["history"],
            header["curves"],
            *(header[name] for name in _PARTS),
        )

    def save(self, network: nn.Module, optimiser: AdamW, state: State, *, now: bool = False) -> None:
        """Write the state, unless the last one is younger than the set time; ``now`` in any case.

        What was written already is not written again: whoever is told to stop may have seconds.
        """
        recent = time.monotonic() - self._written < self._seconds
        if not is_main() or self._place == (state.epoch, state.part) or (recent and not now):
            return
        tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
        tensors |= {f"best/{name}": value for name, value in state.best_weights.items()}
        tensors |= {f"optimiser/{name}": value for name, value in optimiser.state().items()}
        header = {
            "epoch": state.epoch,
            "best_epoch": state.best_epoch.tolist(),
            "best_score": state.best_score.tolist(),
            "best_loss": state.best_loss.tolist(),
            "history": state.history,
            "curves": state.curves,
            **{name: getattr(state, name) for name in _PARTS},
        }
        write_tensors(self._file, tensors, header | {"digest": _digest(tensors, header)})
        self._written, self._place = time.monotonic(), (state.epoch, state.part)

    def keep(self, files: Sequence[Path]) -> None:
        """Hold what a finished run made, in place of its state, until the job around it is done.

        A job that dies later loses its outputs, and would train all its networks again.
        """
        if not is_main():
            return
        for file in files:
            link_file(file, self.folder / file.name)
        # What is finished stays good on any machine.
        self._mark.write_text(f"{self._fingerprint}\n{_FINISHED}")
        held = {self._mark.name, *(file.name for file in files)}
        for file in self.folder.iterdir():
            if file.is_dir():
                shutil.rmtree(file)
            elif file.name not in held:
                file.unlink()

    def give_back(self, files: Sequence[Path]) -> bool:
        """Put what :meth:`keep` holds in its place again; return whether all of it was there."""
        held = [self.folder / file.name for file in files]
        if not all(file.exists() for file in held):
            return False
        if is_main():
            for source, file in zip(held, files, strict=True):
                link_file(source, file)
        barrier()
        return True

    def remove(self) -> None:
        """Delete the scratch folder: the job is done and its outputs are in place.

        All processes call this, with no array of the folder open any more: network file systems
        keep an open file, and then the folder cannot go.
        """
        barrier()
        if is_main():
            shutil.rmtree(self.folder)


def _digest(tensors: Mapping[str, Tensor], header: dict[str, Any]) -> str:
    """Return the SHA-256 of all that a checkpoint says: the file's own format has no checksum."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {list(value.shape)}".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = prefix + "/"
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
