"""Files of small networks in each form that can be imported, and how tests load them."""

import hashlib
import warnings

import numpy as np
import onnx
import torch
import torchvision
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

from engram.models.imported import ImportedFile, load_imported

TORCHVISION, TIMM = "shufflenet_v2_x0_5", "test_resnet"
IMAGES = torch.rand(3, 3, 48, 48, generator=torch.Generator().manual_seed(1))


def describe(path, form, **more):
    return ImportedFile(path, form, hashlib.sha256(path.read_bytes()).hexdigest(), **more)


def load(path, form, embedding, *, channels=3, size=48, **more):
    return load_imported(describe(path, form, **more), channels=channels, size=size, embedding=embedding)


def embed(encoder, images=IMAGES):
    with torch.inference_mode():
        return encoder.embed(images)


def torchvision_file(folder, classes=7, change=lambda state: state):
    """Write a network of random weights whose head has other classes; return it and its file."""
    torch.manual_seed(0)
    network = torchvision.models.get_model(TORCHVISION, weights=None, num_classes=classes).eval()
    save_file(change(network.state_dict()), folder / "net.safetensors")
    return network, folder / "net.safetensors"


def script_file(folder, network, images=IMAGES):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.trace(network.eval(), images), folder / "net.pt")
    return folder / "net.pt"


def onnx_file(folder, batch="faces", inputs=("images",), external=False):
    """Write mean over the image, then a linear layer, with both as outputs; return its weights."""
    weights = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["images"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    shape = [batch, 3, 48, 48]
    outputs = {"pooled": [batch, 3, 1, 1], "logits": [batch, 5]}
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in outputs.items()],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "net.onnx", save_as_external_data=external, size_threshold=0)
    return weights
