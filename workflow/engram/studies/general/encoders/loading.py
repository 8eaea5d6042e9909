"""Source encoders, ready to run: those trained here and imported ones behind one interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from engram.config import EncoderSettings
from engram.core.errors import CheckpointError, EncoderError
from engram.core.records import input_hashes
from engram.models.backbone_files import count_parameters, load_backbone
from engram.models.imported import ImportedEncoder, ImportedFile, load_imported
from engram.models.inputs import FaceInputs
from engram.studies.general.jobs.pipeline_params import EncoderUse
from engram.training.device import Device

__all__ = ["Encoder", "load_encoder", "load_imported_encoder"]


@dataclass(frozen=True)
class Encoder:
    """A source encoder on the job's device."""

    name: str
    embedding: int
    """Values of an embedding."""
    inputs: FaceInputs
    """How faces become its input."""
    embed: Callable[[Tensor], Tensor]
    """Inputs (B, C, size, size) to embeddings (B, D)."""
    files: dict[str, str]
    """The file that it was read from -> its SHA-256."""
    parameters: int | None
    """Parameters that its embedding depends on; None where an imported file does not tell."""


def load_encoder(name: str, chosen: EncoderUse, path: Path, results: str, device: Device) -> Encoder:
    """Load an encoder from its model, or from the file that is imported.

    Raises
    ------
    CheckpointError
        If it was to be trained here and its model is missing, damaged or of another size.
    EncoderError
        If it is imported and its file is not what the settings say.
    """
    if chosen.imported:
        network, inputs = load_imported_encoder(name, chosen)
        device.place(network)
        files = {path.name: chosen.imported.sha256}
        return Encoder(name, chosen.embedding, inputs, network.embed, files, network.parameter_count)
    backbone = load_backbone(path)
    found = backbone.settings["embedding"]
    if found != chosen.embedding:
        raise CheckpointError(
            f"{path}: its embedding has {found} values, but the configuration says {chosen.embedding}. "
            "Delete it and run snakemake again."
        )
    device.place(backbone.network)
    files = input_hashes([path], results)
    parameters = count_parameters(backbone.network.backbone)
    return Encoder(name, found, backbone.inputs, backbone.network.embed, files, parameters)


def load_imported_encoder(
    name: str, chosen: EncoderUse | EncoderSettings
) -> tuple[ImportedEncoder, FaceInputs]:
    """Load an imported encoder; return it, with ``embed`` as `load_imported` says, and its inputs.

    Raises
    ------
    EncoderError
        If its file is not what the settings say.
    """
    imported = chosen.imported
    if imported is None:
        raise EncoderError(f"encoder '{name}': the configuration imports no file for it.")
    inputs = FaceInputs(chosen.size, chosen.colour, imported.mean, imported.std)
    file = ImportedFile(
        imported.path, imported.format, imported.sha256, imported.architecture, imported.layer
    )
    try:
        network = load_imported(file, channels=inputs.channels, size=chosen.size, embedding=chosen.embedding)
    except EncoderError as error:
        raise EncoderError(f"encoder '{name}': {error}") from None
    return network, inputs
