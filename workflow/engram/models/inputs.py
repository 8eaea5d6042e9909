"""From stored faces to what an encoder wants to be given: size, colours, normalisation."""

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
    """An encoder's input: called with stored faces, it returns its inputs.

    Unlike the memory study's inputs, which are standardised image by image, brightness and
    colour stay what they were: they are part of what is to be known.
    """

    size: int
    colour: str = "rgb"
    """``rgb``, ``bgr`` or ``grey``."""
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    """What is subtracted from each channel of a face in [0, 1]."""
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    """What each channel is divided by then."""

    @property
    def channels(self) -> int:
        """Channels of the inputs."""
        return 1 if self.colour == "grey" else 3

    def __call__(self, faces: np.ndarray) -> Tensor:
        """Turn (B, H, W, 3) uint8 RGB into (B, C, size, size) float32, channels last."""
        return self.of_resized(resize(faces, self.size))

    def of_resized(self, faces: Tensor) -> Tensor:
        """Do the rest with what `resize` gave, which encoders of the same input size can share."""
        if self.colour == "grey":
            faces = (faces * torch.tensor(_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
        elif self.colour == "bgr":
            faces = faces.flip(1)
        shift, scale = (_by_channel(values[: self.channels]) for values in (self.mean, self.std))
        inputs = (faces - shift) / scale
        return inputs.contiguous(memory_format=torch.channels_last)


def _by_channel(values: tuple[float, ...]) -> Tensor | float:
    """Return each channel's value for inputs (B, C, H, W); one number for all is four times as fast."""
    return values[0] if len(set(values)) == 1 else torch.tensor(values).view(1, -1, 1, 1)


def resize(faces: np.ndarray, size: int) -> Tensor:
    """Turn (B, H, W, 3) uint8 into (B, 3, size, size) float32 in [0, 1], without aliasing."""
    resized = torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255
    if resized.shape[-2:] == (size, size):
        return resized
    return F.interpolate(resized, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
