"""The notes under the study's tables: what the numbers are, and how they differ from the papers'."""

from __future__ import annotations

import numpy as np

from engram.reporting.tables import interval_words
from engram.reporting.words import listed
from engram.studies.entities.collect import Evidence
from engram.studies.entities.printed import NOT_FOUND

__all__ = ["data_notes", "drawn_notes", "interval_note", "score_notes", "titles"]

_MEASURE = (
    "F1 is micro-F1 of exact typed entities, strict: 2 right / (true + found). Parts of speech are scored "
    "by the accuracy of tokens, language by the fraction of masked words that are recovered."
)


def score_notes(evidence: Evidence, has_printed: bool, bold: str = "the best of each column") -> list[str]:
    """Return the notes of a table of scores; ``has_printed`` if printed ones stand beside them."""
    notes = [_MEASURE, _sizes_note(evidence), f"{interval_note(evidence)} In bold: {bold}."]
    if has_printed:
        notes.append(f"In parentheses: the printed figure. {NOT_FOUND}")
    return [*notes, *drawn_notes(evidence)]


def interval_note(evidence: Evidence, paired: bool = False) -> str:
    """Say what the brackets hold."""
    return interval_words(evidence.settings.evidence.confidence, paired).replace("subjects", "documents")


def drawn_notes(evidence: Evidence) -> list[str]:
    """Say which texts stand in for published ones."""
    drawn = [name for name in evidence.datasets if evidence.settings.texts[name].reader == "drawn"]
    if not drawn:
        return []
    names = listed(titles(evidence)[name] for name in drawn)
    return [f"Drawn text stands in for published text in {names}; no printed figure belongs beside it."]


def data_notes(evidence: Evidence) -> list[str]:
    """Return the notes of the table of texts."""
    alone = [
        titles(evidence)[name]
        for name in evidence.datasets
        if (evidence.sizes[name]["unit"] == "sentence").any()
    ]
    notes = [
        "No document is in two subsets. Unseen: mentions of the test subset whose words, whatever their "
        "case, are no mention of the training subset."
    ]
    if alone:
        notes.append(
            f"No documents are known in {listed(alone)}: sentences stand in their place, and intervals are "
            "too narrow where sentences of one document are alike."
        )
    return [*notes, *drawn_notes(evidence)]


def titles(evidence: Evidence) -> dict[str, str]:
    """Return the title of each text."""
    return {name: text.title for name, text in evidence.settings.texts.items()}


def _sizes_note(evidence: Evidence) -> str:
    """Give the number of test sentences and documents of each target and source, and of seeds."""
    names = dict.fromkeys(name for trial in evidence.trials for name in (trial.target, trial.source))
    seeds = len(evidence.seeds)
    sizes = [_size(evidence, name) for name in names]
    return f"{'One seed' if seeds == 1 else f'Means over {seeds} seeds'}. Test subsets: {'; '.join(sizes)}."


def _size(evidence: Evidence, name: str) -> str:
    predictions = next(iter(evidence.answers[name].values()))
    documents = len(np.unique(predictions.documents))
    return f"{titles(evidence)[name]} {len(predictions.rows):,} sentences of {documents:,} documents"
