"""List scheduling against what can be worked out by hand, and against bounds that always hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.estimate.schedule import Task, critical_path, makespan


def test_a_chain_takes_its_sum_on_any_machine():
    """Jobs that wait for one another gain nothing from GPUs."""
    chain = [Task(5.0, True), Task(7.0, True, (0,)), Task(1.0, False, (1,))]
    assert makespan(chain, 1, 1) == makespan(chain, 8, 8) == 13.0
    assert critical_path(chain) == [13.0, 8.0, 1.0]


def test_independent_jobs_are_shared_out():
    """Six equal jobs take three rounds on two GPUs, and one on six."""
    jobs = [Task(10.0, True)] * 6
    assert makespan(jobs, 2, 1) == 30.0
    assert makespan(jobs, 6, 1) == 10.0


def test_gpus_and_cores_are_held_apart():
    """Jobs on cores do not wait for GPUs; without GPUs all share the cores."""
    jobs = [Task(10.0, True), Task(10.0, False)]
    assert makespan(jobs, 1, 1) == 10.0
    assert makespan(jobs, 0, 1) == 20.0


def test_the_longer_chain_starts_first():
    """Twelve seconds on two GPUs take six only if the job that another waits for does not come last."""
    jobs = [Task(3.0, True), Task(3.0, True), Task(2.0, True), Task(4.0, True, (2,))]
    assert makespan(jobs, 2, 1) == 6.0


def test_a_higher_priority_starts_first():
    """On one GPU the job of the higher priority goes first, though more waits for the other."""
    jobs = [Task(1.0, True), Task(1.0, True, priority=5), Task(4.0, False, (0,)), Task(1.0, False, (1,))]
    assert makespan(jobs, 1, 2) == 6.0


def test_a_wide_job_waits_until_enough_is_free_and_narrow_ones_pass_it():
    """Two jobs of three GPUs each take turns on four; the single one runs beside the first."""
    jobs = [Task(10.0, True, slots=3), Task(10.0, True, slots=3), Task(15.0, True)]
    assert [makespan(jobs, gpus, 1) for gpus in (3, 4, 6, 7)] == [35.0, 20.0, 20.0, 15.0]


def test_wide_jobs_are_shared_out():
    """Three jobs of two GPUs each take two rounds on four, and one on six; cores likewise."""
    jobs = [Task(10.0, True, slots=2)] * 3
    assert [makespan(jobs, gpus, 1) for gpus in (2, 4, 5, 6)] == [30.0, 20.0, 20.0, 10.0]
    assert makespan(jobs, 0, 4) == 20.0


def test_a_job_of_more_processes_than_cores_takes_longer():
    """Four processes of ten seconds each share two cores for twenty."""
    assert makespan([Task(10.0, False, slots=4)], 0, 2) == 20.0


def test_no_jobs_take_no_time():
    """An empty plan has an end."""
    assert makespan([], 2, 2) == 0.0


@st.composite
def graphs(draw):
    """Draw tasks of whole seconds, each after some earlier ones."""
    count = draw(st.integers(1, 12))
    return [
        Task(
            float(draw(st.integers(0, 9))),
            draw(st.booleans()),
            tuple(draw(st.sets(st.integers(0, place - 1), max_size=3))) if place else (),
            draw(st.integers(0, 2)),
            draw(st.integers(1, 3)),
        )
        for place in range(count)
    ]


@given(graphs(), st.integers(0, 4), st.integers(1, 4))
def test_the_bounds_hold(tasks, gpus, cores):
    """No schedule beats its longest chain or its busiest pool; list scheduling wastes at most their sum.

    While a task waits, fewer slots of its pool are free than it holds.
    """
    took = makespan(tasks, gpus, cores)
    pools, loads, waste = {True: gpus, False: cores}, [], 0.0
    longer = [
        replace(task, seconds=task.seconds * max(1, task.slots / pools[task.gpu and gpus > 0]))
        for task in tasks
    ]
    chain = max(critical_path(longer))
    for gpu, slots in pools.items():
        mine = [task for task in tasks if (task.gpu and gpus > 0) == gpu]
        if mine:
            work = sum(task.seconds * task.slots for task in mine)
            widest = min(slots, max(task.slots for task in mine))
            loads.append(work / slots)
            waste += work / (slots - widest + 1)
    assert took >= max(chain, *loads) - 1e-9
    assert took <= chain + waste + 1e-9


@given(graphs())
def test_enough_machines_take_the_longest_chain(tasks):
    """With machines for all tasks at once nothing waits but for what it needs."""
    enough = sum(task.slots for task in tasks)
    assert makespan(tasks, enough, enough) == pytest.approx(max(critical_path(tasks)))
