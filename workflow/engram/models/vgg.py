"""The simplified VGG of Tannugi, Britto and Koerich (2019), section III.

The paper prints the number of parameters (19.2 M), the 48x48 grey input, dropout after the
first two fully connected layers, and no more; the layers here give 19,291,207 parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

__all__ = ["VGG"]

#: Channels of the two blocks of 3x3 convolutions without padding; a 2x2 max-pool ends each.
_BLOCKS = ((64, 64), (128, 128, 128))
#: Hidden units of the first two fully connected layers.
_HIDDEN = (2048, 1024)


class VGG(nn.Module):
    """Five convolutions, two hidden layers, and one linear head for each label set.

    Parameters
    ----------
    heads
        Task -> number of classes. A level with a new label set adds a head; the heads of
        earlier levels stay, so that what was forgotten of them can be measured.
    width
        Factor on all channels and hidden units; 1 is the published size.
    dropout
        Probability of dropout after each hidden layer.
    channels, size
        Channels and side in pixels of the input.
    """

    def __init__(
        self,
        heads: Mapping[str, int],
        *,
        width: float = 1.0,
        dropout: float = 0.5,
        channels: int = 1,
        size: int = 48,
    ) -> None:
        super().__init__()
        self.settings = {"width": width, "dropout": dropout, "channels": channels, "size": size}
        layers: list[nn.Module] = []
        for block in _BLOCKS:
            for published in block:
                wide = _scaled(published, width)
                layers += [nn.Conv2d(channels, wide, 3), nn.ReLU()]
                channels, size = wide, size - 2
            layers.append(nn.MaxPool2d(2))
            size //= 2
        self.features = nn.Sequential(*layers, nn.Flatten())
        first, second = (_scaled(units, width) for units in _HIDDEN)
        self.hidden = nn.Sequential(
            nn.Linear(channels * size * size, first), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(first, second), nn.ReLU(), nn.Dropout(dropout),
        )  # fmt: skip
        self.heads = nn.ModuleDict({task: nn.Linear(second, classes) for task, classes in heads.items()})
        self.apply(_initialise)
        self._embedding, self._classes = second, dict(heads)

    @property
    def tasks(self) -> dict[str, int]:
        """Task -> number of classes, of every head."""
        return dict(self._classes)

    def add_head(self, task: str, classes: int) -> None:
        """Give the network a new head with random weights, unless it has one for ``task``."""
        if task not in self.heads:
            head = nn.Linear(self._embedding, classes)
            _initialise(head)
            self.heads[task] = head
            self._classes[task] = classes

    def frozen_depth(self, layers: str) -> int:
        """Return how many modules of ``features`` stay fixed when ``layers`` are trained.

        ``all`` -> 0; ``classifier`` -> all of them; ``classifier+conv`` -> those before the
        last convolution.
        """
        if layers == "all":
            return 0
        if layers == "classifier":
            return len(self.features)
        return max(i for i, module in enumerate(self.features) if isinstance(module, nn.Conv2d))

    def freeze(self, depth: int) -> None:
        """Let the first ``depth`` modules of ``features`` not learn."""
        self.features[:depth].requires_grad_(False)

    def prefix(self, images: Tensor, depth: int) -> Tensor:
        """Return what the first ``depth`` modules of ``features`` make of ``images`` (N, C, H, W)."""
        return self.features[:depth](images)

    def embed(self, inputs: Tensor, start: int = 0) -> Tensor:
        """Return the last hidden layer, (N, 1024 x width), of images or of a prefix's output."""
        return self.hidden(self.features[start:](inputs))

    def forward(self, inputs: Tensor, task: str, start: int = 0) -> Tensor:
        """Return the logits (N, classes) of the head of ``task``.

        ``inputs`` are images (N, C, H, W), or the output of :meth:`prefix` of depth ``start``.
        """
        return self.heads[task](self.embed(inputs, start))


def _scaled(published: int, width: float) -> int:
    return max(1, round(published * width))


def _initialise(module: nn.Module) -> None:
    """He initialisation: without it a plain network of eight layers starts to learn late."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
