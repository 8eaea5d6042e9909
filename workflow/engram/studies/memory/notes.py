"""The notes under the memory study's tables: what the numbers are, and how they differ from the paper's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from engram.reporting.tables import interval_words
from engram.reporting.words import listed
from engram.studies.memory.collect import Evidence
from engram.studies.memory.printed import FACTS

__all__ = [
    "accuracy_notes",
    "data_notes",
    "folds_notes",
    "interval_note",
    "stand_in_notes",
    "unlearnt_notes",
]


def accuracy_notes(has_printed: bool, evidence: Evidence, bold: str = "the best of each column") -> list[str]:
    """Return the notes of a table of accuracies; ``has_printed`` if printed ones stand beside them."""
    notes = [_sizes_note(evidence), f"{interval_note(evidence)} In bold: {bold}."]
    if has_printed:
        notes.append("In parentheses: the figure printed by Tannugi, Britto and Koerich (2019).")
    notes += folds_notes(evidence) + unlearnt_notes(evidence, "accuracy on the source")
    return [*notes, *_paper_notes(evidence), _format_note(evidence)]


def data_notes(evidence: Evidence) -> list[str]:
    """Return the notes of the table of data sets."""
    schemes = {
        "subject": "No subject is in two subsets of {}.",
        "published": "In {} the subjects of the test subset are in no other, but validation is drawn from "
        "the subjects trained on, by whole takes where these are known, as the printed sizes require.",
        "official": "The subsets of {} are those of its owners.",
        "official_test": "On {} the owners name the test subjects, who are in no other subset; nor is any "
        "other subject in two.",
    }
    splits = {name: evidence.settings.datasets[name].split for name in evidence.datasets}
    notes = []
    for scheme, words in schemes.items():
        names = [name for name, split in splits.items() if split.scheme == scheme and split.folds is None]
        if names:
            notes.append(words.format(listed(_titles(evidence, names))))
    folded = [name for name, split in splits.items() if split.folds is not None]
    notes += [_fold_note(evidence, name) for name in folded]
    if folded:
        notes.append(f"Training and validation of {listed(_titles(evidence, folded))} are means over folds.")
    notes.append(
        "Fractions of a training subset take whole takes where these are known, and whole subjects elsewhere."
    )
    return [*notes, *_paper_notes(evidence)]


def unlearnt_notes(evidence: Evidence, what: str) -> list[str]:
    """Say which strategies never train on the source and so lack something, such as forgetting."""
    names = list(dict.fromkeys(trial.strategy for trial in evidence.trials if not trial.learnt_source))
    return [f"{listed(names)}: never trained on the source, so there is no {what}."] if names else []


def folds_notes(evidence: Evidence) -> list[str]:
    """Say how data sets with folds are tested, and who answers for the others; empty without folds."""
    names = [name for name in evidence.datasets if evidence.settings.datasets[name].split.folds is not None]
    notes = [_fold_note(evidence, name) for name in names]
    if names:
        notes.append(
            "Where training is in folds, there is a model a fold. On any other data set each test image is "
            "predicted by one of these models, dealt out by chance in equal numbers: the accuracy there "
            "estimates the mean over the models."
        )
    return notes


def _fold_note(evidence: Evidence, name: str) -> str:
    split = evidence.settings.datasets[name].split
    how = (
        f"leaving one of its {split.folds} subjects out"
        if split.scheme == "leave_one_out"
        else f"in {split.folds} folds of its subjects"
    )
    return (
        f"{_title(evidence, name)} is tested {how}: each subject once, by models that were trained and "
        "chosen on other subjects."
    )


def interval_note(evidence: Evidence, paired: bool = False) -> str:
    """Say what the brackets hold."""
    return interval_words(evidence.settings.evidence.confidence, paired)


def _sizes_note(evidence: Evidence) -> str:
    """Give the number of test images, subjects and undetected faces of each data set, and of seeds."""
    sizes = []
    for name in dict.fromkeys(name for trial in evidence.trials for name in (trial.source, trial.target)):
        predictions = evidence.predictions[name]
        subjects = len(np.unique(predictions.subjects))
        missed = int((predictions.predicted[0, 0] < 0).sum())
        undetected = f", {missed} undetected" if missed else ""
        sizes.append(
            f"{_title(evidence, name)} {len(predictions.rows):,} images of {subjects:,} subjects{undetected}"
        )
    seeds = len(evidence.seeds)
    return (
        f"{'One seed' if seeds == 1 else f'Means over {seeds} seeds'}. Test subsets: {'; '.join(sizes)}. "
        "An undetected face is a wrong answer."
    )


def stand_in_notes(evidence: Evidence) -> list[str]:
    """Say which data sets are not the paper's."""
    settings = evidence.settings.datasets
    strangers = [name for name in evidence.datasets if settings[name].published is None]
    drawn = [_title(evidence, name) for name in strangers if settings[name].reader == "drawn"]
    other = [_title(evidence, name) for name in strangers if settings[name].reader != "drawn"]
    notes = []
    if drawn:
        notes.append(
            f"Drawn faces stand in for photographs in {listed(drawn)}; no printed figure belongs beside them."
        )
    if other:
        notes.append(f"The paper did not use {listed(other)}; no printed figure belongs beside them.")
    return notes


def _paper_notes(evidence: Evidence) -> list[str]:
    """Say which data sets are not the paper's, and what the printed figures of the others show."""
    published = [evidence.settings.datasets[name].published for name in evidence.datasets]
    return stand_in_notes(evidence) + [FACTS[name] for name in published if name in FACTS]


def _format_note(evidence: Evidence) -> str:
    """Count the number formats that the models were trained in."""
    formats = Counter(
        record.environment.get("precision", "unrecorded") for record in evidence.training.values()
    )
    return (
        "Number format of training: "
        + listed([f"{name} ({count} models)" for name, count in sorted(formats.items())])
        + "."
    )


def _title(evidence: Evidence, name: str) -> str:
    return evidence.settings.datasets[name].title


def _titles(evidence: Evidence, names: Iterable[str]) -> list[str]:
    return [_title(evidence, name) for name in names]
