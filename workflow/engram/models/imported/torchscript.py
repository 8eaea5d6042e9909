"""Encoders as TorchScript archives: network and weights in one file."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError
from engram.core.reading import first_line

__all__ = ["load_script"]


class _Script(nn.Module):
    """A TorchScript network in the number format that it was saved in."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, enabled=False):
            return self.network(images)


def load_script(path: Path, data: bytes, layer: str | None) -> nn.Module:
    """Return the network that ``data``, the bytes of the file ``path``, holds.

    Raises
    ------
    EncoderError
        If they hold none, or a layer is asked for: an archive has only its output.
    """
    if layer is not None:
        raise EncoderError(
            f"{path}: a TorchScript file gives its output only, so 'layer' cannot be chosen. "
            "Take 'layer' out, and save the network such that its output is the embedding."
        )
    try:
        with warnings.catch_warnings():
            # torch announces TorchScript's end; archives will be around for longer.
            warnings.simplefilter("ignore", DeprecationWarning)
            return _Script(torch.jit.load(io.BytesIO(data), map_location="cpu"))
    except Exception as error:  # whatever torch makes of damaged bytes
        raise EncoderError(
            f"{path}: this is no TorchScript file ({first_line(error).partition('. ')[0]}). "
            "Save the network with torch.jit.save, not torch.save."
        ) from None
