"""Damaged models and arrays: read as they are, or one error of the project with the file's name."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import CheckpointError, EmbeddingError
from engram.core.paths import Layout
from engram.models.backbone_files import load_backbone, save_backbone
from engram.models.files import load_model, read_tensors, save_model, write_tensors
from engram.models.fusion_operators import load_operator, save_operator
from engram.models.vgg import VGG
from engram.training.checkpoints import Checkpoint, State
from tests.damage import DAMAGE, complaint, examples
from tests.models.test_backbone_files import build
from tests.models.test_fusion_operators import make_operator
from tests.studies.general.encoders.test_embeddings import load, make_settings, store

MODELS = {
    "network": (lambda path: save_model(path, VGG({"expression": 7}, width=0.03)), load_model),
    "backbone": (lambda path: save_backbone(path, build()), load_backbone),
    "operator": (lambda path: save_operator(path, make_operator("ae")), load_operator),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request, tmp_path_factory):
    """Return the file of each kind of model, its bytes and its reader."""
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    save, load = MODELS[request.param]
    save(path)
    return path, path.read_bytes(), load


@examples(200)
@given(damage=DAMAGE)
def test_damaged_models(model, damage):
    """Any damage to a file's bytes ends in a model or in one error."""
    path, data, load = model
    path.write_bytes(damage.of(data))
    said = complaint(lambda: load(path), CheckpointError)
    assert said is None or said.startswith(f"{path}: ")


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 10**12) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@examples(150)
@given(place=st.integers(0, 30), value=_ODD, drop=st.booleans())
def test_headers_of_another_network(model, place, value, drop):
    """A value of the header lost or replaced by anything: the weights fit no longer, or still do."""
    path, data, load = model
    path.write_bytes(data)
    tensors, header = read_tensors(path)
    values = [(part, key) for part in (header, *filter(_is_dict, header.values())) for key in part]
    part, key = values[place % len(values)]
    if drop:
        del part[key]
    else:
        part[key] = value
    write_tensors(path, tensors, header)
    said = complaint(lambda: load(path), CheckpointError)
    assert said is None or said.startswith(f"{path}: ")


def _is_dict(value):
    return isinstance(value, dict)


@examples(200)
@given(damage=DAMAGE)
def test_damaged_shards(tmp_path_factory, damage):
    """An array of embeddings has the rows and values that it should have, or is refused by its name."""
    layout, settings = Layout(tmp_path_factory.mktemp("results")), make_settings(shards=3)
    store(layout, settings, 9)
    path = layout.embeddings("crowd", "identity") / "shard-1.npy"
    path.write_bytes(damage.of(path.read_bytes()))
    said = complaint(lambda: load(layout, settings).rows(np.arange(9)), EmbeddingError)
    assert said is None or said.startswith(f"{path}: ")


class _Still:
    """An optimiser without a state."""

    def state(self):
        return {}

    def restore(self, state):
        assert state == {}


@examples(100)
@given(damage=DAMAGE)
def test_a_damaged_checkpoint_is_not_gone_on_from(tmp_path_factory, damage):
    """Training goes on from all that was saved, or starts anew: a run ends as it should."""
    folder = tmp_path_factory.mktemp("scratch") / "job"
    network = torch.nn.Linear(3, 2)
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    checkpoint = Checkpoint(folder, "fingerprint", 0.0)
    best = torch.tensor(1), torch.tensor(0.5).double(), torch.tensor(1.0).double()
    checkpoint.save(network, _Still(), State(2, *best, weights, [{"epoch": 1.0}, {"epoch": 2.0}]))
    path = folder / "checkpoint.safetensors"
    data = path.read_bytes()
    path.write_bytes(damage.of(data))
    state = Checkpoint(folder, "fingerprint", 0.0).restore(network, _Still())
    if path.read_bytes() == data:
        assert state.epoch == 2
    if state.epoch:
        assert (state.epoch, state.best_epoch, state.best_score, state.best_loss) == (2, 1, 0.5, 1.0)
        assert state.history == [{"epoch": 1.0}, {"epoch": 2.0}]
        assert all(torch.equal(value, weights[name]) for name, value in state.best_weights.items())
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
