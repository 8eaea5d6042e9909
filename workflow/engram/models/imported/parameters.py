"""How many parameters an imported encoder has: those that its embedding depends on."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import torch
from torch import Tensor, nn

__all__ = ["count_onnx_parameters", "count_used_parameters"]

#: Number formats of ONNX tensors that hold weights: float, float16, double, bfloat16.
_FLOATS = {1, 10, 11, 16}
#: Fields of ONNX messages, by their numbers in onnx.proto.
_MODEL_GRAPH, _GRAPH_INITIALIZER, _TENSOR_DIMENSIONS, _TENSOR_TYPE = 7, 5, 1, 2


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


def count_onnx_parameters(data: bytes) -> int | None:
    """Return the number of floating values among the initializers of an ONNX file.

    Read from the file's protocol buffers: onnxruntime does not show a network's weights, and the package
    ``onnx`` is not needed to run it. Statistics of batch normalisation count where they were not merged into
    weights. None if there is no such value.
    """
    total = 0
    for graph in _fields(memoryview(data), _MODEL_GRAPH):
        for tensor in _fields(graph, _GRAPH_INITIALIZER):
            if next(_numbers(tensor, _TENSOR_TYPE), 0) in _FLOATS:
                total += prod(_numbers(tensor, _TENSOR_DIMENSIONS))
    return total or None


def _fields(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the length-delimited fields of a number."""
    return (value for field, value in _parsed(message) if field == number and isinstance(value, memoryview))


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
