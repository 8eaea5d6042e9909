"""Integer random numbers that are the same everywhere."""

from hypothesis import given
from hypothesis import strategies as st

from engram.data.synthetic.text.stream import Stream

seeds = st.integers(0, 1000)


def test_numbers_are_those_of_splitmix64():
    """From state 0, the first numbers that its authors print."""
    stream = Stream("any")
    stream._state = 0
    assert [stream.below(1 << 64) for _ in range(3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_a_stream_depends_on_its_names_alone():
    numbers = [[Stream(*names).below(1 << 60) for _ in range(2)] for names in (("a", 1), ("a", 1), ("a", 2))]
    assert numbers[0] == numbers[1] != numbers[2]


@given(seeds, st.integers(1, 60))
def test_an_order_has_each_number_once(seed, count):
    order = Stream(seed).order(count, 60)
    assert len(order) == len(set(order)) == count
    assert set(order) <= set(range(60))
    assert sorted(Stream(seed).order(60, 60)) == list(range(60))


def test_numbers_cover_their_range_evenly():
    """Of 6,000 draws of six numbers each comes 1,000 times, within five standard deviations of 29."""
    stream = Stream("dice")
    counts = [0] * 6
    for _ in range(6000):
        counts[stream.between(1, 6) - 1] += 1
    assert all(abs(count - 1000) < 145 for count in counts)


def test_early_items_come_more_often():
    stream = Stream("early")
    drawn = [stream.early(range(100)) for _ in range(2000)]
    assert sum(number < 20 for number in drawn) > 900
    assert max(drawn) > 80
