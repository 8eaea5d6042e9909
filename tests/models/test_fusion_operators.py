"""Operators: one interface over all kinds, the same after a round trip through the disk."""

import numpy as np
import pytest
import torch

from engram.core.errors import CheckpointError, EmbeddingError
from engram.models.files import write_tensors
from engram.models.fusion_operators import (
    FusionModule,
    Operator,
    build_network,
    fit_scale,
    load_operator,
    save_operator,
)

ENCODERS = {"expression": 4, "age": 6}
SHAPES = {
    "concat": {"kind": "concat", "sizes": [10, 10]},
    "pca": {"kind": "pca", "sizes": [10, 3]},
    "ae": {"kind": "ae", "sizes": [10, 8, 3]},
    "vae": {"kind": "vae", "sizes": [10, 8, 3]},
    "dae": {"kind": "dae", "sizes": [10, 8, 3], "noise": 0.3},
}


def raw(count=2500, seed=0):
    """Raw embeddings with a level and a spread of their own for every value."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((count, 10)) * np.arange(1, 11) + 5 * np.arange(10)).astype(np.float32)


def make_operator(kind):
    torch.manual_seed(1)
    network = build_network(SHAPES[kind])
    if kind == "pca":
        network.directions.copy_(torch.eye(10)[:3])
    scale = fit_scale([raw()], ENCODERS)
    module = FusionModule(network, torch.from_numpy(scale.mean), torch.from_numpy(scale.std))
    return Operator(module.eval(), ENCODERS, SHAPES[kind])


@pytest.mark.parametrize("kind", SHAPES)
def test_an_operator_is_the_same_after_the_disk(kind, tmp_path):
    """Saved and loaded, it encodes and decodes alike, and the file is the same each time."""
    operator = make_operator(kind)
    save_operator(tmp_path / "a.safetensors", operator)
    again = load_operator(tmp_path / "a.safetensors", ENCODERS)
    save_operator(tmp_path / "b.safetensors", again)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert np.array_equal(operator.encode(raw(9)), again.encode(raw(9)))
    assert again.encode(raw(9)).shape == (9, again.size)
    assert again.decode(again.encode(raw(9))).shape == (9, 10)
    assert again.encode(raw(9)).dtype == again.decode(again.encode(raw(9))).dtype == np.float32


@pytest.mark.parametrize("kind", SHAPES)
def test_arrays_and_tensors_agree(kind):
    """The numpy side, batch by batch, gives what the module gives for all rows at once."""
    operator = make_operator(kind)
    with torch.inference_mode():
        whole = operator.module(torch.from_numpy(raw()))
        back = operator.module.decode(whole)
    assert np.allclose(operator.encode(raw()), whole.numpy(), atol=1e-5)
    assert np.allclose(operator.decode(whole.numpy()), back.numpy(), atol=1e-5)
    assert operator.encode(raw()[:0]).shape == (0, operator.size)


def test_half_precision_embeddings_are_taken():
    """Stored float16 rows go in as they are."""
    operator = make_operator("ae")
    rows = raw(20).astype(np.float16)
    assert np.array_equal(operator.encode(rows), operator.encode(rows.astype(np.float32)))


def test_standardised_values_have_mean_zero_and_deviation_one():
    """On the faces that the scale was fitted on; concat encodes to exactly these values."""
    operator = make_operator("concat")
    standardised = operator.standardise(raw())
    assert np.allclose(standardised.mean(axis=0), 0, atol=1e-4)
    assert np.allclose(standardised.std(axis=0), 1, atol=1e-4)
    assert np.array_equal(operator.encode(raw()), standardised)
    assert np.array_equal(fit_scale([raw()], ENCODERS).apply(raw()), standardised)


def test_the_scale_does_not_depend_on_blocks():
    """Read in pieces or at once, far from zero too, the scale is numpy's."""
    rows = raw() + np.float32(1e4)
    parts = fit_scale(np.split(rows, [3, 500, 1700]), ENCODERS)
    assert np.allclose(parts.mean, rows.mean(axis=0, dtype=np.float64), rtol=1e-7)
    assert np.allclose(parts.std, rows.std(axis=0, dtype=np.float64), rtol=1e-5)


def test_a_value_that_stands_still_gets_a_floor():
    """Its standardised value is zero in training, and bounded where it moves at last."""
    rows = raw()
    rows[:, 5] = 7.0
    scale = fit_scale([rows], ENCODERS)
    assert scale.floored == 1
    assert not scale.apply(rows)[:, 5].any()
    usual = np.sqrt(np.square(rows[:, 4:].std(axis=0)).mean())
    assert scale.std[5] == pytest.approx(0.01 * usual, rel=1e-4)


def test_an_encoder_that_says_the_same_of_all_is_named():
    """All values of one encoder constant: nothing can be standardised."""
    rows = raw()
    rows[:, 4:] = np.arange(6) + 0.1
    with pytest.raises(EmbeddingError, match="encoder 'age' gives every training face the same"):
        fit_scale(np.array_split(rows, 7), ENCODERS)


def test_an_embedding_that_is_not_finite_is_named():
    """A NaN stops the fit with its encoder's name."""
    rows = raw()
    rows[1200, 2] = np.nan
    with pytest.raises(EmbeddingError, match="encoder 'expression': an embedding is not finite"):
        fit_scale(np.array_split(rows, 7), ENCODERS)


def test_no_embeddings_have_no_scale():
    """An empty training subset is refused."""
    with pytest.raises(EmbeddingError, match="no embeddings to fuse"):
        fit_scale([], ENCODERS)


def test_embeddings_of_another_size_are_refused():
    """The message names the encoders, the sizes and what was given."""
    operator = make_operator("ae")
    with pytest.raises(EmbeddingError, match=r"expression \(4\), age \(6\), 10 values, to 3.*\(2, 9\)"):
        operator.encode(np.zeros((2, 9), np.float32))
    with pytest.raises(EmbeddingError, match=r"needs an array \(rows, 3\) but got \(2, 10\)"):
        operator.decode(np.zeros((2, 10), np.float32))


@pytest.mark.parametrize("encoders", [{"age": 6, "expression": 4}, {"expression": 5, "age": 5}])
def test_an_operator_of_other_encoders_is_refused(encoders, tmp_path):
    """Another order or other sizes than it was fitted on: the file does not fit the configuration."""
    save_operator(tmp_path / "m.safetensors", make_operator("ae"))
    with pytest.raises(CheckpointError, match=r"fuses expression \(4\), age \(6\), but the configuration"):
        load_operator(tmp_path / "m.safetensors", encoders)


def test_another_file_is_refused(tmp_path):
    """A missing file, one of another kind, and one whose weights do not fit are named as such."""
    path = tmp_path / "m.safetensors"
    with pytest.raises(CheckpointError, match="damaged or missing"):
        load_operator(path)
    write_tensors(path, {"a": torch.zeros(1)}, {"network": {}})
    with pytest.raises(CheckpointError, match="holds no fusing operator"):
        load_operator(path)
    header = {"operator": SHAPES["ae"], "encoders": list(ENCODERS.items())}
    write_tensors(path, make_operator("vae").module.state_dict(), header)
    with pytest.raises(CheckpointError, match="do not fit the operator"):
        load_operator(path)
