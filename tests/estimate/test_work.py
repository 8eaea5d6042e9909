"""Steps, faces and bytes of a job's arithmetic, by hand."""

from dataclasses import replace

import pytest

from engram.estimate.counts import Count
from engram.estimate.work import Work

NETWORK = Count(adds=10, parameters=100, values=50, passing=30)


@pytest.mark.parametrize(
    ("faces", "joined", "apart"),
    [(1, 1, 1), (64, 1, 1), (65, 1, 2), (66, 2, 2), (128, 2, 2), (129, 2, 3), (130, 3, 3)],
)
def test_steps_of_an_epoch_are_rounded_up(faces, joined, apart):
    """With batches of 64: a last face alone joins the batch before, or is a batch of heads."""
    for joins, steps in ((True, joined), (False, apart)):
        work = Work()
        work.train("residual", NETWORK, faces, 10, 64, 0, joins=joins)
        assert work.training["residual"] == [10 * steps, 10 * faces, 30 * faces * 10]


def test_what_is_held_is_the_largest_part_s():
    """Training: 20 bytes a parameter, 8 a value of a batch; else 4 a parameter, 4 a passing value."""
    work = Work()
    work.look("residual", NETWORK, 1000, 0)
    assert work.held == 4 * 100 + 4 * 32 * 30
    work.look("residual", NETWORK, 1000, 0, batch=256)
    assert work.held == 4 * 100 + 4 * 256 * 30
    work.train("residual", NETWORK, 1000, 1, 64, 0)
    assert work.held == 4 * 100 + 4 * 256 * 30
    work.train("residual", NETWORK, 1000, 1, 128, 0)
    assert work.held == 20 * 100 + 8 * 128 * 50


@pytest.mark.parametrize(("processes", "nodes", "shared"), [(1, 1, 1), (2, 1, 2), (2, 3, 6)])
def test_processes_share_faces_but_no_training_steps(throughput, processes, nodes, shared):
    """Ten epochs of 1,000 faces in 16 steps; 90 batches of 2,880 faces. A millisecond a step or batch."""
    work = Work(arrays=1e6, disk=7.0, scratch=8.0)
    network = replace(NETWORK, adds=1e6)
    work.train("residual", network, 1000, 10, 64, 4000)
    work.look("residual", network, 2880, 0)
    cost = work.cost(throughput.cpu, throughput.host, gpu=False, processes=processes, nodes=nodes)
    steps, adds, batches, prepared = 0.16, 30.0 + 2.88, 0.09, 0.4
    assert cost.seconds == pytest.approx(4.0 + steps + (adds + batches + prepared) / shared)
    assert cost.slots == shared
    each = 3e8 + 1e6 + work.held
    assert cost.memory == (each if shared == 1 else processes * each + 5e8)
    assert (cost.disk, cost.scratch) == (7.0, 8.0)


def test_each_process_holds_a_network_on_its_gpu(throughput):
    """What a GPU holds does not depend on how many there are; the host holds every process of its own."""
    work = Work()
    work.train("residual", NETWORK, 1000, 10, 64, 0)
    alone, shared = (
        work.cost(throughput.planned_gpu, throughput.host, gpu=True, processes=processes)
        for processes in (1, 4)
    )
    assert alone.gpu_memory == shared.gpu_memory == 20 * 100 + 8 * 64 * 50
    assert (alone.memory, shared.memory) == (2e9, 4 * 2e9 + 5e8)
