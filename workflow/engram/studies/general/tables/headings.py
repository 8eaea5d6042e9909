"""The columns of the general study's tables, and what the paper calls them."""

from __future__ import annotations

__all__ = ["OPERATORS", "RECONSTRUCTION", "SOURCE", "TRANSFER", "recorded_name", "words_of"]

#: Approaches in Table 3, and the rival student beside them.
TRANSFER = (
    *["cnn", "p_cnn", "h_g", "h_mt", "h_mt_tuned", "h_unique", "h_unique_tuned"],
    *["h_unic", "h_unic_tuned"],
)
#: Approaches in Table 6: the autoencoder is what gives h_G.
OPERATORS = {"concat": "Concat", "pca": "PCA", "h_g": "AE", "bt": "BT", "bct": "BCT"}
#: Approaches in Table 4: the student's printed figures are those of Table 3 after fine-tuning.
SOURCE = {"original": "original", "h_g": "E_G", "h_unique": "", "h_unique_tuned": "E_unique"}
#: What reconstructs the source embeddings, in Table 5.
RECONSTRUCTION = {
    "pca": "PCA",
    "ae": "AE",
    "vae": "VAE",
    "dae": "DAE",
    "mt": "E_MT",
    "unique": "E_unique",
    "unic": "E_UNIC",
    "random": "random",
}


def recorded_name(operator: str) -> str:
    """Return what records of reconstruction call one of `RECONSTRUCTION`: students carry ``E_``."""
    return f"E_{operator}" if operator in ("mt", "unique", "unic") else operator


def words_of(label: str) -> str:
    """Return a label such as ``east_asian`` as people read it."""
    return label.replace("_", " ")
