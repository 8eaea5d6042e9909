"""When every job ends on a given number of GPUs and cores: list scheduling over the graph of jobs."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Task", "critical_path", "makespan"]


@dataclass(frozen=True)
class Task:
    """A job as the scheduler sees it."""

    seconds: float
    gpu: bool
    """Whether it holds GPUs; else it holds cores."""
    needs: tuple[int, ...] = ()
    """Places of the tasks before it; each stands earlier in the list."""
    priority: int = 0
    slots: int = 1
    """How many GPUs or cores it holds at once."""


def critical_path(tasks: Sequence[Task]) -> list[float]:
    """Return for each task the seconds from its start to the end of all that wait for it, at best."""
    waits = [0.0] * len(tasks)
    for place in range(len(tasks) - 1, -1, -1):
        waits[place] += tasks[place].seconds
        for before in tasks[place].needs:
            waits[before] = max(waits[before], waits[place])
    return waits


def makespan(tasks: Sequence[Task], gpus: int, cores: int) -> float:
    """Return the seconds until the last task ends.

    Whenever GPUs or cores are free, of the tasks that are ready and need no more of them the one of the
    highest priority starts, then the one that most work waits for (Graham 1969; the critical-path rule).
    Without GPUs all tasks hold cores. A task that wants more than there are holds all of them, as much
    longer.
    """
    waits = critical_path(tasks)
    missing = [len(set(task.needs)) for task in tasks]
    followers: list[list[int]] = [[] for _ in tasks]
    for place, task in enumerate(tasks):
        for before in set(task.needs):
            followers[before].append(place)
    there = {True: gpus, False: cores}
    free = dict(there)
    #: A queue for each kind and number of slots, so that those too large for now cost nothing.
    ready: dict[tuple[bool, int], list[tuple[int, float, int]]] = defaultdict(list)
    running: list[tuple[float, int]] = []
    now = 0.0

    def held(place: int) -> tuple[bool, int]:
        which = tasks[place].gpu and gpus > 0
        return which, min(tasks[place].slots, there[which])

    def offer(place: int) -> None:
        heapq.heappush(ready[held(place)], (-tasks[place].priority, -waits[place], place))

    def fitting() -> list[list[tuple[int, float, int]]]:
        return [queue for (which, slots), queue in ready.items() if queue and slots <= free[which]]

    for place, count in enumerate(missing):
        if not count:
            offer(place)
    while running or any(ready.values()):
        while queues := fitting():
            place = heapq.heappop(min(queues))[2]
            which, slots = held(place)
            free[which] -= slots
            heapq.heappush(running, (now + tasks[place].seconds * tasks[place].slots / slots, place))
        now, place = heapq.heappop(running)
        which, slots = held(place)
        free[which] += slots
        for follower in followers[place]:
            missing[follower] -= 1
            if not missing[follower]:
                offer(follower)
    return now
