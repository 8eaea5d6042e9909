"""Arrays written part after part: numpy reads them as its own."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.arrays import begin_array, in_blocks, save_array, shard_rows, shuffled_blocks


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=4),
    st.sampled_from(["uint8", "float16", "float32", "int64"]),
)
def test_a_header_and_the_values_are_an_array(shape, dtype):
    """The bytes are those that numpy's own writer gives."""
    values = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    ours, numpy_s = io.BytesIO(), io.BytesIO()
    begin_array(ours, tuple(shape), dtype)
    ours.write(values.tobytes())
    np.save(numpy_s, values, allow_pickle=False)
    assert ours.getvalue() == numpy_s.getvalue()


@pytest.mark.parametrize(
    "values", [np.arange(12.0).reshape(3, 4).T, np.zeros((0, 3)), np.float32(2).reshape(())]
)
def test_an_array_is_saved_as_numpy_saves_it(tmp_path, values):
    """Transposed, empty and single values too; a loaded copy is the array."""
    save_array(tmp_path / "a.npy", values)
    assert np.array_equal(np.load(tmp_path / "a.npy"), values)
    np.save(tmp_path / "b.npy", np.ascontiguousarray(values))
    assert np.ndim(values) == 0 or (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_parts_follow_one_another(tmp_path):
    """Rows written one by one are mapped as one array."""
    values = np.random.default_rng(0).random((5, 3)).astype(np.float32)
    with open(tmp_path / "a.npy", "wb") as stream:
        begin_array(stream, (5, 3), np.float32)
        for row in values:
            stream.write(row.tobytes())
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), values)


def test_a_file_that_breaks_off_is_noticed(tmp_path):
    """An array with fewer values than its header promises cannot be mapped."""
    with open(tmp_path / "a.npy", "wb") as stream:
        begin_array(stream, (5, 3), np.float32)
        stream.write(bytes(10))
    with pytest.raises(ValueError, match="mmap length"):
        np.load(tmp_path / "a.npy", mmap_mode="r")


@given(st.integers(0, 20), st.integers(0, 50), st.integers(1, 12))
def test_blocks_are_all_rows_in_order(start, count, size):
    """Together they are the range; each but the last has the size asked for."""
    blocks = list(in_blocks(range(start, start + count), size))
    assert [row for block in blocks for row in block] == list(range(start, start + count))
    assert all(len(block) == size for block in blocks[:-1])


def test_blocks_of_a_count_begin_at_zero():
    """A known answer."""
    assert [block.tolist() for block in in_blocks(5, 2)] == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(("faces", "shards"), [(10, 3), (2, 5), (0, 1), (1000, 7)])
def test_shards_have_every_row_once(faces, shards):
    """The shards' rows are those of the whole, in order."""
    rows = [row for shard in range(shards) for row in shard_rows(faces, shard, shards)]
    assert rows == list(range(faces))


@given(st.integers(1, 300), st.integers(1, 40), st.integers(1, 5), st.integers(0, 9))
def test_shuffled_blocks_have_every_number_once(count, block, pool, seed):
    """Whatever the blocks; and a group of blocks is done before the next begins."""
    order = shuffled_blocks(count, block, pool, np.random.default_rng(seed))
    assert sorted(order) == list(range(count))
    met = [len({number // block for number in order[: end + 1]}) for end in range(count)]
    done = [
        sum(
            np.isin(range(at, min(at + block, count)), order[: end + 1]).all()
            for at in range(0, count, block)
        )
        for end in range(count)
    ]
    assert max(np.subtract(met, done)) <= pool


def test_small_sets_are_shuffled_as_a_whole():
    """All numbers meet in one group; the same seed gives the same order."""
    orders = [shuffled_blocks(50, 8, 7, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != list(range(50))
