"""Models on disk: safetensors alone, checked against what is expected of them."""

import pickle

import pytest
import torch
from safetensors.torch import save_file

from engram.core.errors import CheckpointError
from engram.models.files import load_model, save_model
from engram.models.vgg import VGG


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    network = VGG({"expression": 7, "age_group": 4}, width=0.03)
    save_model(tmp_path / "model.safetensors", network)
    return network, tmp_path / "model.safetensors"


def test_a_model_is_read_back_as_it_was(saved):
    """Weights, heads and settings survive the disk."""
    network, path = saved
    again = load_model(path)
    assert again.tasks == network.tasks
    torch.testing.assert_close(dict(again.state_dict()), dict(network.state_dict()), atol=0, rtol=0)


def test_the_same_model_gives_the_same_bytes(saved, tmp_path):
    """A model's file can be compared by its hash."""
    network, path = saved
    save_model(tmp_path / "again.safetensors", network)
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()


def test_another_network_is_refused(saved):
    """A checkpoint of another width stops with both widths named."""
    with pytest.raises(
        CheckpointError, match=r"model\.safetensors: a network with width 0\.03, .* asks for 0\.5"
    ):
        load_model(saved[1], expected={"width": 0.5})


def test_weights_that_do_not_fit_their_header_are_refused(saved):
    """A file whose header names another network than its weights are of."""
    network, path = saved
    network.settings["width"] = 0.06
    save_model(path, network)
    with pytest.raises(CheckpointError, match="weights do not fit"):
        load_model(path)


@pytest.mark.parametrize("damage", ["truncated", "pickle", "foreign", "missing"])
def test_a_damaged_file_is_named(saved, damage):
    """No library's traceback, and nothing in a file is ever run."""
    _, path = saved
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:1000])
    elif damage == "pickle":
        path.write_bytes(pickle.dumps({"a": 1}))
    elif damage == "foreign":
        save_file({"x": torch.zeros(1)}, path)
    else:
        path.unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        load_model(path)
