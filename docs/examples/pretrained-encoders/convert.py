"""Write four face networks of the npm package @vladmandic/face-api (MIT) as ONNX files.

    python convert.py PACKAGE ENCODERS

reads ``PACKAGE/model`` and writes ``identity.onnx``, ``expression.onnx``, ``age_gender.onnx`` and
``landmarks.onnx`` into the folder ENCODERS. The package keeps each network's weights as TensorFlow.js does:
a manifest (JSON) with name, shape and quantisation of every array, and one file of their bytes. It holds no
graph; the graphs below follow the package's sources. Each file has an output ``embedding``, and those of the
heads: ``classes``, ``age``, ``gender``, ``points``. Inputs are RGB faces in [0, 1] less `MEAN`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Weights = dict[str, np.ndarray]

#: What is taken from each channel of a face in [0, 1]: (122.782, 117.001, 104.298) / 255.
MEAN = (0.481498, 0.458827, 0.409012)
#: SHA-256 of the weights of version 1.7.15.
SHA256 = {
    "face_recognition_model.bin": "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589",
    "face_expression_model.bin": "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
    "age_gender_model.bin": "49f92bbc0afef2342c4385e4a2b0acb6d7a727c6f0aa539499719a81acf9abaa",
    "face_landmark_68_model.bin": "4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b",
}
#: Version of ONNX's operators.
OPSET = 13


def read_weights(manifest: Path, sums: Mapping[str, str]) -> Weights:
    """Return the arrays that a manifest lists, float32; quantised ones are scaled back.

    Raises
    ------
    ValueError
        If the file of weights has another SHA-256 than ``sums`` says, or another length than the manifest.
    """
    found: Weights = {}
    for group in json.loads(manifest.read_text()):
        data = b"".join(_checked(manifest.with_name(name), sums) for name in group["paths"])
        at = 0
        for entry in group["weights"]:
            stored = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
            size = prod(entry["shape"]) * stored.itemsize
            values = np.frombuffer(data[at : at + size], stored).astype(np.float32)
            if len(values) != prod(entry["shape"]):
                raise ValueError(f"{manifest}: its weights end within '{entry['name']}'.")
            at += size
            if "quantization" in entry:
                values = values * np.float32(entry["quantization"]["scale"])
                values = values + np.float32(entry["quantization"]["min"])
            found[entry["name"]] = values.reshape(entry["shape"])
        if at != len(data):
            raise ValueError(f"{manifest}: it describes {at} bytes of weights, but there are {len(data)}.")
    return found


def _checked(path: Path, sums: Mapping[str, str]) -> bytes:
    data = path.read_bytes()
    found, expected = hashlib.sha256(data).hexdigest(), sums.get(path.name)
    if found != expected:
        raise ValueError(
            f"{path}: its SHA-256 is {found}, not {expected}. Take version 1.7.15 of the package."
        )
    return data


class Graph:
    """A network under construction: each method adds a node and returns the name of its output.

    Weights come as TensorFlow has them, (height, width, in, out), images as ONNX has them, (N, C, H, W).
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, name: str, *inputs: str, **attributes: object) -> str:
        """Add a node; its output has its name."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, values: np.ndarray) -> str:
        """Add an array."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def conv(self, name: str, x: str, filters: np.ndarray, bias: np.ndarray, stride: int, same: bool) -> str:
        """Add a convolution, with TensorFlow's padding ``same`` or none."""
        weight = self.constant(f"{name}/weight", filters.transpose(3, 2, 0, 1))
        added = self.constant(f"{name}/bias", bias)
        pad = "SAME_UPPER" if same else "VALID"
        return self.node("Conv", name, x, weight, added, strides=[stride] * 2, auto_pad=pad)

    def plain(self, name: str, x: str, stride: int) -> str:
        """Add a convolution with its bias, padded."""
        return self.conv(name, x, self.weights[f"{name}/filters"], self.weights[f"{name}/bias"], stride, True)

    def separable(self, name: str, x: str, stride: int = 1) -> str:
        """Add a depthwise convolution, then a pointwise one with its bias."""
        depthwise = self.weights[f"{name}/depthwise_filter"].transpose(2, 3, 0, 1)
        weight = self.constant(f"{name}/depthwise/weight", depthwise)
        strides, groups = [stride] * 2, len(depthwise)
        x = self.node(
            "Conv", f"{name}/depthwise", x, weight, strides=strides, group=groups, auto_pad="SAME_UPPER"
        )
        return self.conv(
            name, x, self.weights[f"{name}/pointwise_filter"], self.weights[f"{name}/bias"], 1, True
        )

    def relu(self, x: str) -> str:
        """Add a ReLU."""
        return self.node("Relu", f"{x}/relu", x)

    def add(self, name: str, one: str, two: str) -> str:
        """Add a sum."""
        return self.node("Add", name, one, two)

    def embedding(self, x: str) -> str:
        """Add the mean over a map, (N, D)."""
        return self.node("Flatten", "embedding", self.node("GlobalAveragePool", f"{x}/mean", x))

    def head(self, name: str, weights: str) -> str:
        """Add a linear layer on the embedding, called ``name``."""
        weight = self.constant(f"{name}/weight", self.weights[f"{weights}/weights"])
        bias = self.constant(f"{name}/bias", self.weights[f"{weights}/bias"])
        return self.node("Gemm", name, "embedding", weight, bias)

    def model(self, size: int, outputs: list[str]) -> bytes:
        """Return the file: input ``faces`` (N, 3, size, size), and the outputs, the last the embedding."""
        faces = helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["N", 3, size, size])
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", None]) for name in outputs]
        graph = helper.make_graph(self.nodes, "face-api", [faces], given, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)


def identity(weights: Weights) -> bytes:
    """Return dlib's ResNet: faces of 150 pixels, an embedding that tells subjects apart."""
    graph, size = Graph(weights), 150

    def layer(name: str, x: str, stride: int, same: bool) -> str:
        # The scale behind the convolution becomes a part of it.
        scale, shift = weights[f"{name}/scale/weights"], weights[f"{name}/scale/biases"]
        filters, bias = weights[f"{name}/conv/filters"], weights[f"{name}/conv/bias"]
        return graph.conv(name, x, filters * scale, bias * scale + shift, stride, same)

    x = graph.relu(layer("conv32_down", "faces", 2, False))
    x = graph.node("MaxPool", "pool", x, kernel_shape=[3, 3], strides=[2, 2])
    size = ((size - 7) // 2 + 1 - 3) // 2 + 1
    blocks = ["32_1", "32_2", "32_3", "64_down", "64_1", "64_2", "64_3", "128_down", "128_1", "128_2"]
    for block in [*blocks, "256_down", "256_1", "256_2", "256_down_out"]:
        name, down = f"conv{block}", "down" in block
        out = layer(f"{name}/conv2", graph.relu(layer(f"{name}/conv1", x, 1 + down, not down)), 1, True)
        if down:
            x = graph.node("AveragePool", f"{name}/pool", x, kernel_shape=[2, 2], strides=[2, 2])
            inside, outside = weights[f"{name}/conv1/conv/filters"].shape[2:]
            x = _pad(graph, f"{name}/widened", x, channels=outside - inside)
            convolved, size = (size - 3) // 2 + 1, size // 2
            out = _pad(graph, f"{name}/enlarged", out, side=size - convolved)
        x = graph.relu(graph.add(name, out, x))
    graph.node("Flatten", "mean", graph.node("GlobalAveragePool", "pooled", x))
    graph.node("MatMul", "embedding", "mean", graph.constant("fc", weights["fc"]))
    return graph.model(150, ["embedding"])


def _pad(graph: Graph, name: str, x: str, channels: int = 0, side: int = 0) -> str:
    """Add zeros behind the channels, or at the right and bottom."""
    if not channels and not side:
        return x
    pads = np.array([0, 0, 0, 0, 0, channels, side, side], np.int64)
    return graph.node("Pad", name, x, graph.constant(f"{name}/pads", pads))


def _dense(weights: Weights) -> Graph:
    """Return four dense blocks of four convolutions up to their embedding; faces of 112 pixels."""
    graph, x = Graph(weights), "faces"
    for number in range(4):
        block = f"dense{number}"
        first = (graph.separable if number else graph.plain)(f"{block}/conv0", x, 2)
        x = total = graph.relu(first)
        for place in (1, 2, 3):
            total = graph.add(f"{block}/sum{place}", total, graph.separable(f"{block}/conv{place}", x))
            x = graph.relu(total)
    graph.embedding(x)
    return graph


def expression(weights: Weights) -> bytes:
    """Return the network of expressions; ``classes`` are neutral, happy, sad, angry, fearful, disgusted and
    surprised.
    """
    graph = _dense(weights)
    return graph.model(112, [graph.head("classes", "fc"), "embedding"])


def landmarks(weights: Weights) -> bytes:
    """Return the network of 68 points; ``points`` are their x and y as fractions of the face's side."""
    graph = _dense(weights)
    return graph.model(112, [graph.head("points", "fc"), "embedding"])


def age_gender(weights: Weights) -> bytes:
    """Return the small Xception of ``age`` (years) and ``gender`` (male, female); faces of 112 pixels."""
    graph = Graph(weights)

    def reduce(name: str, x: str, active: bool = True) -> str:
        out = graph.separable(f"{name}/separable_conv0", graph.relu(x) if active else x)
        out = graph.separable(f"{name}/separable_conv1", graph.relu(out))
        pool = {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}
        out = graph.node("MaxPool", f"{name}/pool", out, **pool)
        return graph.add(name, out, graph.plain(f"{name}/expansion_conv", x, 2))

    x = graph.relu(graph.plain("entry_flow/conv_in", "faces", 2))
    x = reduce("entry_flow/reduction_block_0", x, active=False)
    x = reduce("entry_flow/reduction_block_1", x)
    for number in range(2):
        block, out = f"middle_flow/main_block_{number}", x
        for place in range(3):
            relu = graph.node("Relu", f"{block}/relu{place}", out)
            out = graph.separable(f"{block}/separable_conv{place}", relu)
        x = graph.add(block, out, x)
    x = reduce("exit_flow/reduction_block", x)
    graph.embedding(graph.relu(graph.separable("exit_flow/separable_conv", x)))
    return graph.model(112, [graph.head("age", "fc/age"), graph.head("gender", "fc/gender"), "embedding"])


#: The file that is written -> the manifest's name in the package, and the network.
NETWORKS: dict[str, tuple[str, Callable[[Weights], bytes]]] = {
    "identity": ("face_recognition_model", identity),
    "expression": ("face_expression_model", expression),
    "age_gender": ("age_gender_model", age_gender),
    "landmarks": ("face_landmark_68_model", landmarks),
}


def convert(package: Path, folder: Path, sums: Mapping[str, str] = SHA256) -> dict[str, str]:
    """Write the four files into ``folder``; return their SHA-256 by name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, (model, build) in NETWORKS.items():
        data = build(read_weights(package / "model" / f"{model}-weights_manifest.json", sums))
        (folder / f"{name}.onnx").write_bytes(data)
        written[name] = hashlib.sha256(data).hexdigest()
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", type=Path, help="folder of the unpacked package")
    parser.add_argument("encoders", type=Path, help="folder to write the ONNX files into")
    given = parser.parse_args()
    for name, sha256 in convert(given.package, given.encoders).items():
        print(f"{sha256}  {given.encoders / name}.onnx")  # noqa: T201 - what it is for
