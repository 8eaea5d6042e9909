"""Damaged files of imported encoders: an encoder that works, or an EncoderError; never a crash."""

import hashlib

import numpy as np
import pytest
import timm
import torch
from hypothesis import given
from safetensors.torch import save_file
from torch import nn

from engram.core.errors import EncoderError
from engram.models.imported import ImportedFile, load_imported
from tests.damage import DAMAGE, complaint, examples
from tests.models.imported.files import TIMM, onnx_file, script_file

MORE = {"timm": {"architecture": TIMM, "layer": "global_pool"}}
SIZES = {"timm": 96, "torchscript": 3, "onnx": 5}


def weights_file(folder, change=lambda value: value):
    """Write the weights of a small network of timm."""
    state = timm.create_model(TIMM, pretrained=False).state_dict()
    save_file({name: change(value) for name, value in state.items()}, folder / "net.safetensors")
    return folder / "net.safetensors"


class _Small(nn.Module):
    def forward(self, images):
        return images.mean((2, 3))


@pytest.fixture(scope="module", params=SIZES)
def encoder(request, tmp_path_factory):
    """Return a small encoder's form, file and bytes."""
    folder, form = tmp_path_factory.mktemp("encoders"), request.param
    if form == "timm":
        path = weights_file(folder)
    elif form == "torchscript":
        path = script_file(folder, _Small())
    else:
        onnx_file(folder)
        path = folder / "net.onnx"
    return form, path, path.read_bytes()


def load(form, path, sha256):
    file = ImportedFile(path, form, sha256, **MORE.get(form, {}))
    return load_imported(file, channels=3, size=48, embedding=SIZES[form])


@examples(50)
@given(damage=DAMAGE)
def test_another_file_than_was_meant(encoder, damage):
    """With the hash of the whole file every damage is seen before a byte is interpreted."""
    form, path, data = encoder
    path.write_bytes(damage.of(data))
    if path.read_bytes() != data:
        said = complaint(lambda: load(form, path, hashlib.sha256(data).hexdigest()), EncoderError)
        assert "SHA-256" in said


@examples(50)
@given(damage=DAMAGE)
def test_a_file_that_was_damaged_before_it_was_named(encoder, damage):
    """With the damaged file's own hash the loader decides: what passes gives finite embeddings."""
    form, path, data = encoder
    path.write_bytes(damage.of(data))
    found = []
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    said = complaint(lambda: found.append(load(form, path, digest)), EncoderError)
    if said is None:
        with torch.inference_mode():
            given = found[0].embed(torch.zeros(2, 3, 48, 48))
        assert given.shape == (2, SIZES[form])
        assert given.isfinite().all()
    else:
        assert str(path) in said


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.float64, torch.complex64])
def test_weights_of_another_number_format(tmp_path, dtype):
    """Numbers of an odd kind are taken as weights or refused, not a traceback."""
    path = weights_file(tmp_path, lambda value: value.to(dtype))
    said = complaint(lambda: load("timm", path, hashlib.sha256(path.read_bytes()).hexdigest()), EncoderError)
    assert said is None or str(path) in said


def test_a_file_of_one_form_under_the_name_of_another(tmp_path):
    """Safetensors given as ONNX or TorchScript, and the reverse, are refused by the file's name."""
    save_file({"a": torch.zeros(3)}, tmp_path / "a")
    (tmp_path / "b").write_bytes(np.random.default_rng(0).bytes(500))
    (tmp_path / "c").write_bytes(b"")
    for name in "abc":
        path = tmp_path / name
        for form in SIZES:
            with pytest.raises(EncoderError, match=str(path)):
                load(form, path, hashlib.sha256(path.read_bytes()).hexdigest())
