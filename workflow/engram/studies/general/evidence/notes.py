"""The notes under the general study's tables: what the numbers are, and how they differ from the paper's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from engram.core.records import read_record
from engram.reporting.tables import interval_words
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import UNLABELLED
from engram.studies.general.methods import Role
from engram.studies.general.task_plan import GeneralTask

__all__ = [
    "PRINTED",
    "UNIC",
    "imported_words",
    "interval_note",
    "left_out_notes",
    "left_out_tasks",
    "metric_note",
    "origin_notes",
    "printed_note",
    "protocol_notes",
    "sizes_note",
    "stand_in_notes",
    "training_note",
]

#: What the printed figures show of themselves.
PRINTED = {
    "transfer": "The printed figures of CNN, P-CNN and the fine-tuned networks on Identity-LFW are of "
    "networks trained on 100,000 faces of VGGFace2 besides; ours are not, unless a note says so.",
    "source": "The printed E_unique is the fine-tuned student: its four figures that Table 3 has as well are "
    "those of 'h_unique fine-tuned'.",
    "reconstruction": "The printed averages of PCA (0.31) and E_MT (0.92) are not the plain means of the six "
    "printed figures (0.30 and 0.88); ours are plain means.",
}
#: A student that the paper does not have.
UNIC = (
    "h_UNIC is not in the paper: a student that learns all source embeddings directly, with teacher dropping "
    "(UNIC, Sariyildiz et al. 2024)."
)


def interval_note(evidence: GeneralEvidence, more: str = "") -> str:
    """Say how many seeds there were and what the brackets hold."""
    seeds = len(evidence.params.seeds)
    runs = "One seed" if seeds == 1 else f"Means over {seeds} seeds"
    return f"{runs}. {interval_words(evidence.params.evidence.confidence)} {more}".strip()


def metric_note(frame: pd.DataFrame) -> str:
    """Explain the metrics that occur."""
    words = {
        "accuracy": "accuracy (↑) is in percent",
        "MAE": "MAE (↓) is the mean absolute error",
        "error rate": "the error rate (↓) is the mean over attributes, in percent",
    }
    used = [text for name, text in words.items() if name in set(frame["metric"])]
    text = "; ".join(used)
    return (
        f"{text[:1].upper()}{text[1:]}. A face that was not detected is a wrong answer, or for a number the "
        "middle between the data set's smallest and largest label."
    )


def sizes_note(frame: pd.DataFrame, evidence: GeneralEvidence) -> str:
    """Give the number of test faces, subjects and undetected faces of each task."""
    titles = {item.name: item.title for item in (*evidence.targets, *evidence.sources)}
    sizes = []
    for name in frame["task"].unique():
        found = evidence.outcomes[name]
        row = frame[frame["task"] == name].iloc[0]
        missed = int((~found.detected).sum())
        subjects = f"{row['subjects']:,}"
        what = (
            f"pairs in {subjects} folds"
            if found.task.protocol == "pairs"
            else f"faces of {subjects} subjects"
        )
        undetected = f", {missed} undetected" if missed else ""
        sizes.append(f"{titles[name]} {row['n']:,} {what}{undetected}")
    return f"Tested on: {'; '.join(sizes)}."


def left_out_tasks(evidence: GeneralEvidence, role: Role) -> list[GeneralTask]:
    """Return the tasks of a role that could not be solved."""
    return [item for item in evidence.tasks if item.role == role and item.name in evidence.left_out]


def left_out_notes(evidence: GeneralEvidence, role: Role) -> list[str]:
    """Say which tasks were left out and why, and what of the others was not tested."""
    notes = [
        f"Left out: {item.title}. The reason: {evidence.left_out[item.name]}"
        for item in left_out_tasks(evidence, role)
    ]
    solved = [item for item in evidence.tasks if item.role == role and item.name in evidence.untested]
    return notes + [
        f"{item.title}: {'; '.join(evidence.untested[item.name])}."
        for item in solved
        if item.name not in evidence.left_out
    ]


def protocol_notes(
    evidence: GeneralEvidence, protocols: Sequence[str] = ("leave_one_out", "pairs")
) -> list[str]:
    """Explain each protocol that is not a plain split into subsets."""
    words = {
        "leave_one_out": "On {} each subject is tested by heads and networks that have not seen it; what is "
        "chosen (BT, BCT, where P-CNN starts) is chosen anew for each of them, by additive kernel ridge in "
        "five inner folds of the other subjects.",
        "pairs": "On {} two faces are compared; the threshold of each fold comes from the other nine, and "
        "the folds take the place of subjects.",
    }
    notes = []
    for protocol in protocols:
        names = [item.title for item in evidence.targets if item.protocol == protocol]
        if names:
            notes.append(words[protocol].format(_list(names)))
        grouped = [
            f"{item.title} ({item.folds})"
            for item in evidence.targets
            if item.protocol == protocol and item.folds is not None
        ]
        if grouped:
            notes.append(f"Several subjects are left out at once, in this number of folds: {_list(grouped)}.")
    if "pairs" in protocols:
        notes += [_learnt_elsewhere(evidence, item) for item in _verified(evidence)]
    return notes + _own_notes(evidence, protocols)


def _own_notes(evidence: GeneralEvidence, protocols: Sequence[str]) -> list[str]:
    """Return what the configuration says of each target, once for targets of the same words."""
    titles: dict[str, list[str]] = {}
    # A table of one protocol alone has no target with a plain split.
    shown = {*protocols, *(["split"] if len(protocols) > 1 else [])}
    for item in evidence.targets:
        if item.note and item.protocol in shown:
            titles.setdefault(item.note, []).append(item.title)
    return [f"{_list(names)}: {note.rstrip('.')}." for note, names in titles.items()]


def _verified(evidence: GeneralEvidence) -> list[GeneralTask]:
    """Return the verifications by official pairs, or learnt on another data set."""
    found = [item for item in evidence.targets if item.protocol == "pairs"]
    return [item for item in found if item.pairs == "official" or item.trained_on]


def _learnt_elsewhere(evidence: GeneralEvidence, item: GeneralTask) -> str:
    pairs = "its pairs and folds are those of its owners" if item.pairs == "official" else "pairs are drawn"
    if item.trained_on is None:
        return f"{item.title}: {pairs}; networks learn subjects of it that stand in no pair."
    faces = f"at most {item.trained_faces:,} faces" if item.trained_faces else "the training subset"
    (title,) = _titles(evidence, [item.trained_on])
    return (
        f"{item.title}: {pairs}. Embeddings are scaled, encoders chosen and networks trained on {faces} of "
        f"{title}, and on no face of {_titles(evidence, [item.dataset])[0]}."
    )


def origin_notes(evidence: GeneralEvidence) -> list[str]:
    """Say which encoders others trained, and which faces are drawn."""
    chosen = evidence.params.datasets
    drawn = [name for name in evidence.datasets if chosen[name].reader == "drawn"]
    notes = []
    imported = imported_words(evidence)
    if imported:
        notes.append(f"Encoders that others trained: {_list(imported)}.")
    trained = len(imported) < len(evidence.general.encoders)
    if drawn:
        which = "all data sets" if len(drawn) == len(evidence.datasets) else _list(_titles(evidence, drawn))
        notes.append(
            f"Drawn faces stand in for photographs in {which}"
            f"{', and smaller encoders trained on them for the published ones' * trained}; no printed figure "
            "belongs beside them."
        )
    return notes


def stand_in_notes(evidence: GeneralEvidence) -> list[str]:
    """Say which data, encoders and tasks are not the paper's own."""
    notes = origin_notes(evidence)
    pairs = [f"{item.title} for {item.stands_for}" for item in evidence.targets if item.stands_for]
    if pairs:
        notes.append(f"Stand-ins: {', '.join(pairs)}.")
    return notes


def imported_words(evidence: GeneralEvidence) -> list[str]:
    """Say of each imported encoder what it is, how large, and how its faces were cut out."""
    found = []
    for name, encoder in evidence.general.encoders.items():
        if encoder.imported is None:
            continue
        chosen = encoder.imported
        count = evidence.encoders[name].metrics.get("parameters")
        size = "parameters not told" if count is None else f"{count / 1e6:,.2f} M parameters"
        kind = chosen.architecture or chosen.format
        crop = evidence.general.faces if encoder.crop is None else encoder.crop
        found.append(
            f"{name} ({kind}, {size}, faces of {encoder.size} pixels with a margin of {crop.margin:g})"
        )
    return found


def printed_note(frame: pd.DataFrame, kind: str = "") -> list[str]:
    """Say whose figures stand in parentheses, if there are any."""
    if "published" not in frame or not frame["published"].notna().any():
        return []
    text = "In parentheses: the figure printed by Vielzeuf, Lechervy, Pateux and Jurie (2019)."
    return [text, *([PRINTED[kind]] if kind in PRINTED else [])]


def training_note(evidence: GeneralEvidence) -> str:
    """Say on how many unlabelled faces the embeddings were fused, and in which number format."""
    names = evidence.general.unsupervised
    formats = Counter(
        read_record(path).environment.get("precision", "unrecorded")
        for path in evidence.student_records.values()
    )
    used = _list([f"{word} ({count})" for word, count in sorted(formats.items())])
    faces = sum(int(evidence.preparation[name].metrics["images"]) for name in names)
    return (
        f"{UNLABELLED} is {_list(_titles(evidence, names))}: {faces:,} faces, where the paper has "
        f"4,120,000. Number format of the students' training: {used}."
    )


def _list(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _titles(evidence: GeneralEvidence, names: list[str]) -> list[str]:
    return [evidence.params.datasets[name].title for name in names]
