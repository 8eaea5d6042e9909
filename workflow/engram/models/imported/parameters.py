"""How many parameters an imported encoder has: those that its embedding depends on."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import torch
from torch import Tensor, nn

__all__ = ["count_onnx_parameters", "count_used_parameters", "encode_field", "onnx_tensors"]

#: Number formats of ONNX tensors that hold weights: float, float16, double, bfloat16.
_FLOATS = {1, 10, 11, 16}
#: Fields of ONNX messages, by their numbers in onnx.proto.
_MODEL_GRAPH, _GRAPH_INITIALIZER, _TENSOR_DIMENSIONS, _TENSOR_TYPE = 7, 5, 1, 2
_GRAPH_NODE, _NODE_INPUT, _NODE_OUTPUT, _NODE_ATTRIBUTE, _GRAPH_OUTPUT = 1, 1, 2, 5, 12
_VALUE_NAME, _TENSOR_NAME, _ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS = 1, 8, 6, 11


def count_used_parameters(network: nn.Module, blank: Tensor) -> int | None:
    """Return the number of parameters that an embedding of ``blank`` images (N, C, H, W) depends on.

    A classifier behind the embedding is left out. None if the network keeps its weights as constants, as a
    frozen TorchScript program does, or cannot be differentiated: then the number is not known.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.is_floating_point()]
    if not parameters:
        return None
    learnt = [parameter.requires_grad for parameter in parameters]
    try:
        for parameter in parameters:
            parameter.requires_grad_(True)
        with torch.enable_grad():
            total = network(blank).sum()
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    except RuntimeError:  # what torch raises for a program that it cannot differentiate
        return None
    finally:
        for parameter, learns in zip(parameters, learnt, strict=True):
            parameter.requires_grad_(learns)
    pairs = zip(parameters, gradients, strict=True)
    return sum(parameter.numel() for parameter, found in pairs if found is not None)


def count_onnx_parameters(data: bytes, layer: str | None = None) -> int | None:
    """Return the number of floating values among the initializers that a tensor of an ONNX file depends on.

    ``layer`` is that tensor; by default the last output. Heads behind or beside it do not count. Read from
    the file's protocol buffers: onnxruntime does not show a network's weights, and the package ``onnx`` is
    not needed to run it. Statistics of batch normalisation count where they were not merged into weights.
    None if there is no such value.
    """
    wanted = [layer] if layer else onnx_tensors(data)[1][-1:]
    total, used = 0, _used(data, wanted)
    for graph in _fields(memoryview(data), _MODEL_GRAPH):
        for tensor in _fields(graph, _GRAPH_INITIALIZER):
            name = next(_texts(tensor, _TENSOR_NAME), "")
            if (name in used or not wanted) and next(_numbers(tensor, _TENSOR_TYPE), 0) in _FLOATS:
                total += prod(_numbers(tensor, _TENSOR_DIMENSIONS))
    return total or None


def _used(data: bytes, wanted: list[str]) -> set[str]:
    """Return the names of all tensors that some depend on; nodes stand after those that they read."""
    graphs = list(_fields(memoryview(data), _MODEL_GRAPH))
    nodes = [node for graph in graphs for node in _fields(graph, _GRAPH_NODE)]
    used = set(wanted)
    for node in reversed(nodes):
        if used & set(_texts(node, _NODE_OUTPUT)):
            used |= _node_reads(node)
    return used


def _node_reads(node: memoryview) -> set[str]:
    """Return the tensors that a node reads; one with graphs inside, such as a loop, reads what these read."""
    found = set(_texts(node, _NODE_INPUT))
    for attribute in _fields(node, _NODE_ATTRIBUTE):
        for graph in (*_fields(attribute, _ATTRIBUTE_GRAPH), *_fields(attribute, _ATTRIBUTE_GRAPHS)):
            for inner in _fields(graph, _GRAPH_NODE):
                found |= _node_reads(inner)
    return found


def onnx_tensors(data: bytes) -> tuple[list[str], list[str]]:
    """Return the names of the tensors that an ONNX file's nodes give, in their order, and of its outputs.

    Of bytes that are no ONNX file there are none; loading them says more.
    """
    try:
        graphs = list(_fields(memoryview(data), _MODEL_GRAPH))
        nodes = [node for graph in graphs for node in _fields(graph, _GRAPH_NODE)]
        inner = [name for node in nodes for name in _texts(node, _NODE_OUTPUT)]
        values = [value for graph in graphs for value in _fields(graph, _GRAPH_OUTPUT)]
        outputs = [name for value in values for name in _texts(value, _VALUE_NAME)]
    except (IndexError, UnicodeDecodeError):
        return [], []
    return [name for name in inner if name], outputs


def encode_field(number: int, value: bytes) -> bytes:
    """Return a length-delimited field of a protocol buffer."""
    return _encoded(number << 3 | 2) + _encoded(len(value)) + value


def _encoded(value: int) -> bytes:
    """Return a whole number, seven bits a byte."""
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes([*data, value])


def _fields(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the length-delimited fields of a number."""
    return (value for field, value in _parsed(message) if field == number and isinstance(value, memoryview))


def _texts(message: memoryview, number: int) -> Iterator[str]:
    """Yield the texts of a field."""
    return (bytes(value).decode() for value in _fields(message, number))


def _numbers(message: memoryview, number: int) -> Iterator[int]:
    """Yield the whole numbers of a field, packed or not."""
    for field, value in _parsed(message):
        if field != number:
            continue
        if isinstance(value, int):
            yield value
            continue
        at = 0
        while at < len(value):
            found, at = _varint(value, at)
            yield found


def _parsed(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield the number and value of each field of a protocol buffer; floats as their bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if size is None:
            size, at = _varint(message, at)
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the whole number at a place, seven bits a byte, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
