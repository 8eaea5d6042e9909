"""Taggers on disk: safetensors, with settings, vocabulary and heads in the header."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engram.core.errors import CheckpointError
from engram.data.text.tags import TagSet
from engram.models.files import read_tensors, rebuilding, write_tensors
from engram.models.text.encoders.imported import import_bert
from engram.models.text.lexicon import Lexicon
from engram.models.text.tagger import HEAD_DROPOUT, Tagger, new_tagger
from engram.models.text.vocabulary import Vocabulary

__all__ = ["imported_tagger", "load_tagger", "save_tagger"]


def save_tagger(path: Path, tagger: Tagger) -> None:
    """Write a tagger: its weights, settings and words, and the tags and data sets of every head."""
    # A list: the keys of a header are sorted, and the newest head is the last.
    heads = [
        {"task": task, "tags": tags.header(), "covers": list(tagger.covers[task])}
        for task, tags in tagger.tasks.items()
    ]
    header = {"tagger": tagger.settings, "words": list(tagger.vocabulary.words), "heads": heads}
    if tagger.lexicon is not None:
        header["lexicon"] = tagger.lexicon.header()
    write_tensors(path, tagger.state_dict(), header)


def load_tagger(path: Path, expected: Mapping[str, Any] | None = None) -> Tagger:
    """Read a tagger back.

    Parameters
    ----------
    expected
        Settings that it must have, such as ``{"encoder": "bilstm", "units": 64}``.

    Raises
    ------
    CheckpointError
        If the file is damaged or holds another network than expected.
    """
    tensors, header = read_tensors(path)
    if set(header) - {"lexicon"} != {"tagger", "words", "heads"}:
        raise CheckpointError(f"{path}: this file holds no tagger of Engram.")
    for name, value in (expected or {}).items():
        found = header["tagger"].get(name)
        if found != value:
            raise CheckpointError(
                f"{path}: a tagger with {name} {found}, but the configuration asks for {value}. "
                "Delete the file, or set the configuration back."
            )
    with rebuilding(path, "tagger"):
        tagger = new_tagger(header["tagger"], Vocabulary(tuple(header["words"])))
        if "lexicon" in header:
            tagger.lexicon = Lexicon.from_header(header["lexicon"])
        for head in header["heads"]:
            tagger.add_head(head["task"], TagSet.from_header(head["tags"]), head["covers"])
        tagger.load_state_dict(tensors)
    return tagger


def imported_tagger(folder: Path, sha256: str, settings: Mapping[str, Any]) -> Tagger:
    """Return a tagger without a head on a BERT of others; ``settings`` are as for `new_tagger`.

    Raises
    ------
    EncoderError
        As `import_bert`.
    """
    own = dict(settings)
    name, dropout = own.pop("encoder"), own.pop("head_dropout", HEAD_DROPOUT)
    return Tagger(name, import_bert(folder, sha256, **own), dropout=dropout)
