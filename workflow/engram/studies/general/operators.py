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
    bounded: bool = False
    """Whether its loss has a divergence from a prior, weighed by `FusionSettings.kl`."""
    balanced: bool = False
    """Whether every source embedding has the same weight in its loss, and not every value."""
    size: int | None = None
    """Values of its code, where that is not the configuration's."""

    def layers(self, general: GeneralSettings) -> list[int]:
        """Return the sizes of its layers, from all source embeddings together to its code."""
        total, *_, fused = layers = fused_sizes(general)
        if self.fitting == "nothing":
            return [total, total]
        if self.fitting == "components":
            return [total, fused]
        return layers if self.size is None else _evenly(total, self.size, len(layers) - 1)

    def network_settings(self, general: GeneralSettings) -> dict[str, Any]:
        """Return what its network is built from: ``kind``, ``sizes`` and its options."""
        settings = {"kind": self.network, "sizes": self.layers(general)}
        return settings | _chosen(general.fusion, self.network_options)

    def loss_settings(self, general: GeneralSettings) -> dict[str, float]:
        """Return the arguments of its loss: ``kl``, by default that of the evidence bound."""
        if not self.bounded:
            return {}
        total, *_, fused = self.layers(general)
        return {"kl": 2 * fused / total if general.fusion.kl is None else general.fusion.kl}


#: Every operator by its name, in the order of tables.
OPERATORS = {
    operator.name: operator
    for operator in (
        FusionOperator("concat", "Concat", "concat", "nothing"),
        FusionOperator("pca", "PCA", "pca", "components", representation="pca"),
        FusionOperator("ae", "AE", "ae", "training", representation="h_g"),
        FusionOperator("vae", "VAE", "vae", "training", bounded=True),
        FusionOperator("dae", "DAE", "dae", "training", network_options=("noise",)),
        FusionOperator(
            "ae_balanced", "AE balanced", "ae", "training", representation="h_g_balanced", balanced=True
        ),
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


def _evenly(total: int, size: int, layers: int) -> list[int]:
    """Return the sizes of layers from ``total`` to ``size``, each the same fraction of the one before.

    No layer is smaller than ``size``, so the code can have that rank.
    """
    return [round(total * (size / total) ** (depth / layers)) for depth in range(layers)] + [size]


def sizes_swept(general: GeneralSettings) -> dict[str, int]:
    """Return the operators of the sweep over h_G's size by name: ``size_64`` -> 64."""
    return {f"size_{size}": size for size in sorted(set(general.fusion.sizes) - {fused_sizes(general)[-1]})}


def fusion_operators(general: GeneralSettings) -> dict[str, FusionOperator]:
    """Return every operator that a configuration fits, by its name."""
    swept = {
        name: replace(FUSED, name=name, heading=name, representation=name, size=size)
        for name, size in sizes_swept(general).items()
    }
    fixed = {name: found for name, found in OPERATORS.items() if general.fusion.balance or not found.balanced}
    return {**fixed, **swept}


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
