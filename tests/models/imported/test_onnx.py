"""ONNX files as encoders: outputs and inner tensors give what they should, wrong files are refused."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from engram.core.errors import EncoderError
from engram.models.imported.onnx import providers
from engram.models.imported.parameters import count_onnx_parameters
from tests.models.imported.files import IMAGES, embed, load, onnx_file


@pytest.mark.parametrize("batch", ["faces", 1, 2])
@pytest.mark.parametrize("layer", [None, "pooled"])
def test_onnx(tmp_path, batch, layer):
    """Each output can be the embedding, also where the file was saved for batches of one size."""
    weights = onnx_file(tmp_path, batch)
    encoder = load(tmp_path / "net.onnx", "onnx", 3 if layer else 5, layer=layer)
    pooled = IMAGES.mean((2, 3))
    torch.testing.assert_close(embed(encoder), pooled if layer else pooled @ torch.from_numpy(weights))


def test_unknown_onnx_outputs(tmp_path):
    """The outputs there are get listed."""
    onnx_file(tmp_path)
    with pytest.raises(EncoderError, match=r"no tensor 'features'. Its outputs are: pooled, logits"):
        load(tmp_path / "net.onnx", "onnx", 5, layer="features")


def test_an_inner_tensor_of_an_onnx_file_can_be_the_embedding(tmp_path):
    """A tensor that is no output is made one: here the mean of the image, before the linear layer."""
    onnx_file(tmp_path)
    encoder = load(tmp_path / "net.onnx", "onnx", 3, layer="flat")
    torch.testing.assert_close(embed(encoder), IMAGES.mean((2, 3)))


def test_the_nearest_tensors_are_offered(tmp_path):
    """A slip in an inner tensor's name is told from an unknown one."""
    onnx_file(tmp_path)
    with pytest.raises(EncoderError, match=r"no tensor 'flatt'.*Did you mean: flat"):
        load(tmp_path / "net.onnx", "onnx", 3, layer="flatt")


def test_parameters_behind_the_embedding_do_not_count(tmp_path):
    """The linear layer behind the mean counts only where its output is the embedding."""
    weights = onnx_file(tmp_path)
    assert load(tmp_path / "net.onnx", "onnx", 5).parameter_count == weights.size
    assert load(tmp_path / "net.onnx", "onnx", 3, layer="flat").parameter_count is None


def test_onnx_with_several_inputs(tmp_path):
    """An encoder takes images and nothing else."""
    onnx_file(tmp_path, inputs=("images", "mask"))
    with pytest.raises(EncoderError, match=r"several inputs \(images, mask\)"):
        load(tmp_path / "net.onnx", "onnx", 5)


def test_onnx_with_weights_in_another_file(tmp_path):
    """The hash vouches for one file, so no other is read."""
    onnx_file(tmp_path, external=True)
    with pytest.raises(EncoderError, match=r"net\.onnx: onnxruntime cannot load it .*weights inside"):
        load(tmp_path / "net.onnx", "onnx", 5)


def test_parameters_of_an_onnx_file_are_counted_as_its_own_package_counts_them():
    """Dimensions packed or not, floats of every kind, whole numbers left out."""
    tensors = [
        numpy_helper.from_array(np.zeros((3, 4, 5), np.float32), "a"),
        numpy_helper.from_array(np.zeros(300, np.float16), "b"),
        numpy_helper.from_array(np.zeros((), np.float64), "c"),
        numpy_helper.from_array(np.zeros(9, np.int64), "shape"),
    ]
    graph = helper.make_graph([], "net", [], [], tensors)
    data = helper.make_model(graph).SerializeToString()
    expected = sum(
        int(np.prod(tensor.dims))
        for tensor in onnx.load_from_string(data).graph.initializer
        if tensor.data_type != TensorProto.INT64
    )
    assert count_onnx_parameters(data) == expected == 60 + 300 + 1
    assert (
        count_onnx_parameters(helper.make_model(helper.make_graph([], "net", [], [])).SerializeToString())
        is None
    )


@pytest.mark.parametrize(
    ("device", "available", "chosen"),
    [
        ("cpu", ["CUDAExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]),
        ("cuda:1", ["CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (
            "cuda:1",
            ["CUDAExecutionProvider", "CPUExecutionProvider"],
            ["CUDAExecutionProvider", "CPUExecutionProvider"],
        ),
    ],
)
def test_a_network_runs_where_the_images_are(device, available, chosen):
    """On a GPU if onnxruntime has its provider, on that very GPU and in full precision; else on the CPU."""
    found = providers(torch.device(device), available)
    assert [each if isinstance(each, str) else each[0] for each in found] == chosen
    if len(found) > 1:
        assert (found[0][1]["device_id"], found[0][1]["use_tf32"]) == (1, 0)
