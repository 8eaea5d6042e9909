"""Encoders on disk: all it takes to use one comes back, and other files are refused."""

import numpy as np
import pytest
import torch

from engram.core.errors import CheckpointError
from engram.models.backbone_files import Backbone, load_backbone, save_backbone
from engram.models.files import read_tensors, write_tensors
from engram.models.inputs import FaceInputs
from engram.training.tasks import LabelSet

HEAD = {"hidden": 6, "outputs": 2, "dropout": 0.1}
FACES = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), np.uint8)


def build(architecture="resnet", head=HEAD, normalised=False):
    torch.manual_seed(0)
    settings = {
        "architecture": architecture,
        "embedding": 5,
        "width": 4,
        "head": head,
        "normalised": normalised,
    }
    return Backbone.build(
        settings, FaceInputs(16, "bgr", (0.1, 0.2, 0.3)), LabelSet("age", (), 30.0, 9.5).header()
    )


@pytest.mark.parametrize("architecture", ["plain", "resnet", "separable", "vgg"])
@pytest.mark.parametrize(("head", "normalised"), [(HEAD, False), (None, True)])
def test_a_backbone_comes_back(tmp_path, architecture, head, normalised):
    """Weights, running statistics, inputs and labels survive: the same faces give the same outputs."""
    backbone = build(architecture, head, normalised)
    backbone.network(backbone.inputs(FACES))
    save_backbone(tmp_path / "model.safetensors", backbone)
    again = load_backbone(tmp_path / "model.safetensors")
    assert (again.settings, again.inputs, again.labels) == (
        backbone.settings,
        backbone.inputs,
        backbone.labels,
    )
    assert LabelSet.from_header(again.labels) == LabelSet("age", (), 30.0, 9.5)
    backbone.network.eval()
    with torch.inference_mode():
        for name in ("forward", "embed"):
            expected = getattr(backbone.network, name)(backbone.inputs(FACES))
            assert torch.equal(getattr(again.network, name)(again.inputs(FACES)), expected)


def test_the_same_backbone_gives_the_same_bytes(tmp_path):
    """A model's file can be compared by its hash."""
    for name in ("one", "two"):
        save_backbone(tmp_path / name, build())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def rewrite(path, change):
    tensors, header = read_tensors(path)
    change(tensors, header)
    write_tensors(path, tensors, header)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _, header: header.pop("inputs"), "holds no encoder of Engram"),
        (lambda _, header: header["backbone"].update(width=8), "weights do not fit"),
        (lambda tensors, _: tensors.popitem(), "weights do not fit"),
        (
            lambda _, header: header["backbone"].update(architecture="resnext"),
            "another version .'resnext'",
        ),
        (lambda _, header: header["backbone"].pop("embedding"), "another version .*'embedding'"),
        (lambda _, header: header["inputs"].update(gamma=2), "another version .*gamma"),
    ],
)
def test_files_that_do_not_fit_are_named(tmp_path, change, message):
    """Another file, another network and another version's settings stop with the file's name."""
    path = tmp_path / "model.safetensors"
    save_backbone(path, build())
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=rf"model\.safetensors: .*{message}"):
        load_backbone(path)
