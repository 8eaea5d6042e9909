"""The memory study's tables as people read them: laid out like the paper's, with intervals and notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from engram.reporting.tables import Cell, View
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import accuracy_notes, data_notes, interval_note

__all__ = ["VIEWS"]

_EMPTY = Cell("–")
_KINDS = ("forgetting", "gain")


def _integrity_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Strategies and fractions down, transfers across, as in the paper's tables."""
    keys = ["source", "target", "evaluated_on"]
    columns = list(frame[keys].drop_duplicates().itertuples(index=False, name=None))
    best = frame.groupby(keys, sort=False)["accuracy"].max()
    cells = {
        (*row[:3], row.strategy, row.fraction): _accuracy_cell(row, best[tuple(row[:3])])
        for row in frame.itertuples(index=False)
    }
    names = _titles(evidence)
    return View(
        caption="Memory integrity: accuracy in percent on the test subsets of source and target.",
        header=[("", "strategy"), ("", "target data")]
        + [(f"{names[source]} → {names[target]}", role) for source, target, role in columns],
        rows=_by_strategy(frame, lambda *trial: [cells.get((*column, *trial), _EMPTY) for column in columns]),
        text_columns=2,
        notes=accuracy_notes(frame, evidence),
        wide=True,
        stacked=True,
    )


def _forgetting_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Forgetting and gain of each transfer; the second definition beside the first where it differs."""
    transfers = list(frame[["source", "target"]].drop_duplicates().itertuples(index=False, name=None))
    lines = frame.set_index(["source", "target", "strategy", "fraction"])
    names = _titles(evidence)

    def entries(strategy: str, fraction: int) -> list[Cell]:
        keys = [(*pair, strategy, fraction) for pair in transfers]
        found = [lines.loc[key] if key in lines.index else None for key in keys]
        pairs = [(_EMPTY, _EMPTY) if line is None else _forgetting_cells(line) for line in found]
        return [cell for pair in pairs for cell in pair]

    notes = [
        "Forgetting is the baseline's accuracy on the source minus the adapted model's, gain the adapted "
        "model's accuracy on the target minus the baseline's; both in points. Negative forgetting: the "
        "source got easier."
    ]
    if frame.apply(_differs, axis=1).any():
        notes.append(
            "In parentheses, where it differs: the best accuracy on the source of any earlier stage of the "
            "same model minus its last (Chaudhry et al. 2018); its intervals are in the CSV file."
        )
    heads = [(f"{names[source]} → {names[target]}", kind) for source, target in transfers for kind in _KINDS]
    return View(
        caption="Forgetting of the source and gain on the target, in points of accuracy.",
        header=[("", "strategy"), ("", "target data"), *heads],
        rows=_by_strategy(frame, entries),
        text_columns=2,
        notes=[*notes, interval_note(evidence, paired=True)],
        wide=True,
        stacked=True,
    )


def _levels_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """One line a stage and data set, grouped by model; chains alone, if there are any."""
    names = _titles(evidence)
    chains = frame[frame["levels"] > 2]
    shown = frame if chains.empty else chains
    rows, last = [], None
    for line in shown.itertuples(index=False):
        trial = (line.source, line.target, line.strategy, line.fraction)
        model = f"{line.strategy}, {names[line.source]} → {names[line.target]}, {line.fraction} %"
        rows.append(
            [
                Cell(model if trial != last else ""),
                Cell(f"{line.level} of {line.levels}"),
                Cell(names[line.dataset]),
                Cell(_number(line.learned)),
                Cell(_number(line.final)),
                _points_cell(line._asdict(), "forgetting") if line.level < line.levels else _EMPTY,
            ]
        )
        last = trial
    return View(
        caption="What is left of each stage's data when the last stage is done.",
        header=[
            ("model",),
            ("stage",),
            ("data set",),
            ("when learned, %",),
            ("at the end, %",),
            ("forgetting, points",),
        ],
        rows=rows,
        text_columns=3,
        notes=[
            "Accuracy on the test subset of the stage's data set, just after that stage and at the end. "
            "Where the last network has no head for a data set's classes there is no final accuracy.",
            *(["Models of two stages are in the CSV file."] if len(shown) < len(frame) else []),
            interval_note(evidence, paired=True),
        ],
    )


def _matrix_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Models down, data sets across."""
    datasets = list(dict.fromkeys(frame["dataset"].sort_values()))
    best = frame.groupby("dataset")["accuracy"].max()
    cells = {
        (row.lineage, row.dataset): _accuracy_cell(row, best[row.dataset])
        for row in frame.itertuples(index=False)
    }
    names = _titles(evidence)
    return View(
        caption="Every model on every data set: accuracy in percent on the test subset.",
        header=[("model",), *((names[name],) for name in datasets)],
        rows=[
            [Cell(lineage), *(cells.get((lineage, name), _EMPTY) for name in datasets)]
            for lineage in dict.fromkeys(frame["lineage"])
        ],
        notes=["A dash: the model has no head for the data set's classes.", interval_note(evidence)],
        wide=True,
    )


def _datasets_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Images (subjects) of each subset, and the printed images where there are some."""
    parts = ["train", "validation", "test"]
    printed = ["printed_total", "printed_training", "printed_validation", "printed_test"]
    has_printed = bool(frame[printed].notna().any(axis=None))
    header = [
        ("", "data set"),
        ("", "images (subjects)"),
        *(("images (subjects) for", part) for part in parts),
    ]
    if has_printed:
        header += [("printed images", name.removeprefix("printed_")) for name in printed]
    rows = []
    for line in frame.to_dict("records"):
        sizes = [(line["images"], line["subjects"])] + [
            (line[f"{p}_images"], line[f"{p}_subjects"]) for p in parts
        ]
        cells = [Cell(line["title"]), *(Cell(f"{images:,} ({subjects:,})") for images, subjects in sizes)]
        shown = [_EMPTY if pd.isna(line[name]) else Cell(f"{line[name]:,}") for name in printed]
        rows.append([*cells, *(shown if has_printed else [])])
    return View("The data sets and their subsets.", header, rows, notes=data_notes(evidence), wide=True)


def _detection_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Faces found and not found."""
    rows = [
        [
            Cell(line.title),
            *(Cell(f"{value:,}") for value in (line.images, line.detected, line.undetected)),
            Cell(f"{line.share:.1f}"),
            _EMPTY if pd.isna(line.eyes) else Cell(f"{line.eyes:,}"),
        ]
        for line in frame.itertuples(index=False)
    ]
    header = ["data set", "images", "detected", "undetected", "detected, %", "both eyes found"]
    return View(
        "Faces detected in each data set.",
        [(name,) for name in header],
        rows,
        notes=["An image in which no face was detected stays in its subset and counts as a wrong answer."],
    )


#: What lays out each table: from its frame and the evidence to its view.
VIEWS = {
    "memory_integrity": _integrity_view,
    "memory_forgetting": _forgetting_view,
    "memory_levels": _levels_view,
    "memory_matrix": _matrix_view,
    "datasets": _datasets_view,
    "detection": _detection_view,
}


def _by_strategy(frame: pd.DataFrame, entries: Callable[[str, int], list[Cell]]) -> list[list[Cell]]:
    """Return one row a strategy and fraction, the strategy's name on the first of its rows only."""
    rows, last = [], None
    for strategy, fraction in frame[["strategy", "fraction"]].drop_duplicates().itertuples(index=False):
        name = strategy if strategy != last else ""
        share = Cell(f"{fraction} %") if fraction else _EMPTY
        rows.append([Cell(name), share, *entries(strategy, fraction)])
        last = strategy
    return rows


def _accuracy_cell(row: Any, best: float) -> Cell:
    printed = getattr(row, "published", float("nan"))
    beside = "" if pd.isna(printed) else f"({printed:.2f})"
    return Cell(f"{row.accuracy:.1f}", row.accuracy == best, f"[{row.low:.1f}, {row.high:.1f}]", beside)


def _forgetting_cells(line: pd.Series) -> tuple[Cell, Cell]:
    """Return the entries for forgetting and gain of one trial."""
    lost, won = (_points_cell(line, kind) for kind in _KINDS)
    beside = f"({_points(line['forgetting_from_best'])})" if _differs(line) else ""
    return lost._replace(beside=beside), won


def _differs(line: pd.Series) -> bool:
    """Whether forgetting from the best earlier stage is another number than forgetting from the baseline."""
    return bool(abs(line["forgetting"] - line["forgetting_from_best"]) > 1e-9)


def _points_cell(line: Any, name: str) -> Cell:
    if pd.isna(line[name]):
        return _EMPTY
    low, high = (_points(line[f"{name}_{end}"]) for end in ("low", "high"))
    return Cell(_points(line[name]), interval=f"[{low}, {high}]")


def _points(value: float) -> str:
    """Write a difference with one digit, a true minus, and no minus on a rounded zero."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1f}"


def _titles(evidence: Evidence) -> dict[str, str]:
    return {name: settings.title for name, settings in evidence.settings.datasets.items()}
