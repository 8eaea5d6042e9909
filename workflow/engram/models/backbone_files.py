"""Encoders and students on disk: safetensors with a header that describes the network and its inputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from engram.core.errors import CheckpointError
from engram.models.architectures import build_backbone
from engram.models.files import read_tensors, rebuilding, write_tensors
from engram.models.heads import Headed, mlp
from engram.models.inputs import FaceInputs

__all__ = ["Backbone", "build_student", "count_parameters", "load_backbone", "save_backbone"]


@dataclass(frozen=True)
class Backbone:
    """A network with the description of its architecture, inputs and labels."""

    network: Headed
    """Its embedding is ``network.embed(images)``; a network without a head has an identity there."""
    settings: dict[str, Any]
    """``architecture``, ``embedding``, ``width``; ``head`` (None, or ``hidden``, ``outputs``,
    ``dropout``), ``normalised``."""
    inputs: FaceInputs
    labels: dict[str, Any]
    """What its outputs mean: the header of a `engram.training.tasks.LabelSet`; empty without a head."""

    @classmethod
    def build(cls, settings: dict[str, Any], inputs: FaceInputs, labels: dict[str, Any]) -> Backbone:
        """Return a network of random weights; the caller seeds torch."""
        shape = {key: settings[key] for key in ("architecture", "embedding", "width")}
        backbone = build_backbone(**shape, channels=inputs.channels)
        head = mlp(settings["embedding"], **settings["head"]) if settings["head"] else nn.Identity()
        return cls(Headed(backbone, head, normalised=settings["normalised"]), settings, inputs, labels)


def build_student(embedding: int, *, width: int, size: int) -> Backbone:
    """Return a student with random weights; the caller seeds torch.

    Parameters
    ----------
    embedding
        Values of its embedding, as many as h_G has.
    width
        Channels of its first layer.
    size
        Side in pixels of the faces that it is given.
    """
    shape = {
        "architecture": "resnet",
        "embedding": embedding,
        "width": width,
        "head": None,
        "normalised": True,
    }
    return Backbone.build(shape, FaceInputs(size), {})


def count_parameters(network: nn.Module) -> int:
    """Return the number of a network's parameters, buffers left out."""
    return sum(parameter.numel() for parameter in network.parameters())


def save_backbone(path: Path, backbone: Backbone) -> None:
    """Write a network with its settings, atomically."""
    header = {
        "backbone": backbone.settings,
        "inputs": asdict(backbone.inputs),
        "labels": backbone.labels,
    }
    write_tensors(path, backbone.network.state_dict(), header)


def load_backbone(path: Path) -> Backbone:
    """Read a network back, in evaluation mode.

    Raises
    ------
    CheckpointError
        If the file is damaged or missing, or its weights are not those of the network it names.
    """
    tensors, header = read_tensors(path)
    if set(header) != {"backbone", "inputs", "labels"}:
        raise CheckpointError(
            f"{path}: this file holds no encoder of Engram. Use a model of the general study."
        )
    with rebuilding(path, "network"):
        backbone = Backbone.build(header["backbone"], _inputs(header["inputs"]), header["labels"])
        backbone.network.load_state_dict(tensors)
    backbone.network.eval()
    return backbone


def _inputs(header: dict[str, Any]) -> FaceInputs:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in header.items()
    }
    return FaceInputs(**values)
