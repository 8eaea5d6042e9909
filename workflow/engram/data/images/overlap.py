"""What data sets have in common: faces of the same content, and subjects of the same name.

Test faces that were seen in training, whoever labelled them, make results look better than they are. Exact
copies are found by the hash of the stored pixels, as in `engram.data.images.duplicates`; a picture in another
crop, size or compression is not. Names are compared without case, accents and punctuation.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engram.core.arrays import in_blocks
from engram.data.split import Split

if TYPE_CHECKING:
    # Tables read names of columns here, and need no OpenCV.
    from engram.data.images.store import FaceStore

__all__ = ["OVERLAP_COLUMNS", "Contents", "find_overlap", "same_name"]

#: A row a pair of a data set that is learnt from and one that is tested on.
OVERLAP_COLUMNS = (
    *("learnt", "tested", "test_faces", "same_faces", "test_subjects", "named_subjects", "same_subjects"),
)
_BLOCK = 1024
_BYTES = 8


@dataclass(frozen=True)
class Contents:
    """The contents and names of a data set's detected faces."""

    learnt: np.ndarray
    """(L,) uint64, ascending: those of the training and validation subsets."""
    tested: np.ndarray
    """(T,) uint64: those of the test subset, of all folds."""
    learnt_names: frozenset[str]
    """Names of the subjects that are learnt from."""
    tested_names: Mapping[str, str | None]
    """Test subject -> name; None if it has none."""
    named: bool
    """Whether names mean the same as in other data sets."""
    folds: int = 0
    """Number of its folds."""

    @classmethod
    def of(cls, store: FaceStore, split: Split, *, subjects_are_names: bool) -> Contents:
        """Read all detected faces that stand in a subset.

        Parameters
        ----------
        subjects_are_names
            Whether the subjects' own names are compared where the index has no ``x_name``.
        """
        learnt = np.concatenate([split.rows("train"), split.rows("validation")])
        tested = split.tested()["row"].to_numpy()
        learnt, tested = (rows[store.detected[rows]] for rows in (learnt, tested))
        names = _names(store.index, subjects_are_names)
        subjects = store.index["subject"].astype(str).to_numpy()
        return cls(
            np.unique(_hashes(store, learnt)),
            _hashes(store, tested),
            frozenset(name for name in names[learnt] if name is not None),
            dict(zip(subjects[tested], names[tested], strict=True)),
            "x_name" in store.index or subjects_are_names,
            split.folds,
        )


def _hashes(store: FaceStore, rows: np.ndarray) -> np.ndarray:
    """Return a hash of 64 bits of what is stored of each face, read in the order of the file."""
    order = np.argsort(rows, kind="stable")
    found = np.empty(len(rows), np.uint64)
    for block in in_blocks(len(rows), _BLOCK):
        contents = store.contents(rows[order[block]])
        digests = b"".join(hashlib.blake2b(each, digest_size=_BYTES).digest() for each in contents)
        found[order[block]] = np.frombuffer(digests, np.uint64)
    return found


def _names(index: pd.DataFrame, subjects_are_names: bool) -> np.ndarray:
    """Return (N,) of object: the name to compare of each face's subject, or None."""
    if "x_name" in index:
        words = index["x_name"]
    elif subjects_are_names:
        words = index["subject"]
    else:
        return np.full(len(index), None, dtype=object)
    known = {word: same_name(str(word)) or None for word in words.dropna().unique()}
    return np.array([known.get(word) for word in words], dtype=object)


def same_name(name: str) -> str:
    """Return a name without case, accents and punctuation: ``José_Müller-Lee`` is ``jose muller lee``."""
    letters = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", plain.casefold()).strip()


def find_overlap(learnt: Mapping[str, Contents], tested: Mapping[str, Contents]) -> pd.DataFrame:
    """Return what each data set that is learnt from shares with each that is tested on.

    Returns
    -------
    pandas.DataFrame
        `OVERLAP_COLUMNS`: numbers of detected test faces, of those among them whose pixels are those of a
        training or validation face, of test subjects, of those with a name, and of those whose name stands
        among the others'. The latter two are missing where a data set has no names. Of a data set with folds,
        training is that of the first; it is not compared with itself.
    """
    rows = []
    for (name, source), (other, target) in product(learnt.items(), tested.items()):
        if name == other and target.folds:
            # Each face is trained on in some fold and tested in another.
            continue
        known = [found for found in target.tested_names.values() if found is not None]
        comparable = source.named and target.named
        rows.append(
            {
                "learnt": name,
                "tested": other,
                "test_faces": len(target.tested),
                "same_faces": int(np.isin(target.tested, source.learnt).sum()),
                "test_subjects": len(target.tested_names),
                "named_subjects": len(known) if comparable else None,
                "same_subjects": sum(found in source.learnt_names for found in known) if comparable else None,
            }
        )
    frame = pd.DataFrame(rows, columns=list(OVERLAP_COLUMNS))
    return frame.astype(dict.fromkeys(("named_subjects", "same_subjects"), "Int64"))
