"""Word vectors that a run has prepared: those of the words of its texts, in one safetensors file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from engram.data.text.vectors import WordVectors
from engram.models.files import read_tensors, write_tensors

__all__ = ["read_word_vectors", "write_word_vectors"]


def write_word_vectors(path: Path, vectors: WordVectors) -> None:
    """Write words with their vectors, atomically."""
    write_tensors(path, {"values": torch.from_numpy(vectors.values)}, {"words": list(vectors.words)})


def read_word_vectors(path: str | Path, wanted: Iterable[str]) -> dict[str, np.ndarray]:
    """Return the vectors, (D,) float32, of those wanted words that the file has.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or was not written by this project.
    """
    tensors, header = read_tensors(Path(path))
    values, places = tensors["values"].numpy(), {word: place for place, word in enumerate(header["words"])}
    return {word: values[places[word]] for word in dict.fromkeys(wanted) if word in places}
