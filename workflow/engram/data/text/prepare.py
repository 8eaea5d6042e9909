"""From a text as published to stored sentences."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from engram.core.records import Record, environment, write_record
from engram.data.text.jobs import PrepareTextParams, ReadTextParams
from engram.data.text.manifest import make_manifest, read_text_manifest
from engram.data.text.readers import read_sentences
from engram.data.text.sentences import TextFormat
from engram.data.text.store import counts_of, write_text
from engram.runtime.job_spec import NamedFiles

__all__ = ["prepare_text", "read_manifest_of"]


def read_manifest_of(params: ReadTextParams) -> pd.DataFrame:
    """Return the manifest of a text; raise as its reader and `make_manifest` do."""
    form = TextFormat(
        params.dataset, params.kind, params.scheme, params.column, params.encoding, params.token_column
    )
    reading = read_sentences(params.reader, params.folder, form)
    return make_manifest(
        reading, form, types=params.types, repeated=params.repeated_documents, cap=params.sentences
    )


def prepare_text(inputs: NamedFiles, outputs: NamedFiles, params: PrepareTextParams, *, code: str) -> None:
    """Store the sentences of a text and write a record of how many there are.

    Parameters
    ----------
    inputs
        ``manifest``.
    outputs
        ``store``, the files of `engram.data.text.jobs.TEXT_STORE` in one folder, and ``record``.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    TextError
        If the manifest is damaged, or a sentence has no tags although the text is labelled.
    """
    started = time.perf_counter()
    store = write_text(Path(outputs.record).parent, read_text_manifest(inputs.manifest), params.kind)
    record = Record(
        kind="text",
        name=params.dataset,
        settings={"kind": params.kind},
        code=code,
        data={params.dataset: store.hash},
        environment=environment("numpy", "pandas"),
        timings={"prepare": time.perf_counter() - started},
        metrics={**counts_of(store), **store.facts},
    )
    write_record(Path(outputs.record), record)
