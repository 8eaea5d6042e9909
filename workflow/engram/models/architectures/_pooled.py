"""What several architectures are made of: normalised convolutions, and the mean over the image."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["Pooled", "normalised"]


class Pooled(nn.Module):
    """Convolutions, the mean over the image, and a projection."""

    def __init__(self, features: nn.Sequential, channels: int, embedding: int) -> None:
        super().__init__()
        self.features = features
        self.projection = nn.Linear(channels, embedding)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Return the embeddings (N, embedding) of images (N, C, H, W)."""
        return self.projection(self.features(images).mean((2, 3)))


def normalised(*layers: nn.Module, channels: int) -> list[nn.Module]:
    """Return the layers, whose output has ``channels``, followed by batch normalisation and ReLU."""
    return [*layers, nn.BatchNorm2d(channels), nn.ReLU()]
