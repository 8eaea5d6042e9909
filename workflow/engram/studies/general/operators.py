"""The operators that fuse source embeddings, each described once; torch-free.

A new operator is a network in `engram.models.autoencoders`, its builder in
`engram.models.fusion_operators.NETWORKS`, and one entry of `OPERATORS` here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from engram.config import FusionSettings, GeneralSettings
from engram.core.errors import ConfigurationError

__all__ = [
    "FUSED",
    "OPERATORS",
    "FusionOperator",
    "embedding_sizes",
    "find_operator",
    "fused_sizes",
    "fusion_operators",
    "sizes_swept",
]


@dataclass(frozen=True)
class FusionOperator:
    """An operator: its network, how it is fitted, and what its code is called."""

    name: str
    """Its folder's name."""
    heading: str
    """Its name in tables."""
    network: str
    """A key of `engram.models.fusion_operators.NETWORKS`."""
    fitting: Literal["nothing", "components", "training"]
    """Whether nothing is fitted, principal components are found, or a network is trained."""
    representation: str = ""
    """Name of its code among the frozen representations; empty if it is none of them."""
    network_options: tuple[str, ...] = ()
    """Fields of `FusionSettings` that its network is built with."""
    loss_options: tuple[str, ...] = ()
    """Fields of `FusionSettings` that its loss is made of."""
    size: int | None = None
    """Values of its code, where that is not the configuration's."""

    def layers(self, general: GeneralSettings) -> list[int]:
        """Return the sizes of its layers, from all source embeddings together to its code."""
        total, *hidden, fused = fused_sizes(general)
        if self.fitting == "nothing":
            return [total, total]
        if self.fitting == "components":
            return [total, fused]
        return [total, *hidden, self.size or fused]

    def network_settings(self, general: GeneralSettings) -> dict[str, Any]:
        """Return what its network is built from: ``kind``, ``sizes`` and its options."""
        settings = {"kind": self.network, "sizes": self.layers(general)}
        return settings | _chosen(general.fusion, self.network_options)

    def loss_settings(self, fusion: FusionSettings) -> dict[str, float]:
        """Return the arguments of its loss."""
        return _chosen(fusion, self.loss_options)


#: Every operator by its name, in the order of tables.
OPERATORS = {
    operator.name: operator
    for operator in (
        FusionOperator("concat", "Concat", "concat", "nothing"),
        FusionOperator("pca", "PCA", "pca", "components", representation="pca"),
        FusionOperator("ae", "AE", "ae", "training", representation="h_g"),
        FusionOperator("vae", "VAE", "vae", "training", loss_options=("kl",)),
        FusionOperator("dae", "DAE", "dae", "training", network_options=("noise",)),
    )
}
#: The operator whose code is h_G, the fused embedding.
FUSED = OPERATORS["ae"]


def embedding_sizes(general: GeneralSettings) -> dict[str, int]:
    """Return the number of values of each encoder's embedding, in the order of concatenation."""
    return {name: encoder.embedding for name, encoder in general.encoders.items()}


def fused_sizes(general: GeneralSettings) -> list[int]:
    """Return the sizes of the fusing autoencoder's layers, from all embeddings together to h_G.

    Each is 4/7 of the one before unless the settings say otherwise: 5488, 3136, 1792, 1024 are
    the published ones.
    """
    total = sum(embedding_sizes(general).values())
    if general.fusion.hidden is not None:
        return [total, *general.fusion.hidden]
    return [total, *(round(total * (4 / 7) ** depth) for depth in (1, 2, 3))]


def sizes_swept(general: GeneralSettings) -> dict[str, int]:
    """Return the operators of the sweep over h_G's size by name: ``size_64`` -> 64."""
    return {f"size_{size}": size for size in sorted(set(general.fusion.sizes) - {fused_sizes(general)[-1]})}


def fusion_operators(general: GeneralSettings) -> dict[str, FusionOperator]:
    """Return every operator that a configuration fits, by its name."""
    swept = {
        name: replace(FUSED, name=name, heading=name, representation=name, size=size)
        for name, size in sizes_swept(general).items()
    }
    return {**OPERATORS, **swept}


def find_operator(general: GeneralSettings, name: str) -> FusionOperator:
    """Return an operator by its name.

    Raises
    ------
    ConfigurationError
        If the configuration fits no such operator.
    """
    known = fusion_operators(general)
    if name not in known:
        raise ConfigurationError(f"unknown operator '{name}'. Known: {', '.join(known)}")
    return known[name]


def _chosen(fusion: FusionSettings, names: tuple[str, ...]) -> dict[str, float]:
    return {name: getattr(fusion, name) for name in names}
