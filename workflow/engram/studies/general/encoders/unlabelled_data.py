"""The data sets of unlabelled faces (D_unsup), read as one: faces, source embeddings, subsets, subjects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engram.core.arrays import JoinedRows
from engram.core.errors import TrainingError
from engram.data.images.store import FaceStore, load_stores
from engram.data.manifest import SUBSETS
from engram.data.splitting import Split, read_split
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.encoders.inputs import embedding_hashes, load_embeddings
from engram.studies.general.jobs.pipeline_params import UnlabelledParams

__all__ = ["UnlabelledData"]


@dataclass(frozen=True)
class UnlabelledData:
    """D_unsup. Faces are numbered through its data sets, in the order of the configuration."""

    faces: JoinedRows
    """(N, H, W, 3) uint8."""
    embeddings: Embeddings
    """Those of the N faces."""
    rows: dict[str, np.ndarray]
    """Subset -> its detected faces, ascending. A data set may have none in a subset."""
    test_subjects: np.ndarray
    """Of str: those of the test subset's faces. Those of different data sets are told apart."""
    hashes: dict[str, str]
    """Data set -> hash of its stored faces."""
    splits: dict[str, str]
    """Data set -> hash of its split."""
    inputs: dict[str, str]
    """Data set/encoder -> hash of the embeddings."""

    @classmethod
    def load(cls, inputs: NamedFiles, params: UnlabelledParams, *, hashed: bool = True) -> UnlabelledData:
        """Load the data sets.

        Parameters
        ----------
        inputs
            ``embeddings``, ``faces`` and ``splits``, data set after data set.
        hashed
            Whether their hashes are wanted; without it ``inputs`` is empty.

        Raises
        ------
        EmbeddingError
            If embeddings are missing or do not fit the faces.
        TrainingError
            If a subset has no detected face in any data set.
        """
        parts = list(_parts(inputs, params))
        before = np.cumsum([0, *(len(part.store) for part in parts)])
        rows = {
            subset: np.concatenate(
                [
                    part.store.detected_rows(part.split, subset) + start
                    for part, start in zip(parts, before[:-1], strict=True)
                ]
            )
            for subset in SUBSETS
        }
        for subset, found in rows.items():
            if not len(found):
                raise TrainingError(
                    f"the unlabelled faces ({', '.join(params.datasets)}): no face was detected in their "
                    f"{subset} subset, so nothing can be learnt on it. Look at their splits and at the "
                    "detection table."
                )
        return cls(
            JoinedRows([part.store.faces for part in parts]),
            Embeddings.join([part.embeddings for part in parts]),
            rows,
            np.concatenate([part.test_subjects(apart=len(parts) > 1) for part in parts]),
            {part.name: part.store.hash for part in parts},
            {part.name: part.split.hash for part in parts},
            {name: found for part in parts for name, found in (part.hash() if hashed else {}).items()},
        )


@dataclass(frozen=True)
class _Part:
    """One of the data sets."""

    name: str
    store: FaceStore
    split: Split
    embeddings: Embeddings
    files: list[str]
    """Its embeddings' shards, encoder after encoder."""
    results: str
    """Folder of the results."""

    def test_subjects(self, *, apart: bool) -> np.ndarray:
        rows = self.store.detected_rows(self.split, "test")
        names = self.store.index["subject"].iloc[rows].astype(str)
        return (f"{self.name}/" + names if apart else names).to_numpy(str)

    def hash(self) -> dict[str, str]:
        return embedding_hashes(self.files, self.embeddings.names, self.name, self.results)


def _parts(inputs: NamedFiles, params: UnlabelledParams) -> Iterator[_Part]:
    embeddings, stores = list(inputs.embeddings), load_stores(inputs.faces, params.datasets)
    for number, ((name, shards), (_, store)) in enumerate(zip(params.datasets.items(), stores, strict=True)):
        count = shards * len(params.encoders)
        mine, embeddings = embeddings[:count], embeddings[count:]
        yield _Part(
            name,
            store,
            read_split(inputs.splits[number], len(store.faces)),
            load_embeddings(mine, params.encoders, params.dtype, store),
            mine,
            params.results,
        )
