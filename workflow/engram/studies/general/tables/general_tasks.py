"""The source and target tasks of this run with their data sets and encoders, and the published task that
each is or stands for.

Table 1 of Vielzeuf et al. (2019), who call a task on a data set a piece of knowledge.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Cell, Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import UNLABELLED
from engram.studies.general.evidence.notes import left_out_notes, origin_notes, training_note
from engram.studies.general.tables._results import count_cell, word_cell
from engram.studies.general.task_plan import GeneralTask

__all__ = ["TABLE"]

_COLUMNS = [
    *["task", "title", "role", "label", "dataset", "faces", "subjects", "protocol", "published"],
    *["stands_for", "encoder", "architecture", "embedding", "parameters"],
]


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the source and target tasks, and the unlabelled faces, a row a data set.

    Columns: task (its name), title, role (source, target, unsupervised), label (what is predicted),
    dataset, faces, subjects, protocol, published, stands_for, and for sources encoder, architecture,
    embedding (values) and parameters (missing where the encoder's record has no count). Without a data set,
    faces are missing.
    """
    rows = [_source_row(evidence, name) for name in evidence.general.encoders]
    rows += [_target_row(evidence, item) for item in evidence.tasks if item.role == "target"]
    rows += [
        {
            "task": UNLABELLED if place == 0 else f"{UNLABELLED}/{name}",
            "title": UNLABELLED,
            "role": "unsupervised",
            **_faces(evidence, name),
        }
        for place, name in enumerate(evidence.general.unsupervised)
    ]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.astype(dict.fromkeys(("faces", "subjects", "embedding", "parameters"), "Int64"))


def _source_row(evidence: GeneralEvidence, name: str) -> dict:
    settings = evidence.general.encoders[name]
    tested = {item.encoder: item for item in evidence.tasks if item.role == "source"}
    imported = settings.imported
    origin = f"imported ({imported.architecture or imported.format})" if imported else settings.architecture
    return {
        "task": f"source_{name}",
        "title": name,
        "role": "source",
        "label": settings.knows or None,
        **_faces(evidence, settings.dataset),
        "protocol": tested[name].protocol if name in tested else None,
        "published": settings.published,
        "encoder": name,
        "architecture": origin,
        "embedding": settings.embedding,
        "parameters": evidence.encoders[name].metrics.get("parameters"),
    }


def _target_row(evidence: GeneralEvidence, item: GeneralTask) -> dict:
    return {
        "task": item.name,
        "title": item.title,
        "role": "target",
        "label": item.task,
        **_faces(evidence, item.dataset),
        "protocol": item.protocol,
        "published": item.published,
        "stands_for": item.stands_for,
    }


def _faces(evidence: GeneralEvidence, dataset: str | None) -> dict:
    if dataset is None:
        return {}
    metrics = evidence.preparation[dataset].metrics
    return {"dataset": dataset, "faces": int(metrics["images"]), "subjects": int(metrics["subjects"])}


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    titles = {name: dataset.title for name, dataset in evidence.params.datasets.items()}
    rows, last = [], None
    for line in frame.to_dict("records"):
        rows.append(
            [
                Cell(line["role"] if line["role"] != last else ""),
                Cell(line["title"]),
                word_cell(line["label"]),
                word_cell(titles.get(line["dataset"])),
                count_cell(line["faces"]),
                count_cell(line["subjects"]),
                word_cell(line["protocol"]),
                word_cell(line["architecture"]),
                count_cell(line["embedding"]),
                count_cell(line["parameters"]),
                word_cell(line["published"] if isinstance(line["published"], str) else line["stands_for"]),
            ]
        )
        last = line["role"]
    heads = ["role", "task", "label", "data set", "faces", "subjects", "protocol", "encoder", "embedding"]
    heads += ["parameters", "is or stands for"]
    return View(
        "Knowledge is a task on a domain: what the encoders know, and what is asked.",
        [(head,) for head in heads],
        rows,
        text_columns=4,
        notes=[
            training_note(evidence),
            *left_out_notes(evidence, "target"),
            *left_out_notes(evidence, "source"),
            *origin_notes(evidence),
        ],
        wide=True,
    )


TABLE = Table(_frame, _view, keys=("task",))
