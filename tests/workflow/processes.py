"""Processes as the kernel tells of them; a number that is used again is another process."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "below", "everyone"]


@dataclass(frozen=True)
class Process:
    """A process by its number and the moment of its start, in ticks since the machine's."""

    number: int
    started: int

    @classmethod
    def of(cls, number: int) -> Process:
        """Return the process that has a number now."""
        return cls(number, _told(number)[2])

    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        try:
            state, _, started = _told(self.number)
        except OSError:
            return False
        return started == self.started and state not in "ZX"

    def words(self) -> list[str]:
        """Return its command line; none of one that has ended."""
        try:
            return Path(f"/proc/{self.number}/cmdline").read_text(errors="replace").split("\0")[:-1]
        except OSError:
            return []

    def folder(self) -> str:
        """Return the folder that it works in; none of one that has ended."""
        try:
            return str(Path(f"/proc/{self.number}/cwd").readlink())
        except OSError:
            return ""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.is_running():
            os.kill(self.number, number)


def everyone() -> dict[Process, int]:
    """Return every process, with the number of its parent."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            _, parent, started = _told(int(entry.name))
        except OSError:
            continue
        found[Process(int(entry.name), started)] = parent
    return found


def below(number: int) -> list[Process]:
    """Return the processes that one has started, and those that these have, the earliest first."""
    children: dict[int, list[Process]] = {}
    for process, parent in everyone().items():
        children.setdefault(parent, []).append(process)
    found, looked_at = [], [number]
    while looked_at:
        started = children.get(looked_at.pop(), [])
        found += started
        looked_at += [process.number for process in started]
    return sorted(found, key=lambda process: process.started)


def _told(number: int) -> tuple[str, int, int]:
    """Return a process's state, its parent and its start."""
    # The name in brackets may hold anything.
    fields = Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], int(fields[1]), int(fields[19])
