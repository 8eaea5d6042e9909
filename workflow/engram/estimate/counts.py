"""What a network computes for one image: multiply-adds, parameters, values between its layers.

Counted by running it on torch's `meta` device, which has shapes and no values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from math import prod

import torch
from torch import nn

from engram.config import EncoderSettings, GeneralSettings
from engram.models.backbones import build_backbone
from engram.models.vgg import VGG
from engram.studies.general.operators import fused_sizes

__all__ = [
    "Count",
    "count_encoder",
    "count_perceptron",
    "count_projectors",
    "count_resnet",
    "count_student",
    "count_vgg",
]

#: A ResNet-50 on 224 x 224 pixels: what is assumed of an encoder whose file is a program. Its first
#: block holds three maps of 256 channels, 56 x 56, at once.
_ASSUMED_ADDS, _ASSUMED_PARAMETERS, _ASSUMED_SIDE, _ASSUMED_PASSING = 4.1e9, 25.6e6, 224, 2.4e6


@dataclass(frozen=True)
class Count:
    """One image's forward pass."""

    adds: float
    """Multiply-adds; a training step takes three times as many."""
    parameters: float
    values: float
    """Values that the layers give, which training keeps for the way back."""
    passing: float = 0.0
    """Most values that one layer takes and gives together: all that is held where nothing is learnt."""

    def __add__(self, other: Count) -> Count:
        """Return two networks behind one another."""
        return Count(
            self.adds + other.adds,
            self.parameters + other.parameters,
            self.values + other.values,
            max(self.passing, other.passing),
        )


def _count(build: Callable[[], nn.Module], call: Callable[[nn.Module], object]) -> Count:
    found = [0, 0, 0]

    def note(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            found[0] += output[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            found[0] += output[0].numel() * module.in_features
        found[1] += output[0].numel()
        found[2] = max(found[2], output[0].numel() + sum(each[0].numel() for each in inputs))

    with torch.device("meta"), torch.inference_mode():
        network = build().eval()
        for module in network.modules():
            if not list(module.children()):
                module.register_forward_hook(note)
        call(network)
    adds, values, passing = found
    return Count(adds, sum(parameter.numel() for parameter in network.parameters()), values, passing)


@cache
def count_vgg(width: float, channels: int, size: int, layers: str = "all") -> tuple[Count, Count, int]:
    """Return the memory study's network in two parts, the frozen and the learning one.

    And the number of values between them, which a cache holds for each view of a face. Its head has the
    seven expressions; another label set changes a thousandth.
    """

    def build() -> VGG:
        return VGG({"expression": 7}, width=width, channels=channels, size=size)

    def images() -> torch.Tensor:
        return torch.empty(1, channels, size, size)

    whole = _count(build, lambda network: network(images(), "expression"))
    with torch.device("meta"), torch.inference_mode():
        network = build()
        depth = network.frozen_depth(layers)
        if not depth:
            return Count(0, 0, 0), whole, 0
        between = network.prefix(images(), depth)
    frozen = _count(lambda: network.features[:depth], lambda prefix: prefix(images()))
    learning = _count(build, lambda network: network(between, "expression", depth))
    own = whole.parameters - frozen.parameters
    return frozen, replace(learning, parameters=own), between[0].numel()


@cache
def count_resnet(width: int, size: int, embedding: int) -> Count:
    """Return a ResNet-18 on faces in colour."""
    return _backbone("resnet", embedding, width, 3, size)


def count_student(general: GeneralSettings) -> Count:
    """Return the student's network."""
    return count_resnet(general.student.width, general.student.size, fused_sizes(general)[-1])


def count_encoder(encoder: EncoderSettings) -> tuple[Count, bool]:
    """Return a source encoder's network, and whether it had to be assumed.

    An architecture of torchvision is counted whole. What a TorchScript or ONNX file, or an architecture
    of timm, computes is not known before it is loaded: a ResNet-50 on as many pixels is assumed.
    """
    imported = encoder.imported
    if imported is None:
        channels = 1 if encoder.colour == "grey" else 3
        count = _backbone(encoder.architecture, encoder.embedding, encoder.width, channels, encoder.size)
        return count, False
    if imported.format == "torchvision" and encoder.colour != "grey":
        return _torchvision(imported.architecture, encoder.size), False
    area = (encoder.size / _ASSUMED_SIDE) ** 2
    adds, passing = _ASSUMED_ADDS * area, _ASSUMED_PASSING * area
    return Count(adds, _ASSUMED_PARAMETERS, adds / 400, passing), True


@cache
def _backbone(architecture: str, embedding: int, width: int, channels: int, size: int) -> Count:
    return _count(
        lambda: build_backbone(architecture, embedding=embedding, width=width, channels=channels),
        lambda network: network(torch.empty(1, channels, size, size)),
    )


@cache
def _torchvision(architecture: str, size: int) -> Count:
    import torchvision.models

    return _count(
        lambda: torchvision.models.get_model(architecture, weights=None),
        lambda network: network(torch.empty(1, 3, size, size)),
    )


def count_perceptron(sizes: Sequence[int]) -> Count:
    """Return fully connected layers of the given sizes."""
    pairs = list(pairwise(sizes))
    weights = sum(map(prod, pairs))
    return Count(weights, weights + sum(sizes[1:]), sum(sizes[1:]), max(map(sum, pairs)))


def count_projectors(embedding: int, sizes: Sequence[int]) -> Count:
    """Return what stands on the student `unic`: a perceptron of one hidden layer for each teacher."""
    return sum((count_perceptron([embedding, embedding, size]) for size in sizes), Count(0, 0, 0))
