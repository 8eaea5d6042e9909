"""Prepare a network's word vectors: one pass over the file of others for all models of a run."""

from __future__ import annotations

from pathlib import Path

from engram.data.text.store import TextStore
from engram.data.text.vectors import read_vectors
from engram.models.text.vector_files import write_word_vectors
from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.jobs.vectors import VectorsParams

__all__ = ["prepare_vectors"]


def prepare_vectors(inputs: NamedFiles, outputs: NamedFiles, params: VectorsParams) -> None:
    """Keep the vectors of the words of some texts.

    Parameters
    ----------
    inputs
        ``vectors``, the file of others, and ``stores``, the files of stored texts.
    outputs
        ``vectors``.

    Raises
    ------
    TextError
        As `engram.data.text.vectors.read_vectors`.
    """
    folders = dict.fromkeys(Path(file).parent for file in inputs.stores)
    words = {form.lower() for folder in folders for form in TextStore.load(folder).forms}
    write_word_vectors(Path(outputs.vectors), read_vectors(inputs.vectors, words, params.size))
