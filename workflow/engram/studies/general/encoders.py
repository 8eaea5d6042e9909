"""Source encoders, ready to be run: those trained here and those imported, behind one face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from engram.config import EncoderSettings, Settings
from engram.core.errors import CheckpointError, EncoderError
from engram.core.files import file_hash
from engram.core.paths import Layout
from engram.models.backbone_files import load_backbone
from engram.models.imported import ImportedFile, load_imported
from engram.models.inputs import FaceInputs
from engram.training.device import Device

__all__ = ["Encoder", "load_foreign", "open_encoder"]


@dataclass(frozen=True)
class Encoder:
    """A source encoder on the job's device."""

    name: str
    embedding: int
    """Values of an embedding."""
    inputs: FaceInputs
    """What it wants to be given."""
    embed: Callable[[Tensor], Tensor]
    """Inputs (B, C, size, size) to embeddings (B, D)."""
    files: dict[str, str]
    """The file that it was read from -> its SHA-256."""


def open_encoder(name: str, settings: Settings, layout: Layout, device: Device) -> Encoder:
    """Load encoder ``name`` of the settings.

    Raises
    ------
    CheckpointError
        If it was to be trained here and its model is missing, damaged or of another size.
    EncoderError
        If it is imported and its file is not what the settings say.
    """
    chosen = settings.general.encoders[name]
    return (_open_imported if chosen.imported else _open_trained)(name, chosen, layout, device)


def _open_trained(name: str, chosen: EncoderSettings, layout: Layout, device: Device) -> Encoder:
    path = layout.encoder(name) / "model.safetensors"
    backbone = load_backbone(path)
    found = backbone.settings["embedding"]
    if found != chosen.embedding:
        raise CheckpointError(
            f"{path}: its embedding has {found} values, but the configuration says {chosen.embedding}. "
            "Delete it and run snakemake again."
        )
    network = device.place(backbone.network).eval()
    files = {path.relative_to(layout.root).as_posix(): file_hash(path)}
    return Encoder(name, found, backbone.inputs, network.embed, files)


def _open_imported(name: str, chosen: EncoderSettings, layout: Layout, device: Device) -> Encoder:
    network, inputs = load_foreign(name, chosen)
    embed = device.place(network).embed
    files = {chosen.imported.path.name: chosen.imported.sha256}
    return Encoder(name, chosen.embedding, inputs, embed, files)


def load_foreign(name: str, chosen: EncoderSettings) -> tuple[nn.Module, FaceInputs]:
    """Load an imported encoder; return it, with ``embed`` as `load_imported` says, and its inputs.

    Raises
    ------
    EncoderError
        If its file is not what the settings say.
    """
    imported = chosen.imported
    inputs = FaceInputs(chosen.size, chosen.colour, imported.mean, imported.std)
    file = ImportedFile(
        imported.path, imported.format, imported.sha256, imported.architecture, imported.layer
    )
    try:
        network = load_imported(file, channels=inputs.channels, size=chosen.size, embedding=chosen.embedding)
    except EncoderError as error:
        raise EncoderError(f"encoder '{name}': {error}") from None
    return network, inputs
