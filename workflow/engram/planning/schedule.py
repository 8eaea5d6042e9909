"""When every job ends on a given number of GPUs and cores: list scheduling over the graph of jobs."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Task", "critical_path", "makespan"]


@dataclass(frozen=True)
class Task:
    """A job as the scheduler sees it."""

    seconds: float
    gpu: bool
    """Whether it holds a GPU; else it holds a core."""
    needs: tuple[int, ...] = ()
    """Places of the tasks before it; each stands earlier in the list."""
    priority: int = 0


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

    Whenever a GPU or a core is free, of the tasks that are ready the one of the highest priority starts,
    then the one that most work waits for (Graham 1969; the critical-path rule). Without GPUs all tasks
    hold cores.
    """
    waits = critical_path(tasks)
    missing = [len(set(task.needs)) for task in tasks]
    followers: list[list[int]] = [[] for _ in tasks]
    for place, task in enumerate(tasks):
        for before in set(task.needs):
            followers[before].append(place)
    free = {True: gpus, False: cores}
    ready: dict[bool, list[tuple[int, float, int]]] = {True: [], False: []}
    running: list[tuple[float, int]] = []
    now = 0.0

    def kind(place: int) -> bool:
        return tasks[place].gpu and gpus > 0

    def offer(place: int) -> None:
        heapq.heappush(ready[kind(place)], (-tasks[place].priority, -waits[place], place))

    for place, count in enumerate(missing):
        if not count:
            offer(place)
    while running or any(ready.values()):
        for which, queue in ready.items():
            while queue and free[which]:
                place = heapq.heappop(queue)[2]
                free[which] -= 1
                heapq.heappush(running, (now + tasks[place].seconds, place))
        now, place = heapq.heappop(running)
        free[kind(place)] += 1
        for follower in followers[place]:
            missing[follower] -= 1
            if not missing[follower]:
                offer(follower)
    return now
