"""The manifest of a text: one row a sentence, whatever the layout it came from.

Columns: ``sentence`` (where it begins, ``train.tsv:17``), ``subject`` (its document; where the files name
none, the sentence itself), ``official_split`` (missing allowed), ``x_sentence`` (its place in the document),
``tokens`` and ``tags`` (lists of words; ``tags`` is missing for unlabelled text). ``frame.attrs["facts"]``
keeps what the reader had to decide, each with how often.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from engram.core.errors import TextError
from engram.core.files import atomic_path
from engram.core.reading import read_table
from engram.data.manifest import SUBSETS
from engram.data.text.sentences import Reading, Sentence, TextFormat
from engram.data.text.tags import OUTSIDE, type_of

__all__ = ["make_manifest", "read_text_manifest", "subsets_without_documents", "write_text_manifest"]

COLUMNS = ["sentence", "subject", "official_split", "x_sentence", "tokens", "tags"]
#: A cap keeps so many documents of a subset, so that training, validation and test each get one.
_LEAST_DOCUMENTS = 3
#: Whose sentences of a repeated document are kept.
_RANK = {"test": 0, "validation": 1, "train": 2, None: 3}


def make_manifest(
    reading: Reading,
    form: TextFormat,
    *,
    types: list[str] | None = None,
    repeated: str | None = None,
    cap: int | None = None,
) -> pd.DataFrame:
    """Return a text's manifest, in the order of its files.

    Parameters
    ----------
    types
        The types of entities to keep; all others become ``O``.
    repeated
        What to do where a document's sentences stand in two official subsets: ``refuse``, ``separate`` or
        ``drop``; None if the official subsets are not used.
    cap
        How many sentences of each official subset to keep, by whole documents.

    Raises
    ------
    TextError
        If there are no sentences, a type is unknown, or a document stands in two official subsets.
    """
    if not reading.sentences:
        raise TextError(f"Text '{form.name}' has no sentences. Put its files there, or correct 'root'.")
    frame = _frame(reading.sentences)
    facts = Counter(reading.facts)
    if repeated is not None:
        frame = _apart(frame, form, repeated, facts)
    if cap is not None:
        frame = _capped(frame, cap)
    if types is not None:
        frame["tags"] = _only(frame, types, form)
    frame["x_sentence"] = frame.groupby("subject", sort=False).cumcount()
    frame = frame[COLUMNS].reset_index(drop=True)
    frame.attrs["facts"] = {name: int(count) for name, count in sorted(facts.items()) if count}
    return frame


def subsets_without_documents(frame: pd.DataFrame) -> list[str]:
    """Return the official subsets whose files name no documents, so that each sentence stands for itself.

    ``all`` stands for sentences that belong to no official subset.
    """
    alone = frame["subject"] == frame["sentence"]
    return sorted(frame["official_split"].where(frame["official_split"].notna(), "all")[alone].unique())


def write_text_manifest(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a manifest as Parquet, atomically."""
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False)


def read_text_manifest(path: str | Path) -> pd.DataFrame:
    """Read a manifest; raise `TextError` if it is missing, damaged or lacks a column."""
    frame = read_table(Path(path), TextError, COLUMNS)
    frame.attrs.setdefault("facts", {})
    return frame


def _frame(sentences: list[Sentence]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sentence": [one.place for one in sentences],
            "subject": [one.place if one.document is None else one.document for one in sentences],
            "official_split": pd.Series([one.subset for one in sentences], dtype="object"),
            "tokens": [one.tokens for one in sentences],
            "tags": pd.Series([one.tags for one in sentences], dtype="object"),
        }
    )


def _apart(frame: pd.DataFrame, form: TextFormat, repeated: str, facts: Counter[str]) -> pd.DataFrame:
    """Keep the documents of the official subsets apart, as ``repeated`` says."""
    subsets = frame.groupby("subject")["official_split"].agg(lambda found: [*dict.fromkeys(found)])
    shared = subsets[subsets.map(len) > 1]
    if shared.empty:
        return frame
    facts["documents in two subsets"] = len(shared)
    within = frame["subject"].isin(shared.index)
    if repeated == "separate":
        words = frame["official_split"].where(frame["official_split"].notna(), "none")
        return frame.assign(subject=frame["subject"].where(~within, words + "/" + frame["subject"]))
    if repeated == "drop":
        kept = shared.map(lambda found: min(found, key=lambda one: _RANK[one]))
        left = within & (frame["official_split"] != frame["subject"].map(kept))
        facts["sentences dropped from a second subset"] = int(left.sum())
        return frame[~left]
    name, found = shared.index[0], [one for one in SUBSETS if one in shared.iloc[0]]
    places = [
        frame["sentence"][within & (frame["subject"] == name) & (frame["official_split"] == one)]
        for one in found
    ]
    raise TextError(
        f"Text '{form.name}': document '{name}' stands in {' and '.join(found)} (at "
        f"{' and '.join(str(place.iloc[0]) for place in places)}), as do {len(shared) - 1} others. Set "
        f"'{form.setting}.repeated_documents' to 'separate', which makes a document of each subset's "
        "sentences, or to 'drop', which keeps those of the test subset alone."
    )


def _capped(frame: pd.DataFrame, cap: int) -> pd.DataFrame:
    """Keep the first documents of each official subset, up to ``cap`` sentences."""
    kept = []
    for _, part in frame.groupby(frame["official_split"].fillna(""), sort=False):
        sizes = part.groupby("subject", sort=False).size()
        many = max(_LEAST_DOCUMENTS, int((sizes.cumsum() <= cap).sum()))
        kept.append(part[part["subject"].isin(sizes.index[:many])])
    return pd.concat(kept).sort_index()


def _only(frame: pd.DataFrame, types: list[str], form: TextFormat) -> list[list[str]]:
    """Return the tags with all but some types outside."""
    wanted: dict[str, bool] = {}
    for tag in sorted({tag for tags in frame["tags"] for tag in tags}):
        wanted[tag] = type_of(tag) in types
    found = {type_of(tag) for tag in wanted} - {None}
    unknown = [name for name in types if name not in found]
    if unknown:
        raise TextError(
            f"Text '{form.name}' has no entities of type '{unknown[0]}'. It has "
            f"{', '.join(sorted(map(str, found)))}. Correct '{form.setting}.types'."
        )
    return [[tag if wanted[tag] else OUTSIDE for tag in tags] for tags in frame["tags"]]
