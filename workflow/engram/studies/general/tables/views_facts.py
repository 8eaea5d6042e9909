"""The general study's other tables as people read them: choices, groups of people, data and encoders."""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.reporting.tables import Cell, View
from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.metrics import Metric, metric_of
from engram.studies.general.tables.headings import words_of
from engram.studies.general.tables.notes import interval_note, metric_note, stand_in_notes, training_note
from engram.studies.general.tables.selection import EVERYWHERE, METHODS
from engram.studies.general.tables.views import value_cell

__all__ = ["FACT_VIEWS"]

_EMPTY = Cell("–")


def _selection_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    items = {item.name: item for item in evidence.targets}
    rows, last = [], None
    for line in frame.itertuples(index=False):
        metric = metric_of(items[line.knowledge]) if line.knowledge in items else Metric("", "", 1, 1)
        title = f"all {len(items)} targets" if line.knowledge == EVERYWHERE else items[line.knowledge].title
        same = "yes" if line.same else ""
        if line.knowledge == EVERYWHERE:
            same = f"{line.same:.0f} of {len(items)}"
        rows.append(
            [
                Cell(title if line.knowledge != last else ""),
                Cell(METHODS[line.method]),
                Cell(f"{line.subsets:.0f}"),
                Cell(f"{line.seconds:.3g}"),
                _number(line.spearman, 2),
                Cell(same),
                _number(line.regret, 1),
                _number(line.test, metric.digits),
                _number(line.test_brute_force, metric.digits),
                _EMPTY if pd.isna(line.choice) else Cell(line.choice),
            ]
        )
        last = line.knowledge
    heads = ["knowledge", "method", "subsets", "seconds", "rank correlation", "same choice", "regret, %"]
    heads += ["test", "test, brute force", "choice"]
    notes = [
        "Brute force solves the task with a network on every subset of the source embeddings; the choice is "
        "what does best on validation. Rank correlation: Spearman's, of a method's scores with brute force's "
        "validation scores. Regret: what brute force's best validation score loses by the choice, in percent "
        "of it. Test: what the choice's network reaches, beside brute force's own choice. A dash: the method "
        "looks at some subsets only, or the value is not there.",
        "For all targets: the sum of seconds, the mean of correlations and regrets. The choices were made on "
        "validation and carry no intervals; those of BT and BCT on test stand in the table of operators.",
    ]
    return View(
        "Ways to choose a subset of the source embeddings.",
        [(head,) for head in heads],
        rows,
        text_columns=2,
        notes=[*notes, *stand_in_notes(evidence)],
        wide=True,
    )


def _groups_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    items = {item.name: item for item in evidence.targets}
    rows, last = [], (None, None)
    for line in frame.itertuples(index=False):
        item, metric = items[line.knowledge], metric_of(items[line.knowledge])
        rows.append(
            [
                Cell(item.title if line.knowledge != last[0] else ""),
                Cell(words_of(line.attribute) if (line.knowledge, line.attribute) != last else ""),
                Cell(words_of(line.group)),
                Cell(f"{line.n:,} ({line.persons:,})"),
                value_cell(line, float("nan"), metric),
            ]
        )
        last = (line.knowledge, line.attribute)
    notes = [
        "Each group's own interval; two groups' intervals may overlap where their difference is beyond "
        "doubt, and the reverse. A group of few persons says little.",
        *([metric_note(frame)] if len(frame) else []),
        interval_note(evidence),
        *stand_in_notes(evidence),
    ]
    heads = ["knowledge", "by", "group", "test faces (persons)", "fine-tuned student"]
    return View(
        "The fine-tuned student for each group of people.",
        [(head,) for head in heads],
        rows,
        text_columns=3,
        notes=notes,
    )


def _knowledge_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    titles = {name: settings.title for name, settings in evidence.settings.datasets.items()}
    rows, last = [], None
    for line in frame.to_dict("records"):
        rows.append(
            [
                Cell(line["role"] if line["role"] != last else ""),
                Cell(line["title"]),
                _word(line["task"]),
                _word(titles.get(line["dataset"])),
                _count(line["faces"]),
                _count(line["persons"]),
                _word(line["protocol"]),
                _word(line["architecture"]),
                _count(line["embedding"]),
                _count(line["parameters"]),
                _word(line["published"] if isinstance(line["published"], str) else line["stands_for"]),
            ]
        )
        last = line["role"]
    heads = ["role", "knowledge", "task", "data set", "faces", "persons", "protocol", "encoder", "embedding"]
    heads += ["parameters", "is or stands for"]
    return View(
        "Knowledge is a task on a domain: what the encoders know, and what is asked.",
        [(head,) for head in heads],
        rows,
        text_columns=4,
        notes=[training_note(evidence), *stand_in_notes(evidence)[:1]],
        wide=True,
    )


def _detection_view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    printed = bool(frame["printed_detected"].notna().any())
    rows = [
        [
            Cell(line.title),
            *(_count(value) for value in (line.images, line.detected, line.undetected)),
            Cell(f"{line.share:.1f}"),
            *([_count(line.printed_detected), _count(line.printed_undetected)] if printed else []),
        ]
        for line in frame.itertuples(index=False)
    ]
    heads = ["data set", "images", "detected", "undetected", "detected, %"]
    heads += ["printed: detected", "undetected"] if printed else []
    return View(
        "Faces detected in each data set of the general study.",
        [(head,) for head in heads],
        rows,
        notes=[
            "An undetected face stays in its subset: it counts as a wrong answer, or as the middle of the "
            "range for a number.",
            *stand_in_notes(evidence)[:1],
        ],
    )


#: What lays out the tables around the results: from a frame and the evidence to a view.
FACT_VIEWS = {
    "general_selection": _selection_view,
    "general_groups": _groups_view,
    "general_knowledge": _knowledge_view,
    "general_detection": _detection_view,
}


def _number(value: float, digits: int) -> Cell:
    return _EMPTY if pd.isna(value) else Cell(f"{value:.{digits}f}".replace("-", "−"))


def _count(value: Any) -> Cell:
    return _EMPTY if pd.isna(value) else Cell(f"{value:,}")


def _word(value: Any) -> Cell:
    return Cell(words_of(value)) if isinstance(value, str) and value else _EMPTY
