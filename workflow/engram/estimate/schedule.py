"""When all jobs are done on a given number of GPUs and cores: list scheduling over the graph of jobs."""

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
    """Return for each task the seconds from its start to the end of the longest chain behind it."""
    longest = [0.0] * len(tasks)
    for place in range(len(tasks) - 1, -1, -1):
        longest[place] += tasks[place].seconds
        for before in tasks[place].needs:
            longest[before] = max(longest[before], longest[place])
    return longest


def makespan(tasks: Sequence[Task], gpus: int, cores: int) -> float:
    """Return the seconds until the last task ends.

    When GPUs or cores are free, the ready task of the highest priority starts, then the one with the longest
    chain behind it (Graham 1969; the critical-path rule). Without GPUs all tasks hold cores. A task that
    wants more than there are takes all of them, and proportionally longer.
    """
    longest = critical_path(tasks)
    missing = [len(set(task.needs)) for task in tasks]
    followers: list[list[int]] = [[] for _ in tasks]
    for place, task in enumerate(tasks):
        for before in set(task.needs):
            followers[before].append(place)
    total = {True: gpus, False: cores}
    free = dict(total)
    #: One queue for each kind and number of slots, so that tasks which do not fit now cost nothing.
    ready: dict[tuple[bool, int], list[tuple[int, float, int]]] = defaultdict(list)
    running: list[tuple[float, int]] = []
    now = 0.0

    def held(place: int) -> tuple[bool, int]:
        kind = tasks[place].gpu and gpus > 0
        return kind, min(tasks[place].slots, total[kind])

    def offer(place: int) -> None:
        heapq.heappush(ready[held(place)], (-tasks[place].priority, -longest[place], place))

    for place, count in enumerate(missing):
        if not count:
            offer(place)
    while running or any(ready.values()):
        while queues := [queue for (kind, slots), queue in ready.items() if queue and slots <= free[kind]]:
            place = heapq.heappop(min(queues))[2]
            kind, slots = held(place)
            free[kind] -= slots
            heapq.heappush(running, (now + tasks[place].seconds * tasks[place].slots / slots, place))
        now, place = heapq.heappop(running)
        kind, slots = held(place)
        free[kind] += slots
        for follower in followers[place]:
            missing[follower] -= 1
            if not missing[follower]:
                offer(follower)
    return now
