"""Subsets without copies: no face trains or validates whose very pixels are tested.

What a copy is says `engram.data.images.duplicates`. Copies within one subset stay, and so do those that are
tested, be it on two data sets.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from engram.core.errors import SplitError
from engram.data.images.duplicates import face_contents
from engram.data.images.store import load_stores
from engram.data.jobs import SplitWithoutCopiesParams
from engram.data.split import DROPPED, write_split
from engram.data.splitting import make_split
from engram.runtime.job_spec import NamedFiles

__all__ = ["drop_copies", "write_split_without_copies"]


def write_split_without_copies(
    inputs: NamedFiles, outputs: NamedFiles, params: SplitWithoutCopiesParams
) -> None:
    """Split some data sets, drop the copies among them, and write the subsets.

    Parameters
    ----------
    inputs
        ``stores``: the files of one folder a data set, in the order of ``params.searched``.
    outputs
        ``splits``, in the same order.

    Raises
    ------
    SplitError
        As `engram.data.splitting.make_split`, or if a subset has no other faces than copies.
    """
    stores = dict(load_stores(inputs.stores, params.searched))
    splits = {
        name: make_split(stores[name].index, chosen.split, chosen.task, name)
        for name, chosen in params.searched.items()
    }
    contents = {name: face_contents(store) for name, store in stores.items()}
    for file, table in zip(outputs.splits, drop_copies(splits, contents).values(), strict=True):
        write_split(file, table)


def drop_copies(
    splits: Mapping[str, pd.DataFrame], contents: Mapping[str, pd.Series]
) -> dict[str, pd.DataFrame]:
    """Return splits in which faces that have a copy in a later subset are `DROPPED`.

    Of copies in training, validation and test the one that is tested stays, and of those in training and
    validation the one that validates. Where data sets have folds, what counts is what a model of that fold
    is tested on; a data set without folds is tested in each.

    Parameters
    ----------
    splits
        Data set -> the table of `engram.data.splitting.make_split`.
    contents
        Data set -> the content of each face, by row; faces that were not detected are missing.

    Raises
    ------
    SplitError
        If a subset has no other faces than copies.
    """
    parts = [split.assign(dataset=name) for name, split in splits.items()]
    faces = pd.concat(parts, ignore_index=True)
    shown = [split["row"].map(contents[name]) for name, split in splits.items()]
    faces["content"] = pd.concat(shown).to_numpy()
    for subset, before in (("test", ("train", "validation")), ("validation", ("train",))):
        copies = faces["subset"].isin(before) & _stands_in(faces, subset)
        faces.loc[copies, ["subset", "rank"]] = [DROPPED, -1]
    left = {name: _ranked_anew(faces[faces["dataset"] == name], name) for name in splits}
    return {name: part[[*splits[name].columns]].reset_index(drop=True) for name, part in left.items()}


def _stands_in(faces: pd.DataFrame, subset: str) -> pd.Series:
    """Return whether a model of a row's fold meets its content in a subset of any data set."""
    kept = faces[(faces["subset"] == subset) & faces["content"].notna()]
    always, sometimes = kept[kept["fold"] == 0]["content"], kept["content"]
    pairs = pd.MultiIndex.from_frame(faces[["content", "fold"]])
    in_fold = pairs.isin(pd.MultiIndex.from_frame(kept[["content", "fold"]]))
    return (
        faces["content"].isin(always) | in_fold | ((faces["fold"] == 0) & faces["content"].isin(sometimes))
    ) & faces["content"].notna()


def _ranked_anew(faces: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a data set's rows with the ranks of what is left to train on, in the same order of units."""
    for fold, part in faces.groupby("fold"):
        for subset in ("train", "validation"):
            if not (part["subset"] == subset).any():
                where = f", fold {fold}" if fold else ""
                raise SplitError(
                    f"Data set '{name}'{where}: each {subset} face is a copy of one in a later subset. "
                    "Correct the data sets, or set 'memory.drop_copies' to false."
                )
    trained = faces[faces["subset"] == "train"]
    before = trained.groupby("fold")["rank"].rank(method="min").astype("int64") - 1
    return faces.assign(rank=before.reindex(faces.index, fill_value=-1))
