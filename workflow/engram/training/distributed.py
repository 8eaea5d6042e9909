"""The processes that do a job together: which of them this one is, and what they tell each other.

torchrun starts them (`engram.training.launch`). Without it a process is alone, and nothing here costs
anything. What they tell each other goes through gloo and the processor, so that no GPU waits for it.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
import torch.distributed as dist

from engram.config import ComputeSettings
from engram.core.errors import ConfigurationError, ProcessError
from engram.core.files import PARTIAL, atomic_path, text_hash

__all__ = ["ALONE", "Team", "join_team", "own_gpu", "present_team", "written_together"]

#: How long a process waits for another. A dead one is noticed at once; this is for one that hangs.
_PATIENCE = timedelta(hours=2)


@dataclass(frozen=True)
class Team:
    """Which of the processes of a job this one is."""

    rank: int = 0
    """Its number, from 0."""
    size: int = 1
    """How many there are."""

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes models, records and checkpoints and shows progress."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Return this process's share of ``count`` things in order; the shares differ by one at most."""
        start, stop = (-(-count * rank // self.size) for rank in (self.rank, self.rank + 1))
        return slice(start, stop)

    def blocks(self, rows: int | range, size: int) -> range:
        """Return this process's share of rows that are taken ``size`` at a time.

        Shares are whole blocks: each block has the same rows as it has where one process takes all,
        and what a network makes of it is the same to the last bit.
        """
        rows = range(rows) if isinstance(rows, int) else rows
        own = self.share(-(-len(rows) // size))
        return rows[own.start * size : own.stop * size]

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            self.gather([0.0])

    def gather(self, values: Sequence[float]) -> np.ndarray:
        """Return every process's ``values``, (size, len(values)) float64, the same to all."""
        own = torch.tensor(values, dtype=torch.float64)
        if self.size == 1:
            return own[None].numpy()
        found = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(found, own)
        return torch.stack(found).numpy()

    def sum(self, values: Sequence[float]) -> np.ndarray:
        """Return the sums of all processes' ``values``, added in the order of ranks: the same to all."""
        return self.gather(values).sum(axis=0)

    def told(self, answer: bool) -> bool:
        """Return the leading process's answer, where the disk may look different to each."""
        return bool(self.gather([float(answer)])[0, 0])

    def agree(self, what: str, text: str) -> None:
        """Make sure that all processes have the same ``text``.

        Raises
        ------
        ProcessError
            If they have not.
        """
        # 48 bits of a hash: a float64 holds them exactly.
        marks = self.gather([float(int(text_hash(text)[:12], 16))])
        if (marks != marks[0]).any():
            raise ProcessError(
                f"the processes of this job do not see the same {what}. Data, code, device and number "
                "format must be the same on every node: look at the file system and at compute.device "
                "and compute.precision."
            )


ALONE = Team()


def present_team() -> Team:
    """Return the team that this process has joined, or `ALONE`."""
    if dist.is_available() and dist.is_initialized():
        return Team(dist.get_rank(), dist.get_world_size())
    return ALONE


@contextmanager
def join_team(compute: ComputeSettings) -> Iterator[Team]:
    """Meet the other processes that torchrun started, for the block.

    After an error the process is to end: the others notice, and end too.
    """
    gpu = torch.cuda.is_available() and compute.device != "cpu"
    if gpu:
        torch.cuda.set_device(own_gpu())
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo", timeout=_PATIENCE)
    yield present_team()
    dist.destroy_process_group()


def own_gpu() -> torch.device:
    """Return the GPU of this process of a team.

    Raises
    ------
    ConfigurationError
        If its node has fewer GPUs than processes.
    """
    number, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= count:
        raise ConfigurationError(
            f"compute.processes asks for more processes than the {count} GPUs that are visible on this "
            "node. Ask for as many GPUs, or set compute.device to 'cpu'."
        )
    return torch.device("cuda", number)


@contextmanager
def written_together(path: Path, team: Team) -> Iterator[BinaryIO]:
    """Give a stream for this process's part of a file; the parts follow one another by rank.

    ``path`` appears, to all, when every part is written. Each process writes a file of its own, and
    the leading one appends them: two that write into one file are more than some shared file systems
    bear.
    """
    if team.leads:
        with atomic_path(path) as temporary, open(temporary, "wb") as stream:
            yield stream
            team.wait()
            for rank in range(1, team.size):
                with open(_part(path, rank), "rb") as part:
                    shutil.copyfileobj(part, stream, 1 << 20)
        team.wait()
        for left in path.parent.glob(f".{glob.escape(path.stem)}-process*{PARTIAL}"):
            # Of this job's processes, or of one that was killed and had more of them.
            left.unlink(missing_ok=True)
        return
    part = _part(path, team.rank)
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(part, "wb") as stream:
            yield stream
        team.wait()
        team.wait()
    finally:
        part.unlink(missing_ok=True)


def _part(path: Path, rank: int) -> Path:
    return path.with_name(f".{path.stem}-process{rank}{PARTIAL}")
