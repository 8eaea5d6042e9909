"""The architectures of encoders that are trained here: images to an embedding, by name.

A new architecture is a function here, an entry of `ARCHITECTURES`, and its name in
`engram.config.EncoderSettings.architecture`.
"""

from __future__ import annotations

from torch import Tensor, nn

from engram.models.resnet import ResNet

__all__ = ["ARCHITECTURES", "build_backbone"]


class _Pooled(nn.Module):
    """Convolutions, the mean over the image, and a projection."""

    def __init__(self, features: nn.Sequential, channels: int, embedding: int) -> None:
        super().__init__()
        self.features = features
        self.projection = nn.Linear(channels, embedding)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        return self.projection(self.features(images).mean((2, 3)))


def _normed(*layers: nn.Module, channels: int) -> list[nn.Module]:
    return [*layers, nn.BatchNorm2d(channels), nn.ReLU()]


def _plain(embedding: int, width: int, channels: int) -> nn.Module:
    """Strided convolutions (all-convolutional net, Springenberg et al. 2015)."""
    layers: list[nn.Module] = []
    for level in range(4):
        wide = width * 2**level
        layers += _normed(nn.Conv2d(channels, wide, 3, stride=2, padding=1, bias=False), channels=wide)
        channels = wide
    return _Pooled(nn.Sequential(*layers), channels, embedding)


def _vgg(embedding: int, width: int, channels: int) -> nn.Module:
    """Pairs of 3x3 convolutions with pooling between them (Simonyan and Zisserman 2015)."""
    layers: list[nn.Module] = []
    for level in range(3):
        wide = width * 2**level
        for before in (channels, wide):
            layers += _normed(nn.Conv2d(before, wide, 3, padding=1, bias=False), channels=wide)
        layers.append(nn.MaxPool2d(2))
        channels = wide
    return _Pooled(nn.Sequential(*layers), channels, embedding)


def _separable(embedding: int, width: int, channels: int) -> nn.Module:
    """Depthwise separable convolutions (MobileNet, Howard et al. 2017)."""
    layers = _normed(nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), channels=width)
    before = width
    for level in (1, 2, 3):
        wide = width * 2**level
        layers += _normed(
            nn.Conv2d(before, before, 3, stride=2, padding=1, groups=before, bias=False), channels=before
        )
        layers += _normed(nn.Conv2d(before, wide, 1, bias=False), channels=wide)
        before = wide
    return _Pooled(nn.Sequential(*layers), before, embedding)


def _resnet(embedding: int, width: int, channels: int) -> nn.Module:
    return ResNet(embedding, width=width, channels=channels)


#: Name -> what builds it from embedding size, width and channels.
ARCHITECTURES = {"plain": _plain, "resnet": _resnet, "separable": _separable, "vgg": _vgg}


def build_backbone(architecture: str, *, embedding: int, width: int, channels: int) -> nn.Module:
    """Return a network of random weights: images (N, channels, H, W) to embeddings (N, embedding)."""
    return ARCHITECTURES[architecture](embedding, width, channels)
