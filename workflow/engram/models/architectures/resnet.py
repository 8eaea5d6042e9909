"""ResNet-18 (He et al. 2016) of any width, with a linear projection to an embedding.

The student of Vielzeuf et al. (2019), section 3.3: they print a ResNet-18 of 2.2 M parameters with
a projection to 1,024 values. Width 27 gives 2,216,023 parameters, width 24 gives 1,773,784.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

__all__ = ["ResNet", "build"]


def build(embedding: int, width: int, channels: int) -> nn.Module:
    """Return a ResNet-18 whose four levels have 1, 2, 4 and 8 times ``width`` channels."""
    return ResNet(embedding, width=width, channels=channels)


class ResNet(nn.Module):
    """Images (N, C, H, W) to embeddings (N, embedding).

    Parameters
    ----------
    embedding
        Size of the projection's output.
    width
        Channels of the first layer; the four levels have 1, 2, 4 and 8 times as many.
    channels
        Channels of the images.
    """

    def __init__(self, embedding: int, *, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        levels = []
        before = width
        for level in range(4):
            wide = width * 2**level
            levels += [_Block(before, wide, stride=1 if level == 0 else 2), _Block(wide, wide)]
            before = wide
        self.levels = nn.Sequential(*levels)
        self.projection = nn.Linear(before, embedding)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Return the embeddings."""
        return self.projection(self.levels(self.stem(images)).mean((2, 3)))


class _Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, before: int, wide: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, wide, 3, stride=stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(wide)
        self.second = nn.Conv2d(wide, wide, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(wide)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != wide:
            self.shortcut = nn.Sequential(
                _PointwiseConv2d(before, wide, 1, stride=stride, bias=False), nn.BatchNorm2d(wide)
            )

    def forward(self, inputs: Tensor) -> Tensor:
        inner = F.relu(self.first_norm(self.first(inputs)))
        return torch.relu(self.second_norm(self.second(inner)) + self.shortcut(inputs))


#: Input channels that one block of oneDNN's convolutions holds on this processor.
_BLOCK = 16 if "AVX512" in torch.backends.cpu.get_cpu_capability() else 8


class _PointwiseConv2d(nn.Conv2d):
    """A 1x1 convolution with a stride; narrow ones drop the skipped pixels before they multiply.

    The result is the same. The backward pass of oneDNN 3.11 writes past its workspace where a strided 1x1
    convolution, channels last, has fewer input channels than one block (8 with AVX2, 16 with AVX-512): the
    process crashes or its gradients are wrong (oneDNN issue 6035).
    """

    def forward(self, inputs: Tensor) -> Tensor:
        if self.in_channels >= _BLOCK:
            return super().forward(inputs)
        rows, columns = self.stride
        return F.conv2d(inputs[:, :, ::rows, ::columns], self.weight, self.bias)
