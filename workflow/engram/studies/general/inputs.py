"""What several steps of the general study read alike: a data set's embeddings and detected faces."""

from __future__ import annotations

import numpy as np

from engram.config import Settings
from engram.core.errors import EmbeddingError, TrainingError
from engram.core.files import file_hash, text_hash
from engram.core.paths import Layout
from engram.data.images.store import FaceStore
from engram.data.splitting import Split
from engram.studies.general.embeddings import Embeddings, shard_path

__all__ = ["detected_rows", "embedding_hashes", "source_embeddings"]


def source_embeddings(layout: Layout, settings: Settings, dataset: str, store: FaceStore) -> Embeddings:
    """Open the source embeddings of a data set's stored faces.

    Raises
    ------
    EmbeddingError
        If a shard is missing or damaged, or they are of another number of faces.
    """
    embeddings = Embeddings.open(layout, settings, dataset)
    if len(embeddings) != len(store.index):
        raise EmbeddingError(
            f"{layout.embeddings(dataset, embeddings.names[0]).parent}: holds the embeddings of "
            f"{len(embeddings)} faces, but {len(store.index)} are stored. Delete it and run snakemake again."
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


def embedding_hashes(settings: Settings, layout: Layout, dataset: str) -> dict[str, str]:
    """Return ``dataset/encoder`` -> SHA-256 over the hashes of its embeddings' files."""
    shards = range(settings.datasets[dataset].shards)
    return {
        f"{dataset}/{name}": text_hash(
            " ".join(file_hash(shard_path(layout.embeddings(dataset, name), shard)) for shard in shards)
        )
        for name in settings.general.encoders
    }
