"""Faces whose content stands more than once, in one data set or in several: by the hash of their pixels.

What is compared is the decoded, stored face, which is what networks see. A copy under another file name, in
another format without loss, or in another data set is found; a picture that was merely taken twice is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from engram.core.files import write_text
from engram.data.images.store import FaceStore, load_stores
from engram.data.jobs import DuplicateParams
from engram.data.split import Split, read_split
from engram.runtime.job_spec import NamedFiles

__all__ = ["DUPLICATE_COLUMNS", "face_contents", "find_duplicates", "write_duplicates"]

#: A row a face that has a copy: its content, where it stands, and what it is called there.
DUPLICATE_COLUMNS = ("content", "dataset", "row", "image", "subject", "subset", "label")


def write_duplicates(inputs: NamedFiles, outputs: NamedFiles, params: DuplicateParams) -> None:
    """Write the faces that have copies among some data sets; see `find_duplicates`.

    Parameters
    ----------
    inputs
        ``stores`` (files of one folder a data set, in the order of ``params.tasks``) and ``splits``.
    outputs
        ``duplicates``, a CSV file.
    """
    stores = dict(load_stores(inputs.stores, params.tasks))
    files = zip(params.tasks, inputs.splits, strict=True)
    splits = {name: read_split(file, len(stores[name])) for name, file in files}
    table = find_duplicates(stores, splits, params.tasks)
    write_text(outputs.duplicates[0], table.to_csv(index=False, lineterminator="\n"))


def find_duplicates(
    stores: Mapping[str, FaceStore], splits: Mapping[str, Split], tasks: Mapping[str, str]
) -> pd.DataFrame:
    """Return every face whose pixels are those of another, in any of the data sets.

    Undetected faces are left out: nothing of them is stored. The label is that of the data set's task; it is
    empty where the image has none, and so is the subset of a face that is in none.

    Returns
    -------
    pandas.DataFrame
        `DUPLICATE_COLUMNS`; copies stand together, in the order of data sets and rows.
    """
    frames = [_contents(name, stores[name], splits[name], tasks[name]) for name in stores]
    table = pd.concat(frames, ignore_index=True)
    table = table[table.duplicated("content", keep=False)]
    # Groups in the order of their first face, not of their hashes.
    first = table.groupby("content", sort=False).ngroup()
    return table.assign(group=first).sort_values("group", kind="stable", ignore_index=True)[
        [*DUPLICATE_COLUMNS]
    ]


def face_contents(store: FaceStore) -> pd.Series:
    """Return the SHA-256 of the pixels of each detected face, by row."""
    rows = store.detected.nonzero()[0]
    return pd.Series(
        [hashlib.sha256(store.faces[row].tobytes()).hexdigest() for row in rows], rows, dtype=str
    )


def _contents(name: str, store: FaceStore, split: Split, task: str) -> pd.DataFrame:
    """Return a row a detected face, with the hash of its pixels."""
    index = store.index
    first = split.in_fold(min(1, split.folds))
    subset = first.table.set_index("row")["subset"].reindex(range(len(index)))
    frame = pd.DataFrame(
        {
            "dataset": name,
            "row": range(len(index)),
            "image": index["image"].astype(str).to_numpy(),
            "subject": index["subject"].astype(str).to_numpy(),
            "subset": subset.to_numpy(),
            "label": index[task].to_numpy() if task in index else None,
        }
    )[store.detected]
    return frame.assign(content=face_contents(store).to_numpy())
