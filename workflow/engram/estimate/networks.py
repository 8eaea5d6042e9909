"""The networks that a pilot measures, built with random weights and given random samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engram.config import AugmentSettings
from engram.estimate.taggers import build_tagger
from engram.models.architectures import build_backbone
from engram.models.autoencoders import fully_connected
from engram.models.fusion_operators import build_network
from engram.models.heads import Headed, mlp
from engram.models.inputs import FaceInputs
from engram.models.perceptrons import Perceptrons
from engram.models.student_with_decoder import Projectors, StudentWithDecoder
from engram.models.vgg import VGG
from engram.training.batches import standardise
from engram.training.feeding import augment
from engram.training.workload import Workload

__all__ = ["Built", "build"]


@dataclass(frozen=True)
class Built:
    """A network as the pilot runs it."""

    parameters: list[Tensor]
    call: Callable[[Any], Tensor]
    samples: Callable[[], Any]
    """Gives a batch on the processor: faces are augmented and standardised as in training."""
    input_values: int
    """Values of one sample; of all heads together where several train at once."""


def build(workload: Workload, place: Callable[[nn.Module], nn.Module]) -> Built:
    """Return a workload's network on the device.

    Parameters
    ----------
    place
        Moves a module to the device.
    """
    make = {
        "vgg": _vgg,
        "backbone": _backbone,
        "imported": _imported,
        "student": _student,
        "operator": _operator,
        "heads": _heads,
        "tagger": build_tagger,
    }
    network, call, samples = make[workload.network.kind](workload.network.settings, workload)
    network = place(network).train(workload.learns)
    return Built(list(network.parameters()), call or network, samples, samples()[0].numel())


def _faces(size: int, channels: int, batch: int, to_inputs: Callable[[np.ndarray], Tensor], learns: bool):
    """Return a function that gives inputs made of random stored faces."""
    rng = np.random.default_rng(1)
    faces = rng.integers(0, 256, (batch, size, size, channels), np.uint8)
    settings = AugmentSettings()
    return lambda: to_inputs(augment(faces, settings, rng) if learns else faces)


def _vgg(settings: dict[str, Any], workload: Workload) -> tuple:
    shape, heads = dict(settings["shape"]), settings["shape"]["heads"]
    network = VGG(shape.pop("heads"), **shape)
    depth, task = network.frozen_depth(settings["layers"]), next(iter(heads))
    whole = not depth or settings["part"] == "frozen"
    images = _faces(shape["size"], shape["channels"], workload.batch, standardise, whole and workload.learns)
    if settings["part"] == "frozen":
        return network, lambda inputs: network.prefix(inputs, depth), images
    network.freeze(depth)
    if whole:
        return network, lambda inputs: network(inputs, task), images
    with torch.inference_mode():
        features = network.eval().prefix(images(), depth)
    features = features.clone()
    return network, lambda inputs: network(inputs, task, depth), lambda: features


def _backbone(settings: dict[str, Any], workload: Workload) -> tuple:
    inputs = FaceInputs(settings["size"], settings["colour"])
    backbone = build_backbone(**settings["shape"], channels=inputs.channels)
    head = mlp(settings["shape"]["embedding"], **settings["head"]) if settings["head"] else nn.Identity()
    samples = _faces(settings["stored"], 3, workload.batch, inputs, workload.learns)
    return Headed(backbone, head), None, samples


def _imported(settings: dict[str, Any], workload: Workload) -> tuple:
    """Return an architecture of a library; only its file says what a program in a file computes."""
    import torchvision.models

    inputs = FaceInputs(settings["size"], settings["colour"])
    if settings["format"] == "timm":
        import timm

        network = timm.create_model(settings["architecture"], pretrained=False, in_chans=inputs.channels)
    elif settings["format"] == "torchvision":
        network = torchvision.models.get_model(settings["architecture"], weights=None)
    else:
        network, inputs = torchvision.models.resnet50(weights=None), FaceInputs(settings["size"])
    samples = _faces(settings["stored"], 3, workload.batch, inputs, workload.learns)
    return network, None, samples


def _student(settings: dict[str, Any], workload: Workload) -> tuple:
    fused, inputs = settings["fused"], FaceInputs(settings["size"])
    backbone = build_backbone("resnet", embedding=fused[-1], width=settings["width"], channels=3)
    samples = _faces(settings["stored"], 3, workload.batch, inputs, workload.learns)
    if settings["decoder"] == "head":
        return Headed(backbone, mlp(fused[-1], **settings["head"]), normalised=True), None, samples
    decoders: dict[str, Callable[[], nn.Module]] = {
        "none": nn.Identity,
        "layers": lambda: fully_connected(fused[::-1]),
        "projectors": lambda: Projectors(fused[-1], settings["sources"]),
    }
    decoder = decoders[settings["decoder"]]()
    return StudentWithDecoder(Headed(backbone, nn.Identity(), normalised=True), decoder), None, samples


def _operator(settings: dict[str, Any], workload: Workload) -> tuple:
    network = build_network(settings)
    rows = torch.randn(workload.batch, settings["sizes"][0])
    if settings["kind"] == "pca":
        return network, network.encode, lambda: rows
    return network, lambda inputs: network(inputs)[0], lambda: rows


def _heads(settings: dict[str, Any], workload: Workload) -> tuple:
    layers, count = settings["layers"], settings["count"]
    rows = torch.randn(count, workload.batch, layers[0])
    return Perceptrons(layers, range(count)), None, lambda: rows
