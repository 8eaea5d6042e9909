"""What several steps of the general study read alike: a data set's embeddings and detected faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from engram.core.errors import EmbeddingError, TrainingError
from engram.core.files import text_hash
from engram.data.images.store import FaceStore
from engram.data.splitting import Split
from engram.runtime.checksums import known_hash
from engram.studies.general.encoders.embeddings import Embeddings, shards_by_encoder

__all__ = ["detected_rows", "embedding_hashes", "load_embeddings", "load_store"]


def load_store(files: Sequence[str | Path]) -> FaceStore:
    """Load the stored faces that a rule names file by file."""
    return FaceStore.load(Path(files[0]).parent)


def load_embeddings(
    files: Sequence[str | Path], sizes: Mapping[str, int], dtype: str, store: FaceStore
) -> Embeddings:
    """Load the source embeddings of a data set's stored faces; see `Embeddings.load`.

    Raises
    ------
    EmbeddingError
        If a shard is missing or damaged, or they are of another number of faces.
    """
    embeddings = Embeddings.load(files, sizes, dtype)
    if len(embeddings) != len(store.index):
        raise EmbeddingError(
            f"{Path(files[0]).parents[1]}: holds the embeddings of {len(embeddings)} faces, but "
            f"{len(store.index)} are stored. Delete it and run snakemake again."
        )
    return embeddings


def detected_rows(store: FaceStore, split: Split, subset: str, dataset: str) -> np.ndarray:
    """Return the rows of a subset's detected faces, ascending.

    Raises
    ------
    TrainingError
        If there are none.
    """
    found = store.detected_rows(split, subset)
    if not len(found):
        raise TrainingError(
            f"data set '{dataset}': no face was detected in its {subset} subset, so nothing can be learnt "
            "on it. Look at its split and at the detection table."
        )
    return found


def embedding_hashes(
    files: Sequence[str | Path], encoders: Sequence[str], dataset: str, results: str | Path
) -> dict[str, str]:
    """Return ``dataset/encoder`` -> SHA-256 over the hashes of its shards; see `known_hash`."""
    return {
        f"{dataset}/{name}": text_hash(" ".join(known_hash(Path(results), shard) for shard in shards))
        for name, shards in shards_by_encoder(files, encoders).items()
    }
