"""Images that stand more than once, in one subset, across subsets or across data sets: by the content of the
stored face. A copy of a test image among those trained on makes an accuracy too high.
"""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from engram.reporting.tables import Cell, Table, View
from engram.studies.memory.collect import Evidence
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE", "crossing_images"]

_PAIRS = tuple(combinations(("train", "validation", "test"), 2))
_COUNTS = ("copies", "in_one_subset", *("_".join(pair) for pair in _PAIRS), "other_datasets", "labels_differ")
#: Copies that the notes name, at most.
_NAMED = 10


def duplicates_table(evidence: Evidence) -> pd.DataFrame:
    """Return how many images of each data set have copies, and where.

    Columns: dataset, title, images, then numbers of images: ``copies`` (with the content of another in the
    same data set), ``in_one_subset`` (the other is in the same subset), ``train_validation``, ``train_test``
    and ``validation_test`` (in one of the two, the other in the other), ``other_datasets`` (the content is
    in another data set too) and ``labels_differ`` (of those in any group, under different labels); then
    ``test``, the images of the test subset, and ``test_seen``, those with a copy in training or validation.
    Of a data set with folds the subsets are those of the first.
    """
    found = evidence.duplicates
    rows = []
    for name in evidence.datasets:
        split = evidence.splits[name].query("fold <= 1")
        row = {
            "dataset": name,
            "title": evidence.settings.datasets[name].title,
            "images": int(evidence.preparation[name].metrics["images"]),
        }
        counts = _count(found, name)
        rows.append(row | counts | {"test": int((split["subset"] == "test").sum()), **_seen(found, name)})
    return pd.DataFrame(rows)


def _count(found: pd.DataFrame, name: str) -> dict[str, int]:
    """Count the images of a data set by where their copies are."""
    mine = found[found["dataset"] == name]
    alike = mine.groupby("content")
    same = mine[alike["row"].transform("size") > 1]
    groups = same.groupby("content")["subset"]
    within = same.groupby(["content", "subset"])["row"].transform("size") > 1
    held = {subset: groups.transform(lambda kinds, one=subset: (kinds == one).any()) for subset in _subsets()}
    crossing = {
        "_".join(pair): int((held[pair[0]] & held[pair[1]] & same["subset"].isin(pair)).sum())
        for pair in _PAIRS
    }
    elsewhere = found.groupby("content")["dataset"].transform("nunique") > 1
    differ = found.groupby("content")["label"].transform("nunique") > 1
    return {
        "copies": len(same),
        "in_one_subset": int(within.sum()),
        **crossing,
        "other_datasets": int(elsewhere[mine.index].sum()),
        "labels_differ": int(differ[mine.index].sum()),
    }


def _subsets() -> list[str]:
    return list(dict.fromkeys(subset for pair in _PAIRS for subset in pair))


def _seen(found: pd.DataFrame, name: str) -> dict[str, int]:
    """Count the test images whose content some network may have been trained or chosen on."""
    learnt = set(found[found["subset"].isin(["train", "validation"])]["content"])
    mine = found[(found["dataset"] == name) & (found["subset"] == "test")]
    return {"test_seen": int(mine["content"].isin(learnt).sum())}


def crossing_images(found: pd.DataFrame) -> list[str]:
    """Name the groups of copies that cross subsets or data sets, each as ``a = b``."""
    named = []
    for _, group in found.groupby("content", sort=False):
        if len(group[["dataset", "subset"]].drop_duplicates()) > 1:
            parts = [
                f"{each.dataset}/{each.image} ({each.subset or 'unused'}, {each.label or 'unlabelled'})"
                for each in group.itertuples(index=False)
            ]
            named.append(" = ".join(parts))
    return named


def _duplicates_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Data sets down; where the copies of their images are across."""
    header = [
        *[("", "data set"), ("", "images")],
        *[("with a copy in the same data set", word) for word in ("all", "same subset")],
        *[("with a copy in the same data set", " and ".join(pair)) for pair in _PAIRS],
        *[("", "in another data set"), ("", "under another label"), ("", "test images seen in training")],
    ]
    rows = [
        [
            Cell(line["title"]),
            Cell(f"{line['images']:,}"),
            *(Cell(f"{line[name]:,}") for name in _COUNTS),
            Cell(_of(line["test_seen"], line["test"])),
        ]
        for line in frame.to_dict("records")
    ]
    return View(
        "Images that stand more than once, by the content of the stored face.",
        header,
        rows,
        notes=_notes(frame, evidence),
        wide=True,
    )


def _of(count: int, total: int) -> str:
    return f"{count:,} of {total:,} ({100 * count / total:.1f} %)" if total else "0"


def _notes(frame: pd.DataFrame, evidence: Evidence) -> list[str]:
    notes = [
        "Two images are copies if all pixels of their stored faces are equal; undetected faces are left out. "
        "Every copy is named in data/duplicates.csv."
    ]
    crossing = crossing_images(evidence.duplicates)
    if not crossing:
        return [*notes, "No copy crosses subsets or data sets: no test image was trained on."]
    more = f", and {len(crossing) - _NAMED} more" if len(crossing) > _NAMED else ""
    notes.append(f"Copies across subsets or data sets: {'; '.join(crossing[:_NAMED])}{more}.")
    titles = dataset_titles(evidence)
    seen = [titles[line["dataset"]] for line in frame.to_dict("records") if line["test_seen"]]
    if seen:
        notes.append(
            f"Warning: test images of {', '.join(seen)} are trained on or chosen by as well, and their "
            "accuracies are too high. Leave the copies out of training (memory.drop_copies: true) and run "
            "again, and say so beside the figures."
        )
    return notes


TABLE = Table(duplicates_table, _duplicates_view, keys=("dataset",))
