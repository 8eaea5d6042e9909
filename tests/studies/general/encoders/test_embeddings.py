"""Stored embeddings: shards read as one array, and damaged ones refused."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engram.config import load_settings
from engram.core.arrays import shard_rows
from engram.core.errors import EmbeddingError
from engram.core.paths import Layout
from engram.studies.general.encoders.embeddings import Embeddings, write_shard
from engram.studies.general.jobs.files import GeneralFiles
from tests.conftest import read_config

SIZES = {"expression": 3, "identity": 5, "gender": 2}


@cache
def make_settings(shards=1, dtype="float32"):
    """Return settings with three small encoders."""
    config = read_config("smoke")
    encoders = config["general"]["encoders"]
    config["general"]["encoders"] = {
        name: {**encoders[name], "embedding": size} for name, size in SIZES.items()
    }
    config["general"]["dtype"] = dtype
    config["datasets"]["crowd"]["shards"] = shards
    return load_settings(config)


def store(layout, settings, faces, seed=0):
    """Write made-up embeddings; return them side by side."""
    rng = np.random.default_rng(seed)
    whole = {
        name: rng.normal(size=(faces, size)).astype(settings.general.dtype) for name, size in SIZES.items()
    }
    count = settings.datasets["crowd"].shards
    for name, values in whole.items():
        for shard in range(count):
            rows = shard_rows(faces, shard, count)
            path = GeneralFiles(settings, layout).shards("crowd", name)[shard]
            with write_shard(path, (len(rows), SIZES[name]), settings.general.dtype) as writer:
                for row in rows:
                    writer.write(values[row : row + 1])
    return np.concatenate(list(whole.values()), axis=1)


def load(layout, settings):
    files = GeneralFiles(settings, layout).embeddings("crowd")
    return Embeddings.load(files, SIZES, settings.general.dtype)


@hypothesis_settings(max_examples=30)
@given(
    st.integers(1, 20),
    st.integers(1, 7),
    st.sampled_from(["float16", "float32"]),
    st.randoms(use_true_random=False),
)
def test_shards_read_as_one_array(tmp_path_factory, faces, shards, dtype, random):
    """Whatever the number of shards, any rows in any order are those of the whole array."""
    layout, settings = Layout(tmp_path_factory.mktemp("results")), make_settings(shards, dtype)
    whole = store(layout, settings, faces)
    embeddings = load(layout, settings)
    positions = np.array([random.randrange(faces) for _ in range(2 * faces)])
    found = embeddings.rows(positions)
    assert found.dtype == np.float32
    assert len(embeddings) == faces
    np.testing.assert_array_equal(found, whole[positions].astype(np.float32))


def test_encoders_stand_in_the_order_of_the_settings(tmp_path):
    """However a subset is named, its columns are where the settings have them."""
    layout, settings = Layout(tmp_path), make_settings(shards=2)
    whole = store(layout, settings, 9)
    embeddings = load(layout, settings)
    assert embeddings.names == list(SIZES)
    assert embeddings.sizes == SIZES
    positions = np.arange(9)
    np.testing.assert_array_equal(
        embeddings.rows(positions, ["gender", "expression"]), whole[:, [0, 1, 2, 8, 9]]
    )
    np.testing.assert_array_equal(embeddings.rows(positions, ["gender", "identity"]), whole[:, 3:])


def test_no_positions_give_no_rows(tmp_path):
    """An empty batch has the width of the others."""
    layout, settings = Layout(tmp_path), make_settings(shards=3)
    store(layout, settings, 9)
    assert load(layout, settings).rows(np.array([], np.int64)).shape == (0, 10)


@pytest.mark.parametrize("position", [-1, 9])
def test_positions_outside_are_refused(tmp_path, position):
    """A row before the first or after the last is a mistake, not another shard's."""
    layout, settings = Layout(tmp_path), make_settings(shards=3)
    store(layout, settings, 9)
    with pytest.raises(IndexError, match="0 to 8"):
        load(layout, settings).rows(np.array([position]))


def test_shards_are_mapped(tmp_path):
    """Opening loads no values."""
    layout, settings = Layout(tmp_path), make_settings()
    store(layout, settings, 9)
    opened = load(layout, settings)
    assert all(isinstance(shard, np.memmap) for shards in opened._shards.values() for shard in shards)


def test_unknown_encoders(tmp_path):
    """The known names are listed."""
    layout, settings = Layout(tmp_path), make_settings()
    store(layout, settings, 4)
    with pytest.raises(EmbeddingError, match=r"encoder 'pose'\. Known: expression, identity, gender"):
        load(layout, settings).rows(np.array([0]), ["gender", "pose"])
    with pytest.raises(EmbeddingError, match="no encoder was named"):
        load(layout, settings).rows(np.array([0]), [])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), r"missing\. Run snakemake again"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-3]),
            r"damaged \(.*\)\. Delete it and run snakemake",
        ),
        (lambda path: path.write_bytes(b""), r"damaged \(.*\)\. Delete it"),
        (
            lambda path: np.save(path, np.zeros((3, 5), np.float16)),
            r"float16 \[3, 5\], .* float32 with 5 values",
        ),
        (
            lambda path: np.save(path, np.zeros((3, 4), np.float32)),
            r"float32 \[3, 4\], .* float32 with 5 values",
        ),
        (lambda path: np.save(path, np.zeros((7, 5), np.float32)), r"has 7 rows where 3 of 9 faces belong"),
        (
            lambda path: np.save(path, np.array([{}]), allow_pickle=True),
            r"damaged \(.*Python objects.*\)\. Delete it",
        ),
    ],
)
def test_damaged_shards_are_named(tmp_path, damage, message):
    """A shard that is missing, broken off or of other values stops with its name and the way out."""
    layout, settings = Layout(tmp_path), make_settings(shards=3)
    store(layout, settings, 9)
    damage(GeneralFiles(settings, layout).shards("crowd", "identity")[1])
    with pytest.raises(EmbeddingError, match=rf"identity/shard-1\.npy: .*{message}"):
        load(layout, settings)


def test_shards_of_another_number_of_shards_are_refused(tmp_path):
    """After a change of `shards` one encoder's old file does not pass for a new one."""
    layout = Layout(tmp_path)
    store(layout, make_settings(shards=2), 9)
    np.save(layout.embeddings("crowd", "expression") / "shard-0.npy", np.zeros((9, 3), np.float32))
    with pytest.raises(EmbeddingError, match=r"identity/shard-0\.npy: has 4 rows where 9 .*number of shards"):
        load(layout, make_settings(shards=1))


@pytest.mark.parametrize("rows", [2, 4])
def test_a_shard_has_as_many_rows_as_were_promised(tmp_path, rows):
    """A row too few or too many leaves no file."""
    with (
        pytest.raises(EmbeddingError, match=f"3 rows was given {rows}"),
        write_shard(tmp_path / "shard-0.npy", (3, 2), "float32") as writer,
    ):
        writer.write(np.zeros((rows, 2), np.float32))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("values", [np.zeros((3, 2), np.float64), np.zeros((3, 4), np.float32)])
def test_a_shard_takes_one_format(tmp_path, values):
    """Another number format or size would be read as garbage."""
    with (
        pytest.raises(EmbeddingError, match="was given float"),
        write_shard(tmp_path / "shard-0.npy", (3, 2), "float32") as writer,
    ):
        writer.write(values)
