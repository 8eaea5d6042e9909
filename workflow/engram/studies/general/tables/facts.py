"""What was studied: the knowledge with its data and encoders (Table 1), and the faces found (Table 2)."""

from __future__ import annotations

import pandas as pd

from engram.studies.general.collect import GeneralEvidence
from engram.studies.general.plan import GeneralTask
from engram.studies.general.printed import read_printed

__all__ = ["UNLABELLED", "detection_table", "knowledge_table"]

#: What the unlabelled faces are called.
UNLABELLED = "D_unsup"


def knowledge_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the source and target knowledge, and the unlabelled faces (Table 1).

    Columns: knowledge, title, role (source, target, unsupervised), task, dataset, faces, persons,
    protocol, published, stands_for, and for sources encoder, architecture, embedding (values) and
    parameters (missing where the encoder's record has no count). Without a data set, faces are missing.
    """
    rows = [_source_row(evidence, name) for name in evidence.general.encoders]
    rows += [_target_row(evidence, item) for item in evidence.targets]
    name = evidence.general.unsupervised
    rows.append(
        {"knowledge": UNLABELLED, "title": UNLABELLED, "role": "unsupervised", **_faces(evidence, name)}
    )
    frame = pd.DataFrame(rows, columns=_KNOWLEDGE)
    return frame.astype(dict.fromkeys(("faces", "persons", "embedding", "parameters"), "Int64"))


def detection_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return how many faces were found in each data set (Table 2).

    Columns: dataset, title, images, detected, undetected, share (percent of images with a face), then
    ``printed_detected`` and ``printed_undetected`` where it is the published domain.
    """
    printed = read_printed("detection").set_index("domain").add_prefix("printed_")
    rows = []
    for name in evidence.datasets:
        metrics, settings = evidence.preparation[name].metrics, evidence.settings.datasets[name]
        known = settings.published in printed.index
        rows.append(
            {
                "dataset": name,
                "title": settings.title,
                **{key: int(metrics[key]) for key in ("images", "detected", "undetected")},
                "share": 100 * metrics["detected"] / metrics["images"],
                **(printed.loc[settings.published].to_dict() if known else {}),
            }
        )
    columns = ["dataset", "title", "images", "detected", "undetected", "share", *printed.columns]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(printed.columns, "Int64"))


_KNOWLEDGE = [
    *["knowledge", "title", "role", "task", "dataset", "faces", "persons", "protocol", "published"],
    *["stands_for", "encoder", "architecture", "embedding", "parameters"],
]


def _source_row(evidence: GeneralEvidence, name: str) -> dict:
    settings = evidence.general.encoders[name]
    tested = {item.encoder: item for item in evidence.sources}
    imported = settings.imported
    origin = f"imported ({imported.architecture or imported.format})" if imported else settings.architecture
    return {
        "knowledge": f"source_{name}",
        "title": name,
        "role": "source",
        "task": settings.task,
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
        "knowledge": item.name,
        "title": item.title,
        "role": "target",
        "task": item.task,
        **_faces(evidence, item.dataset),
        "protocol": item.protocol,
        "published": item.published,
        "stands_for": item.stands_for,
    }


def _faces(evidence: GeneralEvidence, dataset: str | None) -> dict:
    if dataset is None:
        return {}
    metrics = evidence.preparation[dataset].metrics
    return {"dataset": dataset, "faces": int(metrics["images"]), "persons": int(metrics["subjects"])}
