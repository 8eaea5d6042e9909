"""What a network starts from when all of it is trained on a piece of knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from engram.config import EncoderSettings, GeneralSettings, HeadSettings
from engram.core.errors import ConfigurationError, EncoderError, RecordError
from engram.core.paths import Layout
from engram.core.reading import read_json
from engram.core.seeds import derive_seed
from engram.models.backbone_files import build_student, load_backbone
from engram.models.heads import Headed, mlp
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders import load_imported_encoder
from engram.studies.general.operators import fused_sizes

__all__ = ["Start", "start_file", "start_network"]


@dataclass(frozen=True)
class Start:
    """A network with a new head, all of it to be trained."""

    network: Headed
    inputs: FaceInputs
    embedding: int
    """Values of the embedding that the head reads."""


def start_file(
    approach: str, name: str, seed: int, general: GeneralSettings, layout: Layout
) -> tuple[Path | None, str | None]:
    """Return the model file that an approach to knowledge ``name`` starts from, and its encoder's name.

    No file for ``cnn``; an encoder for ``p_cnn`` only: the one that the choice names.

    Raises
    ------
    ConfigurationError
        If no network is trained for such an approach.
    RecordError
        If the choice is missing, damaged, or names no encoder.
    """
    if approach == "cnn":
        return None, None
    if approach == "p_cnn":
        encoder = _chosen(layout.selection(name) / "choice.json", general)
        imported = general.encoders[encoder].imported
        own = layout.encoder(encoder) / "model.safetensors"
        return (imported.path if imported else own), encoder
    kind = approach.removeprefix("h_").removesuffix("_tuned")
    if approach != f"h_{kind}_tuned" or kind not in general.students:
        raise ConfigurationError(
            f"no network is trained for approach '{approach}'. There are: cnn, p_cnn, "
            f"{', '.join(f'h_{student}_tuned' for student in general.students)}."
        )
    return layout.student(kind, seed) / "model.safetensors", None


def _chosen(path: Path, general: GeneralSettings) -> str:
    again = "Delete its folder and run snakemake again."
    choice = read_json(path, RecordError, again)
    chosen = choice.get("p_cnn") if isinstance(choice, dict) else None
    if chosen not in list(general.encoders):
        raise RecordError(f"{path}: 'p_cnn' names no encoder: {chosen!r}. {again}")
    return chosen


def start_network(
    file: Path | None, encoder: str | None, general: GeneralSettings, outputs: int, stream: int
) -> Start:
    """Return a network that starts from `start_file`'s answer, with a new head of ``outputs``.

    Without a file it is the student's architecture with random weights, drawn from ``stream`` as
    the head is.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged.
    EncoderError
        If an imported encoder's file is not what the settings say, or it cannot be trained.
    """
    torch.manual_seed(derive_seed(stream, "weights"))
    if encoder is not None and general.encoders[encoder].imported:
        chosen = general.encoders[encoder]
        backbone, inputs = _imported(encoder, chosen)
        return _headed(backbone, chosen.embedding, False, inputs, general.head, outputs)
    if file is None:
        chosen = general.student
        found = build_student(fused_sizes(general)[-1], width=chosen.width, size=chosen.size)
    else:
        found = load_backbone(file)
    size, normalised = found.settings["embedding"], found.settings["normalised"]
    return _headed(found.network.backbone, size, normalised, found.inputs, general.head, outputs)


def _headed(
    backbone: nn.Module, size: int, normalised: bool, inputs: FaceInputs, head: HeadSettings, outputs: int
) -> Start:
    network = Headed(backbone, mlp(size, head.hidden, outputs, head.dropout), normalised=normalised)
    return Start(network, inputs, size)


class _Embedding(nn.Module):
    """An imported encoder as a backbone: its forward gives the embedding."""

    #: Layers behind the one that gives the embedding are there and do nothing.
    idle_parameters = True

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder.embed(images)


def _imported(name: str, chosen: EncoderSettings) -> tuple[nn.Module, FaceInputs]:
    if not chosen.imported.trainable:
        raise EncoderError(
            f"encoder '{name}': format '{chosen.imported.format}' cannot be trained; P-CNN needs an encoder "
            "trained here, or a torchvision or timm architecture."
        )
    network, inputs = load_imported_encoder(name, chosen)
    return _Embedding(network.requires_grad_(True)), inputs
