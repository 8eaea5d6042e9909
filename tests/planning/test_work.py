"""Steps, faces and bytes of a job's arithmetic, by hand."""

import pytest

from engram.planning.counts import Count
from engram.planning.work import Work

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
