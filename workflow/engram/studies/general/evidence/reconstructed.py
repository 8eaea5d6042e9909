"""How well source embeddings are reconstructed, as sums by subject: one file is in memory at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.errors import DataMissingError, PredictionsError
from engram.core.reading import read_table
from engram.statistics.intervals import Scores, summed_scores, sums_by_subject
from engram.studies.general.evidence.metrics import NOT_NEGATIVE

__all__ = ["Reconstructed", "read_errors"]


@dataclass(frozen=True)
class Reconstructed:
    """The summed squared errors of operators and students on the same faces."""

    names: np.ndarray
    """(I,) of str: the faces' subjects, sorted."""
    counts: np.ndarray
    """(I,) each one's faces."""
    models: tuple[str, ...]
    """Operators and students, in the order of their files."""
    sums: np.ndarray
    """(models, seeds, encoders, I) float64."""

    @classmethod
    def read(cls, files: Sequence[Path], encoders: Sequence[str], seeds: Sequence[int]) -> Reconstructed:
        """Read ``reconstruction.parquet`` of every operator, student and seed.

        Raises
        ------
        DataMissingError
            If a file is missing or damaged.
        PredictionsError
            If they are not of the same faces, or a seed is missing.
        """
        found: dict[tuple[str, int], np.ndarray] = {}
        faces, subjects = np.empty(0, np.int64), np.empty(0, str)
        for path in files:
            table = read_errors(path, encoders).sort_values("row", kind="stable")
            if not found:
                faces, subjects = table["row"].to_numpy(), table["subject"].to_numpy(str)
            if not len(table) or len(table) != len(faces) or (table["row"].to_numpy() != faces).any():
                raise _others(path)
            errors = table[list(encoders)].to_numpy(np.float64).T.copy()
            found[table["operator"].iloc[0], int(table["seed"].iloc[0])] = sums_by_subject(errors, subjects)
        models = tuple(dict.fromkeys(model for model, _ in found))
        if set(found) != {(model, seed) for model in models for seed in seeds}:
            raise _others(files[0])
        sums = np.stack([np.stack([found[model, seed] for seed in sorted(seeds)]) for model in models])
        return cls(*np.unique(subjects, return_counts=True), models, sums)

    @property
    def faces(self) -> int:
        """The number of faces."""
        return int(self.counts.sum())

    def scores(self, encoder: int, population: str, confidence: float) -> Scores:
        """Return the normalised RMSE of the embedding of the encoder at a position."""
        found = summed_scores(
            self.models,
            self.sums[:, :, encoder],
            self.names,
            self.counts,
            population,
            confidence,
            NOT_NEGATIVE,
        )
        return found.map(np.sqrt, NOT_NEGATIVE)


def read_errors(path: Path, encoders: Sequence[str]) -> pd.DataFrame:
    """Return the table of one operator or student and seed, a row a face.

    Raises
    ------
    DataMissingError
        If the file is missing, damaged or another table.
    """
    return read_table(path, DataMissingError, ("row", "subject", "operator", "seed", *encoders))


def _others(path: Path) -> PredictionsError:
    return PredictionsError(
        f"{path} and the other files of its name: operators were tested on different faces or seeds. "
        "Delete the folders fusion and students and run snakemake again."
    )
