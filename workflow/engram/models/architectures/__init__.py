"""The architectures of encoders that are trained here, one a file: images to an embedding.

To add one, copy a file beside this. Its name is the value of ``general.encoders.NAME.architecture``, and its
function ``build(embedding, width, channels)`` returns the network with random weights.
"""

from __future__ import annotations

from torch import nn

from engram.core.registry import find_modules

__all__ = ["ARCHITECTURES", "build_backbone"]

#: Every architecture by its name.
ARCHITECTURES = find_modules(__name__, __file__)


def build_backbone(architecture: str, *, embedding: int, width: int, channels: int) -> nn.Module:
    """Return a network of random weights: images (N, channels, H, W) to embeddings (N, embedding).

    ``width`` is the number of channels of its first layer; the caller seeds torch.
    """
    return ARCHITECTURES[architecture].load("build")(embedding, width, channels)
