"""Networks that fuse the concatenated source embeddings (section 3.2 of Vielzeuf et al. 2019).

All read and give *standardised* embeddings: (B, T) float32, T the sizes of all embeddings together.
All share ``encode`` (B, T) -> (B, d), ``decode`` (B, d) -> (B, T), and a forward pass that returns
the reconstruction and the term that a prior adds to the loss. The published layers are
5488-3136-1792-1024 and their mirror, 49,346,544 parameters. The paper does not state activations and
first weights. We chose leaky rectifiers between the layers, none behind the embedding and the
reconstruction, and orthogonal first weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = [
    "Autoencoder",
    "DenoisingAutoencoder",
    "FusionNetwork",
    "Identity",
    "Projection",
    "VariationalAutoencoder",
    "fully_connected",
    "make_orthogonal",
]

#: Slope of a rectifier below zero. With 0 the error on a small set of faces is a tenth larger.
_SLOPE = 0.2

_STARTING_LOG_VARIANCE = -4.0
#: Bounds of a log variance: its exponential may overflow outside them.
_LOG_VARIANCE = (-12.0, 12.0)


def fully_connected(sizes: Sequence[int]) -> nn.Sequential:
    """Return fully connected layers of the given sizes, a leaky rectifier between each two of them."""
    layers: list[nn.Module] = []
    for size, following in pairwise(sizes):
        layers += [nn.Linear(size, following), nn.LeakyReLU(_SLOPE)]
    return nn.Sequential(*layers[:-1])


def make_orthogonal(network: nn.Module) -> None:
    """Give every fully connected layer orthogonal weights (Saxe et al. 2014) and no bias.

    An autoencoder with such weights preserves lengths and learns in a fraction of the epochs. This takes
    seconds at the published sizes, so training calls it and loading does not.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.orthogonal_(layer.weight)
            nn.init.zeros_(layer.bias)


class FusionNetwork(nn.Module):
    """A network that fuses standardised embeddings (B, T) into a code (B, d)."""

    def encode(self, inputs: Tensor) -> Tensor:
        """Return the codes (B, d) of standardised embeddings (B, T)."""
        raise NotImplementedError

    def decode(self, codes: Tensor) -> Tensor:
        """Return the standardised embeddings (B, T) that codes (B, d) stand for."""
        raise NotImplementedError

    @property
    def encoding_parameters(self) -> int:
        """The number of parameters behind `encode`."""
        return 0


class Autoencoder(FusionNetwork):
    """The operator G of the paper and its mirror.

    Parameters
    ----------
    sizes
        Of the encoder's layers, from T to the embedding's size d.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.encoder = fully_connected(sizes)
        self.decoder = fully_connected(sizes[::-1])

    def start(self) -> None:
        """Initialise the weights for training; the caller seeds torch."""
        make_orthogonal(self)

    def encode(self, inputs: Tensor) -> Tensor:
        """Return the fused embeddings (B, d) of standardised ones (B, T)."""
        return self.encoder(inputs)

    def decode(self, codes: Tensor) -> Tensor:
        """Return the standardised embeddings (B, T) that fused ones (B, d) stand for."""
        return self.decoder(codes)

    @property
    def encoding_parameters(self) -> int:
        """The number of parameters of the encoder."""
        return sum(parameter.numel() for parameter in self.encoder.parameters())

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the reconstruction (B, T) and the divergence from a prior (B,), here zero."""
        return self.decode(self.encode(inputs)), inputs.new_zeros(len(inputs))


class DenoisingAutoencoder(Autoencoder):
    """An autoencoder that reconstructs clean values from noisy ones (Vincent et al. 2008).

    ``noise`` is the standard deviation of the Gaussian noise, in standard deviations of the values.
    """

    def __init__(self, sizes: Sequence[int], noise: float) -> None:
        super().__init__(sizes)
        self.noise = noise

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the reconstruction (B, T), of noisy inputs while it trains, and zeros (B,)."""
        return super().forward(inputs + self.noise * torch.randn_like(inputs) if self.training else inputs)


class VariationalAutoencoder(Autoencoder):
    """An autoencoder whose embedding is a Gaussian (Kingma and Welling 2014); it encodes to the mean.

    The encoder's last layer gives mean and log variance, so it has twice as many outputs as that of an
    autoencoder of the same sizes (3.7 % more parameters at the published sizes).
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(sizes)
        self.encoder = fully_connected([*sizes[:-1], 2 * sizes[-1]])
        self._size = sizes[-1]

    def start(self) -> None:
        """Draw the weights; variances start small, otherwise the decoder first learns noise."""
        super().start()
        # The last layer's second half gives the log variances.
        weight, bias = list(self.encoder.parameters())[-2:]
        with torch.no_grad():
            weight[self._size :] = 0.0
            bias[self._size :] = _STARTING_LOG_VARIANCE

    def encode(self, inputs: Tensor) -> Tensor:
        """Return the means (B, d)."""
        return self.encoder(inputs).chunk(2, dim=1)[0]

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the reconstruction (B, T), of a drawn embedding while it trains, and the divergence (B,).

        The Kullback-Leibler divergence from the standard normal is the mean over the embedding's
        values, as the squared error is over the reconstructed ones.
        """
        mean, spread = (part.float() for part in self.encoder(inputs).chunk(2, dim=1))
        spread = spread.clamp(*_LOG_VARIANCE)
        divergence = (mean.square() + spread.exp() - 1 - spread).mean(1) / 2
        codes = mean + torch.randn_like(mean) * (spread / 2).exp() if self.training else mean
        return self.decode(codes), divergence


class Projection(FusionNetwork):
    """A linear operator: projection on d orthonormal directions around a centre, as PCA finds them.

    Parameters
    ----------
    centre
        (T,), subtracted first.
    directions
        (d, T), orthonormal rows.
    """

    centre: Tensor
    directions: Tensor

    def __init__(self, centre: Tensor, directions: Tensor) -> None:
        super().__init__()
        self.register_buffer("centre", centre)
        self.register_buffer("directions", directions)

    def encode(self, inputs: Tensor) -> Tensor:
        """Return the coordinates (B, d) of standardised embeddings (B, T)."""
        return (inputs - self.centre) @ self.directions.T

    def decode(self, codes: Tensor) -> Tensor:
        """Return the points (B, T) with coordinates (B, d)."""
        return codes @ self.directions + self.centre

    @property
    def encoding_parameters(self) -> int:
        """The number of values of centre and directions."""
        return self.centre.numel() + self.directions.numel()


class Identity(FusionNetwork):
    """The operator that changes nothing: the concatenated standardised embeddings."""

    def encode(self, inputs: Tensor) -> Tensor:
        """Return ``inputs``, (B, T)."""
        return inputs

    def decode(self, codes: Tensor) -> Tensor:
        """Return ``codes``, (B, T)."""
        return codes
