"""Processes that work together: every face is one process's, and the batches are those of one process."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.config import AugmentSettings
from engram.core.arrays import in_blocks
from engram.models.vgg import VGG
from engram.training.batches import (
    FORWARD_BATCH,
    CachedBatches,
    ImageBatches,
    cache_features,
    plain_batches,
)
from engram.training.device import Device
from engram.training.distillation import TaughtBatches
from engram.training.distributed import ALONE, Team, written_together
from engram.training.labelled_faces import Part, Subset

SIDE = 6
SETTINGS = AugmentSettings(flip=True, shift=2)


def teams(size):
    return [Team(rank, size) for rank in range(size)]


def numbered(count):
    """Return a subset whose labels are the faces' own numbers."""
    faces = np.random.default_rng(count).integers(0, 255, (count, SIDE, SIDE, 1), np.uint8)
    return Subset([Part(faces, np.arange(count), np.arange(count))])


def images(subset, size, seed, team=ALONE):
    return ImageBatches(subset, size, SETTINGS, seed, team=team)


def cached(subset, size, seed, team=ALONE):
    features = np.random.default_rng(seed).normal(size=(3, len(subset), 4)).astype(np.float16)
    return CachedBatches(features, subset.labels, size, seed, team)


def taught(subset, size, seed, team=ALONE):
    count = len(subset)
    return TaughtBatches(
        subset.faces(np.arange(count)),
        np.arange(count),
        lambda chosen: chosen.astype(np.float32),
        lambda faces: torch.from_numpy(faces),
        batch_size=size,
        settings=SETTINGS,
        seed=seed,
        team=team,
    )


@pytest.mark.parametrize("make", [images, cached, taught])
@given(
    count=st.integers(2, 70),
    size=st.integers(2, 40),
    world=st.integers(1, 9),
    epoch=st.integers(1, 1000),
    seed=st.integers(0, 99),
)
def test_every_face_is_in_one_process_once_an_epoch(make, count, size, world, epoch, seed):
    """For any number of faces, batch size, processes and epoch: the shares of a step are the batch that one
    process takes, in its order, with its augmentation; together an epoch has every face exactly once.
    """
    subset = numbered(count)
    whole = list(make(subset, size, seed).epoch(epoch))
    shares = [list(make(subset, size, seed, team).epoch(epoch)) for team in teams(world)]
    assert {len(steps) for steps in shares} == {len(whole)}
    for step, (inputs, labels) in enumerate(whole):
        parts = [steps[step] for steps in shares]
        torch.testing.assert_close(torch.cat([part for part, _ in parts]), inputs, rtol=0, atol=0)
        assert torch.cat([part for _, part in parts]).tolist() == labels.tolist()
        sizes = [len(part) for part, _ in parts]
        assert max(sizes) - min(sizes) <= 1
    seen = torch.cat([labels for steps in shares for _, labels in steps])
    assert sorted(seen.int().tolist()) == list(range(count))


@given(start=st.integers(0, 50), count=st.integers(0, 200), size=st.integers(1, 40), world=st.integers(1, 9))
def test_shares_of_rows_are_whole_blocks(start, count, size, world):
    """Together the processes take the blocks that one process takes, one after another."""
    rows = range(start, start + count)
    blocks = [block.tolist() for team in teams(world) for block in in_blocks(team.blocks(rows, size), size)]
    assert blocks == [block.tolist() for block in in_blocks(rows, size)]


@pytest.mark.parametrize("world", [2, 3, 7])
def test_validation_faces_are_shared(world):
    """Every validation face is measured once, in whichever process."""
    subset = numbered(3 * FORWARD_BATCH + 5)
    labels = [labels for team in teams(world) for _, labels in plain_batches(subset, team=team)]
    assert torch.cat(labels).tolist() == list(range(len(subset)))


@dataclass(frozen=True)
class Thread(Team):
    """A member of a team of threads, which a barrier holds together as gloo does processes."""

    barrier: Barrier | None = None

    def wait(self):
        """Wait for all threads."""
        self.barrier.wait(30)

    def told(self, answer):
        """Return the answer, which is the same to all threads."""
        return answer


@pytest.mark.parametrize("settings", [SETTINGS, None])
def test_features_that_processes_cache_are_those_of_one(tmp_path, settings):
    """The parts that three of them compute join to the file of one, byte by byte, and none is left."""
    subset, network = numbered(2 * FORWARD_BATCH + 9), VGG({"gender": 2}, width=0.05)
    network.features = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.ReLU(), torch.nn.Flatten())

    def cache(name, team):
        device = Device(torch.device("cpu"), "fp32", team=team)
        how = {"views": 2, "settings": settings, "seed": 4, "device": device}
        return cache_features(tmp_path / name, network, 3, subset, **how)

    alone, barrier = cache("one.npy", ALONE), Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda rank: cache("three.npy", Thread(rank, 3, barrier)), range(3)))
    assert (tmp_path / "three.npy").read_bytes() == (tmp_path / "one.npy").read_bytes()
    assert all(np.array_equal(array, alone) for array in found)
    assert len(list(tmp_path.iterdir())) == 2


def write_and_fail(path, team):
    """Begin to write a part of a file."""
    with written_together(path, team) as stream:
        stream.write(b"begun")
        raise ValueError("no")


@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_fails_leaves_no_part(tmp_path, rank):
    """Neither a file under the name nor a part of it stays."""
    with pytest.raises(ValueError, match="no"):
        write_and_fail(tmp_path / "file", Team(rank, 2))
    assert not list(tmp_path.iterdir())


def test_a_process_alone_asks_nobody():
    """What a team tells each other costs a process alone nothing and changes nothing."""
    assert ALONE.sum([0.1, 2]).tolist() == [0.1, 2]
    assert (ALONE.told(True), ALONE.told(False)) == (True, False)
    assert (ALONE.share(5), ALONE.blocks(7, 2)) == (slice(0, 5), range(7))
    ALONE.agree("settings", "same")
    ALONE.wait()
