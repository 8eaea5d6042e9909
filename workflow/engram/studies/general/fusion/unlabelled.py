"""The unlabelled faces (D_unsup) as fusion and distillation see them: embeddings, subsets, scale."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from engram.models.fusion_operators import Scale, fit_scale
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.encoders.unlabelled_data import UnlabelledData
from engram.studies.general.fusion.reconstruction import BLOCK, StandardisedRows
from engram.studies.general.jobs.pipeline_params import UnlabelledParams
from engram.training.device import Device

__all__ = ["UnlabelledFaces"]


@dataclass(frozen=True)
class UnlabelledFaces:
    """The detected faces of D_unsup. Undetected ones have no embedding and are left out."""

    encoders: dict[str, int]
    """Name -> size of each source embedding, in the order of concatenation."""
    training: StandardisedRows
    validation: StandardisedRows
    test: StandardisedRows
    test_faces: pd.DataFrame
    """``row``, numbered through the data sets, and ``subject`` of the test faces."""
    scale: Scale
    """Of the training faces."""
    device: Device
    origin: dict[str, Any]
    """The fields of a record that say where they come from."""
    seconds: float
    """Seconds that measuring the scale took."""

    @classmethod
    def load(cls, inputs: NamedFiles, params: UnlabelledParams, device: Device) -> UnlabelledFaces:
        """Load the unlabelled faces' embeddings and measure their scale.

        Parameters
        ----------
        inputs
            ``embeddings``, ``faces`` and ``splits`` of D_unsup; see `UnlabelledData.load`.

        Raises
        ------
        EmbeddingError
            If embeddings are missing, do not fit the faces, are not finite or are all the same.
        TrainingError
            If a subset has no detected face.
        """
        data = UnlabelledData.load(inputs, params)
        embeddings, rows = data.embeddings, data.rows
        started = time.perf_counter()
        blocks = np.split(rows["train"], range(BLOCK, len(rows["train"]), BLOCK))
        scale = fit_scale(map(embeddings.rows, blocks), embeddings.sizes)
        seconds = time.perf_counter() - started
        subsets = {name: StandardisedRows(embeddings, chosen, scale) for name, chosen in rows.items()}
        return cls(
            embeddings.sizes,
            subsets["train"],
            subsets["validation"],
            subsets["test"],
            pd.DataFrame({"row": rows["test"], "subject": data.test_subjects}),
            scale,
            device,
            {
                "data": data.hashes,
                "splits": data.splits,
                "inputs": data.inputs,
                "environment": device.environment("scipy"),
            },
            seconds,
        )

    @property
    def counts(self) -> dict[str, float]:
        """Numbers of faces in each subset, and of values that were constant in training."""
        return {
            "training_faces": float(len(self.training)),
            "validation_faces": float(len(self.validation)),
            "test_faces": float(len(self.test)),
            "still_values": float(self.scale.floored),
        }
