"""The unlabelled faces (D_unsup) as fusion and distillation see them: embeddings, subsets, scale."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.images.store import FaceStore
from engram.data.manifest import SUBSETS
from engram.data.splitting import read_split
from engram.models.fusion_operators import Scale, fit_scale
from engram.studies.general.inputs import detected_rows, embedding_hashes, source_embeddings
from engram.studies.general.reconstruction import BLOCK, StandardisedRows
from engram.training.device import Device, choose_device

__all__ = ["UnlabelledFaces"]


@dataclass(frozen=True)
class UnlabelledFaces:
    """The detected faces of D_unsup; an undetected one has no embedding and takes no part."""

    encoders: dict[str, int]
    """Name -> size of each source embedding, in the order of concatenation."""
    training: StandardisedRows
    validation: StandardisedRows
    test: StandardisedRows
    test_faces: pd.DataFrame
    """``row`` and ``subject`` of the test faces."""
    scale: Scale
    """Of the training faces."""
    device: Device
    origin: dict[str, Any]
    """The fields of a record that tell where they come from."""
    seconds: float
    """What reading the scale took."""

    @classmethod
    def open(cls, settings: Settings, layout: Layout, threads: int) -> UnlabelledFaces:
        """Open the unlabelled faces' embeddings and measure their scale.

        Raises
        ------
        EmbeddingError
            If embeddings are missing, do not fit the faces, are not finite or are all the same.
        TrainingError
            If a subset has no detected face.
        """
        device = choose_device(settings.compute, threads)
        dataset = settings.general.unsupervised
        store = FaceStore.open(layout.faces(dataset, GENERAL_CROP))
        split = read_split(layout.split(dataset), len(store.faces))
        embeddings = source_embeddings(layout, settings, dataset, store)
        rows = {name: detected_rows(store, split, name, dataset) for name in SUBSETS}
        started = time.perf_counter()
        blocks = np.split(rows["train"], range(BLOCK, len(rows["train"]), BLOCK))
        scale = fit_scale(map(embeddings.rows, blocks), embeddings.sizes)
        seconds = time.perf_counter() - started
        subsets = {name: StandardisedRows(embeddings, chosen, scale) for name, chosen in rows.items()}
        subjects = store.index["subject"].astype(str).to_numpy()[rows["test"]]
        return cls(
            embeddings.sizes,
            subsets["train"],
            subsets["validation"],
            subsets["test"],
            pd.DataFrame({"row": rows["test"], "subject": subjects}),
            scale,
            device,
            {
                "data": {dataset: store.hash},
                "splits": {dataset: split.hash},
                "inputs": embedding_hashes(settings, layout, dataset),
                "environment": device.environment("scipy"),
            },
            seconds,
        )

    @property
    def counts(self) -> dict[str, float]:
        """How many faces learn and are reconstructed, and values that stood still in training."""
        return {
            "training_faces": float(len(self.training)),
            "validation_faces": float(len(self.validation)),
            "test_faces": float(len(self.test)),
            "still_values": float(self.scale.floored),
        }
