"""The stored sentences of one text: the only place that knows how they lie on the disk.

A folder holds ``forms.json`` (the distinct word forms), ``form_ids.npy`` and ``label_ids.npy`` (a value a
token, all sentences one after another), ``offsets.npy`` (where each sentence begins), ``index.parquet`` (the
manifest's columns but the words) and ``store.json`` (labels, facts and content hash), which comes last:
without it the folder is unfinished.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engram.core.arrays import save_array
from engram.core.errors import TextError
from engram.core.files import atomic_path, file_hash, write_json
from engram.core.reading import open_array, read_json, read_table
from engram.data.text.jobs import TEXT_STORE
from engram.data.text.manifest import subsets_without_documents
from engram.data.text.tags import Span, TagSet, spans, type_of
from engram.runtime.checksums import HASHED

__all__ = ["TextStore", "counts_of", "write_text"]

FORMS, FORM_IDS, LABEL_IDS, OFFSETS, INDEX, SUMMARY = TEXT_STORE

_AGAIN = "Delete the folder and run snakemake again."
_COLUMNS = ("sentence", "subject", "official_split", "x_sentence", "length")
_SUMMARY = {"kind", "types", "labels", "facts", "without_documents", "hash"}


def write_text(folder: str | Path, manifest: pd.DataFrame, kind: str) -> TextStore:
    """Store the sentences of a manifest and open the result.

    Raises
    ------
    TextError
        If a tag is none, or tags are missing although the text is labelled.
    DiskError
        If the disk is full or cannot be written. What stood in the folder is then unchanged.
    """
    folder = Path(folder)
    labels = _labels(manifest, kind)
    lengths = manifest["tokens"].map(len).to_numpy(np.int64)
    forms, form_ids = _numbered(manifest["tokens"])
    parts = {
        FORM_IDS: form_ids,
        LABEL_IDS: _label_ids(manifest, labels),
        OFFSETS: np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    }
    index = manifest.drop(columns=["tokens", "tags"]).assign(length=lengths)
    index = index[[*_COLUMNS]].reset_index(drop=True)
    index.attrs.clear()
    with ExitStack() as stack:
        written = {name: stack.enter_context(atomic_path(folder / name)) for name in TEXT_STORE[:-1]}
        written[FORMS].write_text(
            json.dumps(forms, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
        )
        for name, values in parts.items():
            save_array(written[name], values)
        index.to_parquet(written[INDEX], index=False)
        summary = {
            "kind": kind,
            "types": list(labels.types) if labels is not None and kind == "entities" else [],
            "labels": list(labels.names) if labels is not None else [],
            "facts": manifest.attrs.get("facts", {}),
            "without_documents": subsets_without_documents(manifest),
            "hash": _hash(list(written.values())),
        }
        (folder / SUMMARY).unlink(missing_ok=True)
    write_json(folder / SUMMARY, summary)
    return TextStore.load(folder)


def _labels(manifest: pd.DataFrame, kind: str) -> TagSet | None:
    if kind == "language":
        return None
    missing = manifest["tags"].isna()
    if missing.any():
        raise TextError(
            f"{manifest['sentence'][int(missing.to_numpy().argmax())]}: this sentence has no tags. Set "
            "'kind' to 'language' for unlabelled text."
        )
    found = sorted({tag for tags in manifest["tags"] for tag in tags})
    if kind == "tokens":
        return TagSet.of_tokens(found)
    return TagSet(tuple(sorted({name for name in map(type_of, found) if name is not None})))


def _numbered(sentences: pd.Series) -> tuple[list[str], np.ndarray]:
    """Return the distinct words in order of first appearance, and the number of each token's, int32."""
    numbers: dict[str, int] = {}
    ids = [numbers.setdefault(word, len(numbers)) for words in sentences for word in words]
    return list(numbers), np.array(ids, dtype=np.int32)


def _label_ids(manifest: pd.DataFrame, labels: TagSet | None) -> np.ndarray:
    if labels is None:
        return np.empty(0, dtype=np.int32)
    where = manifest["sentence"]
    if labels.kind == "entities":
        for place, tags in zip(where, manifest["tags"], strict=True):
            spans(tags, place)
    return np.concatenate(
        [labels.ids(tags, place) for place, tags in zip(where, manifest["tags"], strict=True)]
    ).astype(np.int32)


def _hash(files: list[Path]) -> str:
    return hashlib.sha256(" ".join(map(file_hash, files)).encode()).hexdigest()


@dataclass(frozen=True)
class TextStore:
    """One text's sentences, opened for reading; tokens are read from the disk as they are used."""

    folder: Path
    index: pd.DataFrame
    """A row a sentence: ``sentence`` (file and line), ``subject`` (its document), ``official_split``,
    ``x_sentence`` (place in the document), ``length`` (tokens)."""
    forms: list[str]
    """The distinct word forms, in order of first appearance."""
    form_ids: np.ndarray
    """int32 of shape (T,), memory-mapped: each token's form, all sentences one after another."""
    label_ids: np.ndarray | None
    """int32 of shape (T,), memory-mapped: each token's place in ``labels``; None for unlabelled text."""
    offsets: np.ndarray
    """int64 of shape (N + 1,), memory-mapped: sentence i has the tokens from offset i to offset i + 1."""
    labels: tuple[str, ...]
    """The names of tags (``O``, ``B-x``, ``I-x``, ... by types, sorted) or classes of tokens, sorted."""
    types: tuple[str, ...]
    """Types of entities, sorted; none for other kinds."""
    kind: str
    """``entities``, ``tokens`` or ``language``."""
    facts: dict[str, int]
    """What the reader had to decide, each with how often."""
    without_documents: tuple[str, ...]
    """Official subsets (or ``all``) whose files name no documents: each sentence stands for itself."""
    hash: str
    """SHA-256 over everything but the summary."""

    @classmethod
    def load(cls, folder: str | Path) -> TextStore:
        """Open a store.

        Raises
        ------
        TextError
            If a file is missing, truncated, or does not fit the others; in a store of up to `HASHED` bytes
            also if a byte is not the one that was stored.
        """
        folder = Path(folder)
        summary = read_json(folder / SUMMARY, TextError, _AGAIN)
        if not isinstance(summary, dict) or not summary.keys() >= _SUMMARY:
            raise TextError(f"{folder / SUMMARY}: this is no summary of stored text. {_AGAIN}")
        form_ids, label_ids, offsets = (
            open_array(folder / name, TextError, _AGAIN) for name in (FORM_IDS, LABEL_IDS, OFFSETS)
        )
        store = cls(
            folder,
            read_table(folder / INDEX, TextError, _COLUMNS, _AGAIN),
            read_json(folder / FORMS, TextError, _AGAIN),
            form_ids,
            None if summary["kind"] == "language" else label_ids,
            offsets,
            tuple(summary["labels"]),
            tuple(summary["types"]),
            summary["kind"],
            summary["facts"],
            tuple(summary["without_documents"]),
            summary["hash"],
        )
        store._check_sizes()
        if form_ids.nbytes <= HASHED:
            store.verify()
        return store

    def __len__(self) -> int:
        """Return the number of sentences."""
        return len(self.index)

    @property
    def tag_set(self) -> TagSet:
        """The tags or classes that it knows."""
        return TagSet(self.types) if self.kind == "entities" else TagSet.of_tokens(self.labels)

    def words(self, row: int) -> list[str]:
        """Return the tokens of a sentence."""
        return [self.forms[number] for number in self.form_ids[self._tokens(row)].tolist()]

    def tags(self, row: int) -> list[str]:
        """Return the tags of a sentence; none for unlabelled text."""
        if self.label_ids is None:
            return []
        return [self.labels[number] for number in self.label_ids[self._tokens(row)].tolist()]

    def entities(self, row: int) -> list[Span]:
        """Return the entities of a sentence; none for other kinds."""
        return spans(self.tags(row)) if self.kind == "entities" else []

    def _tokens(self, row: int) -> slice:
        return slice(int(self.offsets[row]), int(self.offsets[row + 1]))

    def _check_sizes(self) -> None:
        tokens = len(self.form_ids)
        fits = (
            isinstance(self.forms, list)
            and (self.form_ids.dtype, self.offsets.dtype) == (np.int32, np.int64)
            and (self.label_ids is None or self.label_ids.shape == self.form_ids.shape == (tokens,))
            and self.offsets.shape == (len(self.index) + 1,)
            and bool(self.offsets[-1] == tokens)
        )
        if not fits:
            raise TextError(f"{self.folder}: the files of this text do not fit each other. {_AGAIN}")

    def verify(self) -> None:
        """Read everything again and compare it with the hash; raise `TextError` if a byte differs."""
        if _hash([self.folder / name for name in TEXT_STORE[:-1]]) != self.hash:
            raise TextError(f"{self.folder}: the text is not the one that was stored. {_AGAIN}")


def counts_of(store: TextStore) -> dict[str, Any]:
    """Return how many sentences, documents, tokens and entities a text has."""
    begins = [number for number, label in enumerate(store.labels) if label.startswith("B-")]
    entities = 0
    if store.kind == "entities" and store.label_ids is not None:
        entities = int(np.isin(store.label_ids, begins).sum())
    return {
        "sentences": len(store),
        "documents": int(store.index["subject"].nunique()),
        "tokens": len(store.form_ids),
        "forms": len(store.forms),
        "entities": entities,
    }
