"""Turn stored faces into the inputs of an encoder: size, colours, normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

__all__ = ["FaceInputs", "resize"]

#: Luma of ITU-R BT.601, as Pillow and OpenCV turn colours into grey.
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class FaceInputs:
    """The input of an encoder; a call turns stored faces into tensors.

    Brightness and colour keep their values, since tasks may depend on them. The memory study
    standardises each image instead.
    """

    size: int
    colour: str = "rgb"
    """``rgb``, ``bgr`` or ``grey``."""
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    """Subtracted from each channel of a face in [0, 1]."""
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    """Each channel is divided by it afterwards."""

    @property
    def channels(self) -> int:
        """Channels of the inputs."""
        return 1 if self.colour == "grey" else 3

    def __call__(self, faces: np.ndarray) -> Tensor:
        """Turn (B, H, W, 3) uint8 RGB into (B, C, size, size) float32, channels last."""
        return self.from_resized(resize(faces, self.size))

    def from_resized(self, faces: Tensor) -> Tensor:
        """Finish the inputs from faces that `resize` returned; encoders of one input size share these."""
        if self.colour == "grey":
            faces = (faces * torch.tensor(_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
        elif self.colour == "bgr":
            faces = faces.flip(1)
        shift, scale = (_by_channel(values[: self.channels]) for values in (self.mean, self.std))
        inputs = (faces - shift) / scale
        return inputs.contiguous(memory_format=torch.channels_last)


def _by_channel(values: tuple[float, ...]) -> Tensor | float:
    """Return the values to broadcast over (B, C, H, W); one number for all channels is four times as fast."""
    return values[0] if len(set(values)) == 1 else torch.tensor(values).view(1, -1, 1, 1)


def resize(faces: np.ndarray, size: int) -> Tensor:
    """Resize (B, H, W, 3) uint8 to (B, 3, size, size) float32 in [0, 1], without aliasing."""
    resized = torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255
    if resized.shape[-2:] == (size, size):
        return resized
    return F.interpolate(resized, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
