"""Fusing operators behind one interface: raw source embeddings in, fused embedding out.

Arguments and results are numpy arrays. Torch computes a batch at a time, so that memory does not grow with
the data set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engram.core.errors import CheckpointError, EmbeddingError
from engram.models.autoencoders import (
    Autoencoder,
    DenoisingAutoencoder,
    FusionNetwork,
    Identity,
    Projection,
    VariationalAutoencoder,
)
from engram.models.files import read_tensors, rebuilding, write_tensors

__all__ = [
    "NETWORKS",
    "FusionModule",
    "Operator",
    "Scale",
    "build_network",
    "fit_scale",
    "load_operator",
    "save_operator",
]

#: Rows of a pass through an operator.
_BATCH = 1024
#: Least standard deviation of a value, as a fraction of its encoder's root mean square deviation: a value
#: that was constant in training must not outweigh all others when it varies later.
_FLOOR = 0.01
#: An encoder whose deviation is below this fraction of its mean level is constant up to rounding.
_CONSTANT = 1e-6


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of every value of the concatenated embeddings."""

    mean: np.ndarray
    """(T,) float32."""
    std: np.ndarray
    """(T,) float32, positive."""
    floored: int = 0
    """Number of values that were nearly constant in training and got the least standard deviation."""

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Return raw embeddings (B, T) standardised, float32."""
        return (raw.astype(np.float32) - self.mean) / self.std


def _project(sizes: Sequence[int]) -> Projection:
    return Projection(torch.zeros(sizes[0]), torch.zeros(sizes[-1], sizes[0]))


#: Kind of operator -> what builds its network from the sizes of its layers and its options.
NETWORKS: dict[str, Callable[..., FusionNetwork]] = {
    "concat": lambda sizes: Identity(),
    "pca": _project,
    "ae": Autoencoder,
    "vae": VariationalAutoencoder,
    "dae": DenoisingAutoencoder,
}


def fit_scale(blocks: Iterable[np.ndarray], encoders: Mapping[str, int]) -> Scale:
    """Return the scale of raw embeddings that come in blocks (B, T), in one pass with float64 sums.

    Parameters
    ----------
    encoders
        Name -> size of each encoder's embedding, in the order of concatenation.

    Raises
    ------
    EmbeddingError
        If there are no rows, a value is not finite, or an encoder gives the same for every face.
    """
    count = 0
    for block in blocks:
        if not count:
            shift = block.mean(axis=0, dtype=np.float64)
            total, squares = np.zeros_like(shift), np.zeros_like(shift)
        centred = block - shift
        count += len(block)
        total += centred.sum(axis=0)
        squares += (centred**2).sum(axis=0)
    if not count:
        raise EmbeddingError("there are no embeddings to fuse. Look at the split and the detection table.")
    mean = shift + total / count
    deviation = np.sqrt((squares / count - (total / count) ** 2).clip(0))
    floor = _floors(mean, deviation, encoders)
    std = np.maximum(deviation, floor).astype(np.float32)
    return Scale(mean.astype(np.float32), std, int((deviation < floor).sum()))


def _floors(mean: np.ndarray, deviation: np.ndarray, encoders: Mapping[str, int]) -> np.ndarray:
    """Return (T,) the least standard deviation of each value, a fraction of its encoder's usual one."""
    floors = []
    start = 0
    for name, size in encoders.items():
        own = slice(start, start + size)
        usual, level = (float(np.sqrt(np.square(values[own]).mean())) for values in (deviation, mean))
        if not np.isfinite(usual):
            raise EmbeddingError(
                f"encoder '{name}': an embedding is not finite. Delete its embeddings and extract them again."
            )
        if usual <= _CONSTANT * level:
            raise EmbeddingError(
                f"encoder '{name}' gives every training face the same embedding. Train it longer or at a "
                "lower learning rate, or correct its input settings."
            )
        floors.append(np.full(size, _FLOOR * usual))
        start += size
    return np.concatenate(floors)


class FusionModule(nn.Module):
    """An operator as a torch module: the scale as buffers, and a network on standardised values."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: FusionNetwork, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def standardise(self, raw: Tensor) -> Tensor:
        """Return raw embeddings (B, T) standardised."""
        return (raw.float() - self.mean) / self.std

    def encode(self, raw: Tensor) -> Tensor:
        """Return the fused embeddings (B, d) of raw ones (B, T)."""
        return self.network.encode(self.standardise(raw))

    def decode(self, codes: Tensor) -> Tensor:
        """Return the standardised embeddings (B, T) that codes (B, d) stand for."""
        return self.network.decode(codes)

    def forward(self, raw: Tensor) -> Tensor:
        """Return the fused embeddings (B, d)."""
        return self.encode(raw)


@dataclass(frozen=True)
class Operator:
    """A fitted operator, for numpy arrays. It computes on the device of its module."""

    module: FusionModule
    """For torch users; ``module.network`` works on standardised values."""
    encoders: dict[str, int]
    """Name -> size of each source embedding, in the order of concatenation."""
    settings: dict[str, Any] = field(repr=False)
    """``kind``, a key of `NETWORKS`, ``sizes`` of the layers from T to d, and options of the network."""

    @property
    def size(self) -> int:
        """Values of the fused embedding, d."""
        return self.settings["sizes"][-1]

    @property
    def total(self) -> int:
        """Values of all source embeddings together, T."""
        return self.settings["sizes"][0]

    def standardise(self, raw: np.ndarray) -> np.ndarray:
        """Return raw concatenated embeddings (B, T) standardised, float32.

        Raises
        ------
        EmbeddingError
            If the array has another width than the operator was fitted on; so do the others.
        """
        return self._stream(self.module.standardise, raw, self.total, self.total)

    def encode(self, raw: np.ndarray) -> np.ndarray:
        """Return the fused embeddings (B, d) float32 of raw concatenated ones (B, T)."""
        return self._stream(self.module.encode, raw, self.total, self.size)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the standardised embeddings (B, T) float32 that codes (B, d) stand for."""
        return self._stream(self.module.decode, codes, self.size, self.total)

    def _stream(
        self, function: Callable[[Tensor], Tensor], rows: np.ndarray, width: int, result: int
    ) -> np.ndarray:
        if rows.ndim != 2 or rows.shape[1] != width:
            raise EmbeddingError(
                f"this operator fuses {_listed(self.encoders)}, {self.total} values, to {self.size}. It "
                f"needs an array (rows, {width}) but got {rows.shape}. Extract the embeddings or refit it."
            )
        results = np.empty((len(rows), result), np.float32)
        device = self.module.mean.device
        with torch.inference_mode():
            for start in range(0, len(rows), _BATCH):
                batch = torch.from_numpy(np.array(rows[start : start + _BATCH], np.float32)).to(device)
                results[start : start + _BATCH] = function(batch).cpu().numpy()
        return results


def build_network(settings: Mapping[str, Any]) -> FusionNetwork:
    """Return the network of an operator's settings, of random weights; the caller seeds torch."""
    kind, sizes, options = settings["kind"], settings["sizes"], dict(settings)
    del options["kind"], options["sizes"]
    return NETWORKS[kind](sizes, **options)


def save_operator(path: Path, operator: Operator) -> None:
    """Write an operator with its settings, atomically."""
    header = {"operator": operator.settings, "encoders": list(operator.encoders.items())}
    write_tensors(path, operator.module.state_dict(), header)


def load_operator(path: Path, encoders: Mapping[str, int] | None = None) -> Operator:
    """Read an operator back, in evaluation mode.

    Parameters
    ----------
    encoders
        Name -> size of each embedding that the operator must have been fitted on, in this order.

    Raises
    ------
    CheckpointError
        If the file is damaged or missing, holds no operator, or an operator for other embeddings.
    """
    tensors, header = read_tensors(path)
    if set(header) != {"operator", "encoders"}:
        raise CheckpointError(
            f"{path}: this file holds no fusing operator. Use a model below results/general/fusion."
        )
    with rebuilding(path, "operator"):
        found, settings = dict(header["encoders"]), header["operator"]
        if encoders is not None and list(found.items()) != list(encoders.items()):
            raise CheckpointError(
                f"{path}: this operator fuses {_listed(found)}, but the configuration has "
                f"{_listed(encoders)}. Delete the file and run snakemake again."
            )
        total = settings["sizes"][0]
        module = FusionModule(build_network(settings), torch.zeros(total), torch.ones(total))
        module.load_state_dict(tensors)
    return Operator(module.eval(), found, settings)


def _listed(encoders: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({size})" for name, size in encoders.items())
