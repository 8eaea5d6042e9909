"""Images and subjects of every data set and subset, beside the printed sizes where it is the published data
set.
"""

from __future__ import annotations

import pandas as pd

from engram.data.split import dropped_images, subset_sizes
from engram.reporting.cells import EMPTY
from engram.reporting.tables import Cell, Table, View
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import data_notes
from engram.studies.memory.printed import read_printed

__all__ = ["TABLE"]


def datasets_table(evidence: Evidence) -> pd.DataFrame:
    """Return the size of every data set and of its subsets, beside the printed sizes.

    Columns: dataset, title, images, subjects, ``folds`` (0 for none), then ``train``, ``validation`` and
    ``test``, each as ``_images``, ``_subjects`` and ``_percent`` (of the data set's images), then
    ``dropped_images`` (copies that stand in no subset for that), then
    ``printed_total``, ``_training``, ``_validation`` and ``_test`` (images; missing where it is not the
    paper's data set). Of a data set with folds training and validation are means over the folds, and test is
    all that is tested.
    """
    printed = read_printed("datasets").set_index("dataset").astype("Int64").add_prefix("printed_")
    rows = []
    for name in evidence.datasets:
        settings, split = evidence.settings.datasets[name], evidence.splits[name]
        whole = {key: int(evidence.preparation[name].metrics[key]) for key in ("images", "subjects")}
        row = {"dataset": name, "title": settings.title, **whole, "folds": settings.split.folds or 0}
        for subset, (images, subjects) in subset_sizes(split).items():
            row[f"{subset}_images"], row[f"{subset}_subjects"] = images, subjects
            row[f"{subset}_percent"] = 100 * images / whole["images"]
        row["dropped_images"] = dropped_images(split)
        known = settings.published in printed.index
        rows.append(row | (printed.loc[settings.published].to_dict() if known else {}))
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=[*_first_columns(frame, "printed"), *printed.columns]).astype(
        dict.fromkeys(printed.columns, "Int64")
    )


def _first_columns(frame: pd.DataFrame, prefix: str) -> list[str]:
    return [column for column in frame if not column.startswith(prefix)]


def _datasets_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Images (subjects) of each subset, and the printed images where there are some."""
    parts = ["train", "validation", "test"]
    printed = ["printed_total", "printed_training", "printed_validation", "printed_test"]
    has_printed = bool(frame[printed].notna().any(axis=None))
    header = [
        ("", "data set"),
        ("", "images (subjects)"),
        *(("images (subjects), % of all", part) for part in parts),
    ]
    if has_printed:
        header += [("printed images", name.removeprefix("printed_")) for name in printed]
    rows = []
    for line in frame.to_dict("records"):
        whole = Cell(f"{line['images']:,} ({line['subjects']:,})")
        sizes = [(line[f"{p}_images"], line[f"{p}_subjects"], line[f"{p}_percent"]) for p in parts]
        cells = [Cell(line["title"]), whole]
        cells += [
            Cell(f"{images:,} ({subjects:,})", beside=f"{share:.1f} %") for images, subjects, share in sizes
        ]
        shown = [EMPTY if pd.isna(line[name]) else Cell(f"{line[name]:,}") for name in printed]
        rows.append([*cells, *(shown if has_printed else [])])
    notes = [*data_notes(evidence), *_dropped_note(frame)]
    return View("The data sets and their subsets.", header, rows, notes=notes, wide=True)


def _dropped_note(frame: pd.DataFrame) -> list[str]:
    """Say how many copies were dropped, if any."""
    dropped = frame[frame["dropped_images"] > 0]
    if dropped.empty:
        return []
    counts = ", ".join(f"{one.dropped_images:,} of {one.title}" for one in dropped.itertuples())
    return [
        f"In no subset, since their copies are tested or validated: {counts} (images; memory.drop_copies)."
    ]


TABLE = Table(datasets_table, _datasets_view, keys=("dataset",))
