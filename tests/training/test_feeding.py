"""How an epoch goes through stored faces: all of them once, in an order that a part does not change."""

import threading
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.config import AugmentSettings
from engram.training import feeding
from engram.training.feeding import FaceFeed, ahead

PLAIN = AugmentSettings(flip=False, shift=0)


class Decoded:
    """Faces that are decoded: each is its row's number."""

    streams = True
    scale = 0.5

    def __getitem__(self, rows):
        """Return them as small faces."""
        return np.repeat(rows, 16 * 16 * 3).reshape(len(rows), 16, 16, 3).astype(np.uint8)


def feed(count, batch_size=7, settings=PLAIN):
    return FaceFeed.of_rows(Decoded(), np.arange(count), batch_size, settings)


@given(st.integers(2, 240), st.integers(2, 40))
def test_an_epoch_takes_every_face_once(count, batch_size):
    """Whatever the size of a batch; pixels are those of the position."""
    seen = []
    for chosen, faces in feed(count, batch_size).epoch(3):
        assert (faces[:, 0, 0, 0] == chosen.astype(np.uint8)).all()
        seen += chosen.tolist()
    assert sorted(seen) == list(range(count))


def test_parts_together_are_the_epoch(monkeypatch):
    """Each part gives what an uninterrupted epoch has at its place, augmentation included."""
    monkeypatch.setattr(feeding, "STEPS", 4)
    mixed = feed(100, settings=AugmentSettings(flip=True, shift=6))
    whole = list(mixed.epoch(5))
    assert mixed.parts == 4
    parts = [found for part in range(mixed.parts) for found in mixed.epoch(5, part)]
    assert len(parts) == len(whole) == 15
    for (chosen, faces), (rows, pixels) in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(chosen, rows)
        np.testing.assert_array_equal(faces, pixels)


def test_threads_change_nothing(monkeypatch):
    """Decoded by one thread or by three, an epoch is the same."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = list(feed(90).epoch(1))
        torch.set_num_threads(3)
        together = list(feed(90).epoch(1))
    finally:
        torch.set_num_threads(before)
    for (chosen, faces), (rows, pixels) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(chosen, rows)
        np.testing.assert_array_equal(faces, pixels)


def test_arrays_are_shuffled_as_a_whole():
    """An array has one part, and its order is a permutation of all rows."""
    faces = np.zeros((40, 16, 16, 3), np.uint8)
    array = FaceFeed.of_rows(faces, np.arange(40), 8, PLAIN)
    assert array.parts == 1
    order = np.concatenate([chosen for chosen, _ in array.epoch(2)])
    np.testing.assert_array_equal(order, np.random.default_rng(2).permutation(40))


def test_shifts_are_of_a_stored_face():
    """Faces that are given at half their size are shifted by half."""
    assert feed(9, settings=AugmentSettings(shift=5)).settings.shift == 2
    assert (
        FaceFeed.of_rows(np.zeros((2, 4, 4, 3)), np.arange(2), 1, AugmentSettings(shift=5)).settings.shift
        == 5
    )


def test_plain_faces_come_in_order():
    """Every face once, as it is."""
    found = np.concatenate([faces[:, 0, 0, 0] for _, faces in feed(200).plain()])
    np.testing.assert_array_equal(found, np.arange(200))


@pytest.fixture
def two_threads():
    """Let torch, and so the reading ahead, have two threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_only_a_few_are_made_ahead():
    """Memory does not grow with the number of calls: who waits for the first result finds few others."""
    made = []
    results = ahead(partial(made.append, number) for number in range(100))
    next(results)
    assert len(made) <= 4
    assert len(list(results)) == 99
    assert sorted(made) == list(range(100))


@pytest.mark.usefixtures("two_threads")
def test_results_come_in_order_and_errors_with_them():
    """A call that fails fails where its result would have come, and no thread goes on."""
    waits = threading.Event()

    def first():
        waits.wait(5)
        return 0

    def second():
        waits.set()
        return 1

    def third():
        raise ValueError("damaged")

    results = ahead([first, second, third])
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="damaged"):
        next(results)
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]
