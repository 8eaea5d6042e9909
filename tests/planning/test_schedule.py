"""List scheduling against what can be worked out by hand, and against bounds that always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.planning.schedule import Task, critical_path, makespan


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
        )
        for place in range(count)
    ]


@given(graphs(), st.integers(0, 4), st.integers(1, 4))
def test_the_bounds_hold(tasks, gpus, cores):
    """No schedule beats its longest chain or its busiest pool; list scheduling wastes at most their sum."""
    took = makespan(tasks, gpus, cores)
    chain = max(critical_path(tasks))
    on_gpus = sum(task.seconds for task in tasks if task.gpu and gpus)
    on_cores = sum(task.seconds for task in tasks) - on_gpus
    load = max(on_gpus / gpus if gpus else 0.0, on_cores / cores)
    assert took >= max(chain, load) - 1e-9
    assert took <= chain + (on_gpus / gpus if gpus else 0.0) + on_cores / cores + 1e-9


@given(graphs())
def test_enough_machines_take_the_longest_chain(tasks):
    """With a machine for every task nothing waits but for what it needs."""
    assert makespan(tasks, len(tasks), len(tasks)) == pytest.approx(max(critical_path(tasks)))
