"""Test sentences that stand in what a model may be trained or chosen on, in the same text or in another.

Only letters and digits are compared, without case: texts differ in blanks, quotation marks and where a
sentence ends. A sentence counts if it has at least `LEAST` of them and they stand in a row in one document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.errors import TextError
from engram.core.files import write_json, write_text
from engram.core.reading import read_csv
from engram.data.split import Split, read_split
from engram.data.text.jobs import OverlapCheckParams, OverlapParams
from engram.data.text.store import TextStore
from engram.runtime.job_spec import NamedFiles

__all__ = ["LEAST", "LIMIT", "OVERLAP_COLUMNS", "check_overlap", "find_overlap", "write_overlap"]

#: Letters and digits that a sentence must have: shorter ones may be the same by chance.
LEAST = 40
#: The largest share of test sentences that may stand in another text without being allowed.
LIMIT = 0.02
#: A row a text that is tested, a text that is trained on, and one of the latter's subsets.
OVERLAP_COLUMNS = ("evaluated", "trained", "subset", "sentences", "found", "percent")

_SUBSETS = ("train", "validation")
#: Characters that are looked through at once.
_BLOCK = 2**22
_END = "\n"
_BASE = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class _Wanted:
    """Sentences to look for, by the hash of how they begin."""

    hashes: np.ndarray
    """Those hashes, sorted, each once."""
    keys: dict[int, list[str]]

    @classmethod
    def of(cls, keys: set[str]) -> _Wanted:
        """Return them by their hashes."""
        found: dict[int, list[str]] = {}
        every = sorted(keys)
        if every:
            begins = _windows("".join(key[:LEAST] for key in every))[::LEAST]
            for key, number in zip(every, begins.tolist(), strict=True):
                found.setdefault(number, []).append(key)
        return cls(np.array(sorted(found), dtype=np.uint64), found)

    def within(self, text: str) -> set[str]:
        """Return which of them stand in a text."""
        if len(text) < LEAST or not len(self.hashes):
            return set()
        windows = _windows(text)
        nearest = self.hashes[np.minimum(np.searchsorted(self.hashes, windows), len(self.hashes) - 1)]
        # The hash is of the beginning alone, and may be that of another: the whole sentence decides.
        return {
            key
            for place in np.flatnonzero(nearest == windows).tolist()
            for key in self.keys[int(windows[place])]
            if text.startswith(key, place)
        }


def write_overlap(inputs: NamedFiles, outputs: NamedFiles, params: OverlapParams) -> None:
    """Write how many test sentences of each text stand in each; see `find_overlap`.

    Parameters
    ----------
    inputs
        ``stores`` (files of one folder a text, in the order of ``params.texts``) and ``splits``.
    outputs
        ``overlap``, a CSV file.
    """
    folders = dict.fromkeys(Path(file).parent for file in inputs.stores)
    stores = {name: TextStore.load(folder) for name, folder in zip(params.texts, folders, strict=True)}
    files = zip(params.texts, inputs.splits, strict=True)
    splits = {name: read_split(file, len(stores[name])) for name, file in files}
    table = find_overlap(stores, splits)
    write_text(outputs.overlap, table.to_csv(index=False, lineterminator="\n"))


def find_overlap(stores: Mapping[str, TextStore], splits: Mapping[str, Split]) -> pd.DataFrame:
    """Return how many test sentences of each text stand in what trains and validates each, itself too.

    Where a text has folds, what is tested in a fold is looked for in what trains and validates there.

    Returns
    -------
    pandas.DataFrame
        `OVERLAP_COLUMNS`: ``sentences`` are the long ones of the test subset, ``found`` those of them that
        stand in ``subset`` of ``trained``.
    """
    found: Counter[tuple[str, str, str]] = Counter()
    sizes: Counter[str] = Counter()
    for fold in range(1, max(max(1, split.folds) for split in splits.values()) + 1):
        tested = {
            name: _test_keys(stores[name], _rows(split, "test", fold))
            for name, split in splits.items()
            if fold <= max(1, split.folds)
        }
        sizes.update({name: len(keys) for name, keys in tested.items()})
        wanted = _Wanted.of({key for keys in tested.values() for key in keys})
        for name, subset in product(stores, _SUBSETS):
            blocks = _blocks(stores[name], _rows(splits[name], subset, fold))
            standing = set().union(*map(wanted.within, blocks))
            for one, keys in tested.items():
                found[one, name, subset] += sum(key in standing for key in keys)
    rows = [
        (tested, trained, subset, sizes[tested], found[tested, trained, subset])
        for tested, trained, subset in product(stores, stores, _SUBSETS)
    ]
    table = pd.DataFrame(rows, columns=[*OVERLAP_COLUMNS[:-1]])
    return table.assign(percent=(100 * table["found"] / table["sentences"].clip(lower=1)).round(2))


def check_overlap(inputs: NamedFiles, outputs: NamedFiles, params: OverlapCheckParams) -> None:
    """Refuse a run that tests on sentences which it is trained on in another text.

    Parameters
    ----------
    inputs
        ``overlap``, what `write_overlap` wrote.
    outputs
        ``report``: the share of each pair, in percent.

    Raises
    ------
    TextError
        If of the test sentences of a text more than `LIMIT` stand in the training or validation subset of
        another that a model of it is trained on, and the pair is not allowed.
    """
    table = read_csv(Path(inputs.overlap), TextError, OVERLAP_COLUMNS)
    worst = table.sort_values("percent", ascending=False, kind="stable").drop_duplicates(
        ["trained", "evaluated"]
    )
    rows = worst.set_index(["trained", "evaluated"])
    report = {}
    for trained, evaluated in params.pairs:
        row = rows.loc[(trained, evaluated)]
        report[f"{trained} -> {evaluated}"] = float(row["percent"])
        allowed = trained == evaluated or (trained, evaluated) in params.allowed
        if row["percent"] > 100 * LIMIT and not allowed:
            count = f"{int(row['found'])} of {int(row['sentences'])} test sentences of '{evaluated}'"
            raise TextError(
                f"{count} stand in the {row['subset']} subset of '{trained}', and models that are trained on "
                f"'{trained}' are to be tested on '{evaluated}' ({inputs.overlap}). Take one of them out of "
                f"the strategies and transfers; or, if it is known and wanted, add [{trained}, {evaluated}] "
                "to 'entities.allow_overlap'."
            )
    write_json(Path(outputs.report), report)


def _rows(split: Split, subset: str, fold: int) -> np.ndarray:
    return split.in_fold(min(fold, split.folds)).rows(subset)


def _test_keys(store: TextStore, rows: np.ndarray) -> list[str]:
    """Return the letters and digits of long sentences."""
    forms = _letters(store)
    keys = ("".join(forms[number] for number in _ids(store, row)) for row in rows.tolist())
    return [key for key in keys if len(key) >= LEAST]


def _letters(store: TextStore) -> list[str]:
    return ["".join(filter(str.isalnum, form)).casefold() for form in store.forms]


def _ids(store: TextStore, row: int) -> list[int]:
    return store.form_ids[store.offsets[row] : store.offsets[row + 1]].tolist()


def _blocks(store: TextStore, rows: np.ndarray) -> Iterator[str]:
    """Yield the letters and digits of whole documents, with a sign between documents, a part at a time."""
    forms = _letters(store)
    subjects = store.index["subject"].to_numpy()
    parts: list[str] = []
    size, before = 0, None
    for row in rows.tolist():
        if subjects[row] != before:
            if size > _BLOCK:
                yield "".join(parts)
                parts, size = [], 0
            parts.append(_END)
            before = subjects[row]
        parts += [forms[number] for number in _ids(store, row)]
        size += int(store.offsets[row + 1] - store.offsets[row])
    yield "".join(parts)


def _windows(text: str) -> np.ndarray:
    """Return a hash of every `LEAST` characters in a row, of shape (len(text) - LEAST + 1,), uint64.

    The sum of each character times a power of an odd number, modulo 2 to the 64; differences of running
    sums give those of windows, and the inverse of the power moves all to the same place.
    """
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    powers = np.cumprod(np.full(len(codes), _BASE, dtype=np.uint64))
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(codes * powers, dtype=np.uint64)])
    back = np.cumprod(np.full(len(codes) - LEAST + 1, pow(_BASE, -1, 2**64), dtype=np.uint64))
    return (sums[LEAST:] - sums[:-LEAST]) * back
