"""Shards of batches, and a process that is alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from timm.layers import BatchNormAct2d
from torch import nn

from engram.core.errors import ConfigurationError
from engram.training import distributed


def shards(monkeypatch, chosen, world):
    """Return the shard of each rank of a world."""
    monkeypatch.setattr(distributed, "_together", lambda: True)
    monkeypatch.setattr(distributed, "world_size", lambda: world)
    found = []
    for number in range(world):
        monkeypatch.setattr(distributed, "rank", lambda number=number: number)
        found.append(distributed.shard(chosen))
    return found


@given(count=st.integers(1, 70), world=st.integers(1, 9))
def test_shards_of_a_batch_are_equal_and_hold_every_sample(count, world):
    """None is left out; as in torch's DistributedSampler the first come twice where it does not divide."""
    chosen = np.arange(100, 100 + count)
    with pytest.MonkeyPatch.context() as monkeypatch:
        found = shards(monkeypatch, chosen, world)
    assert {len(shard) for shard in found} == {-(-count // world)}
    together = np.concatenate(found)
    assert set(together) == set(chosen)
    assert len(together) - count < world


def test_a_shard_worked_out_by_hand(monkeypatch):
    """Five samples for two ranks: the first is taken twice."""
    assert [shard.tolist() for shard in shards(monkeypatch, np.arange(5), 2)] == [[0, 2, 4], [1, 3, 0]]


def test_ranks_draw_differently(monkeypatch):
    """Rank 0 goes on with the generator that it is given; the others draw other numbers, each its own."""
    drawn = []
    for number in range(3):
        monkeypatch.setattr(distributed, "rank", lambda number=number: number)
        drawn.append(distributed.own_generator(np.random.default_rng(4)).random(3).tolist())
    assert drawn[0] == np.random.default_rng(4).random(3).tolist()
    assert len({tuple(numbers) for numbers in drawn}) == 3


def test_a_process_alone_changes_nothing():
    """It is rank 0 of one, its shard is the batch, and its sums are its values."""
    chosen, network = np.arange(5), nn.BatchNorm2d(2)
    assert (distributed.rank(), distributed.world_size(), distributed.is_main()) == (0, 1, True)
    assert distributed.shard(chosen) is chosen
    assert distributed.all_sum(torch.tensor([0.1, 2.0])).tolist() == torch.tensor([0.1, 2.0]).tolist()
    distributed.barrier()
    distributed.broadcast_buffers(network)
    assert network.running_var.tolist() == [1.0, 1.0]


def test_layers_that_lose_something_by_conversion_are_refused():
    """On GPUs torch's SyncBatchNorm would replace timm's layer and drop its activation."""
    with pytest.raises(ConfigurationError, match=r"'BatchNormAct2d'.*Set compute\.processes to 1"):
        distributed.data_parallel(nn.Sequential(BatchNormAct2d(4)), torch.device("cuda"))
