"""Encoders that somebody else trained, loaded from a file whose SHA-256 the user wrote down.

What is trusted is that hash: it is compared before anything is read from the file, and the bytes
that were hashed are the bytes that are loaded. A safetensors file holds nothing but numbers. A
TorchScript archive and an ONNX file hold a program besides, which torch and onnxruntime
interpret; give only such files whose origin you trust. Pickles are never loaded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError
from engram.core.reading import last_line
from engram.models.imported.architecture import load_architecture
from engram.models.imported.onnx import load_onnx, outputs_of
from engram.models.imported.parameters import count_onnx_parameters, count_used_parameters
from engram.models.imported.torchscript import load_script

__all__ = ["ImportedEncoder", "ImportedFile", "load_imported"]


@dataclass(frozen=True)
class ImportedFile:
    """Where an encoder comes from, and which of its layers gives the embedding."""

    path: Path
    form: Literal["torchvision", "timm", "torchscript", "onnx"]
    sha256: str
    """In hexadecimal, small letters."""
    architecture: str | None = None
    """For ``torchvision`` and ``timm``: the network's name there."""
    layer: str | None = None
    """A module's name (``torchvision``, ``timm``) or a tensor's (``onnx``); None is the last."""


class ImportedEncoder(nn.Module):
    """A loaded encoder; `embed` is all that is asked of it."""

    def __init__(self, network: nn.Module, parameter_count: int | None = None) -> None:
        super().__init__()
        self.network = network
        self.parameter_count = parameter_count
        """Parameters that its embedding depends on; None where the file does not tell."""

    def embed(self, images: Tensor) -> Tensor:
        """Return the embeddings (N, D) float32 of images (N, C, H, W); a map (N, D, h, w) is averaged."""
        output = self.network(images)
        if not isinstance(output, Tensor):
            raise EncoderError(f"gives a {type(output).__name__}, not one array")
        return (output.mean((2, 3)) if output.ndim == 4 else output).float()


def load_imported(file: ImportedFile, *, channels: int, size: int, embedding: int) -> ImportedEncoder:
    """Load an encoder and try it on blank faces.

    Parameters
    ----------
    channels, size
        Of the images that it will be given.
    embedding
        Values that it must give for each.

    Returns
    -------
    ImportedEncoder
        Its ``embed(images)`` turns (N, C, size, size) float32 into (N, embedding) float32.

    Raises
    ------
    EncoderError
        If the file is missing, is another one than its hash says, or is damaged; if architecture,
        layer, image size or embedding size do not fit it; if its embedding is not finite; or if
        an optional package is missing.
    """
    data = _verified(file)
    blank = torch.zeros(2, channels, size, size)
    if file.form in ("torchvision", "timm"):
        if file.architecture is None:
            raise EncoderError(f"{file.path}: format '{file.form}' needs the name of an architecture.")
        network = load_architecture(file.path, data, file.form, file.architecture, file.layer, blank)
    elif file.form == "torchscript":
        network = load_script(file.path, data, file.layer)
    else:
        network = load_onnx(file.path, data, file.layer, blank)
    encoder = ImportedEncoder(network).eval().requires_grad_(False)
    _check(encoder, file, blank, embedding)
    onnx = file.form == "onnx"
    encoder.parameter_count = (
        count_onnx_parameters(data, file.layer) if onnx else count_used_parameters(network, blank)
    )
    return encoder


def _verified(file: ImportedFile) -> bytes:
    try:
        data = file.path.read_bytes()
    except OSError as error:
        raise EncoderError(
            f"{file.path}: the encoder's file cannot be read ({error.strerror}). Put it there, or correct "
            "'file'."
        ) from None
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise EncoderError(
            f"{file.path}: its SHA-256 is {found}, not {file.sha256}. It is not the file that you meant: "
            "fetch the right one, or correct 'sha256' if this one is."
        )
    return data


def _check(encoder: ImportedEncoder, file: ImportedFile, blank: Tensor, embedding: int) -> None:
    faces = f"faces of {blank.shape[1]} x {blank.shape[2]} x {blank.shape[3]}"
    try:
        with torch.inference_mode():
            given = encoder.embed(blank)
    except EncoderError as error:
        raise EncoderError(f"{file.path}: {error}. Choose another 'layer'.") from None
    except Exception as error:  # whatever a foreign program may raise
        raise EncoderError(
            f"{file.path}: it cannot be run on {faces} ({last_line(error)}). Correct 'size' or 'colour'."
        ) from None
    if given.shape != (len(blank), embedding):
        raise EncoderError(
            f"{file.path}: for two {faces} it gives {list(given.shape)}, not [2, {embedding}]. "
            f"Correct 'embedding', or choose another 'layer'. {outputs_of(encoder.network)}".rstrip()
        )
    if not given.isfinite().all():
        raise EncoderError(
            f"{file.path}: its embedding of a blank face is not finite. Its weights are damaged."
        )
