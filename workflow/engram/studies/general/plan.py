"""From settings to the list of what the general study does: its knowledge, operators and approaches.

*Knowledge* is a task on a domain (Vielzeuf et al. 2019, section 3.1); an *approach* is a way to
solve one, a column of their Table 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from engram.config import GeneralSettings, Settings
from engram.core.labels import kind_of
from engram.core.paths import Layout

__all__ = [
    "AUTOENCODERS",
    "CHOSEN",
    "EXPORTED",
    "METHODS",
    "TEACHERS",
    "GeneralTask",
    "embedding_groups",
    "export_files",
    "frozen_methods",
    "fused_sizes",
    "general_datasets",
    "general_records",
    "general_tasks",
    "operators",
    "representations",
    "represented_datasets",
    "shard_rows",
    "sizes_swept",
    "subsets_of_encoders",
    "trained_methods",
]

#: Every approach, with its heading in tables, in their order.
METHODS = {
    "original": "original",
    "cnn": "CNN",
    "p_cnn": "P-CNN",
    "concat": "Concat",
    "pca": "PCA",
    "bt": "BT",
    "bct": "BCT",
    "h_g": "h_G",
    "h_mt": "h_MT",
    "h_mt_tuned": "h_MT fine-tuned",
    "h_unique": "h_unique",
    "h_unique_tuned": "h_unique fine-tuned",
    "h_unic": "h_UNIC",
    "h_unic_tuned": "h_UNIC fine-tuned",
}
#: Operators that learn to reconstruct by gradient descent (Table 5).
AUTOENCODERS = ("ae", "vae", "dae")
#: Approaches that selection gives: best single embedding, best combination.
CHOSEN = ("bt", "bct")
#: The operator whose file tells a student what to learn: h_G, or only how to standardise.
TEACHERS = {"unique": "ae", "mt": "concat", "unic": "concat"}
#: The student for others: its weights in three formats, what is done to images, its card, the proof
#: that the formats agree, and the record of the job.
EXPORTED = (
    "student.safetensors",
    "student.pt",
    "student.onnx",
    "preprocessing.json",
    "README.md",
    "check.json",
    "record.json",
)


@dataclass(frozen=True)
class GeneralTask:
    """One row of the study's tables."""

    name: str
    """Its key: a target's own, or ``source_`` and the encoder's."""
    title: str
    role: Literal["source", "target"]
    dataset: str
    task: str
    protocol: Literal["split", "leave_one_out", "pairs"]
    pairs: int
    published: str | None
    """Its name in the published tables, if it is that very knowledge."""
    stands_for: str | None
    encoder: str | None = None
    """For a source, the encoder that has it."""

    @property
    def kind(self) -> str:
        """What sort of task it is; see `engram.core.labels.kind_of`."""
        return kind_of(self.task)


def general_tasks(general: GeneralSettings) -> list[GeneralTask]:
    """Return all knowledge: the targets', then the sources', each in the order of the settings."""
    targets = [
        GeneralTask(
            name,
            chosen.title or name,
            "target",
            chosen.dataset,
            chosen.task,
            chosen.protocol,
            chosen.pairs,
            chosen.published,
            chosen.stands_for,
        )
        for name, chosen in general.targets.items()
    ]
    sources = [
        GeneralTask(
            f"source_{name}",
            name,
            "source",
            encoder.dataset,
            encoder.task,
            "pairs" if encoder.task == "identity" else "split",
            600,
            encoder.published,
            None,
            name,
        )
        for name, encoder in general.encoders.items()
        if encoder.dataset is not None
    ]
    return targets + sources


def general_datasets(settings: Settings) -> list[str]:
    """Return the names of the data sets that the general study reads, sorted; none without it."""
    if settings.general is None:
        return []
    used = {item.dataset for item in general_tasks(settings.general)}
    return sorted(used | {settings.general.unsupervised})


def represented_datasets(general: GeneralSettings) -> list[str]:
    """Return the data sets of all knowledge, sorted: those whose faces are represented."""
    return sorted({item.dataset for item in general_tasks(general)})


def fused_sizes(general: GeneralSettings) -> list[int]:
    """Return the sizes of the fusing autoencoder's layers, from all embeddings together to h_G.

    Each is 4/7 of the one before unless the settings say otherwise: 5488, 3136, 1792, 1024 are
    the published ones.
    """
    total = sum(encoder.embedding for encoder in general.encoders.values())
    if general.fusion.hidden is not None:
        return [total, *general.fusion.hidden]
    return [total, *(round(total * (4 / 7) ** depth) for depth in (1, 2, 3))]


def sizes_swept(general: GeneralSettings) -> dict[str, int]:
    """Return the operators of the sweep over h_G's size by name: ``size_64`` -> 64."""
    return {f"size_{size}": size for size in sorted(set(general.fusion.sizes) - {fused_sizes(general)[-1]})}


def operators(general: GeneralSettings) -> list[str]:
    """Return every operator that is fitted: ``concat`` only standardises; ``ae`` gives h_G."""
    return ["concat", "pca", *AUTOENCODERS, *sizes_swept(general)]


def representations(general: GeneralSettings) -> list[str]:
    """Return the frozen representations that every data set's faces get."""
    return ["h_g", "pca", *(f"h_{kind}" for kind in general.students), *sizes_swept(general)]


def frozen_methods(general: GeneralSettings, item: GeneralTask) -> list[str]:
    """Return the approaches on frozen embeddings that one job solves for a piece of knowledge."""
    if item.role == "source":
        return ["original", "h_g", *(f"h_{kind}" for kind in general.students)]
    return ["concat", *representations(general)]


def trained_methods(general: GeneralSettings, item: GeneralTask) -> list[str]:
    """Return the approaches that train a whole network for a piece of knowledge."""
    if item.role == "source":
        return ["h_unique_tuned"]
    return ["cnn", "p_cnn", *(f"h_{kind}_tuned" for kind in general.students)]


def subsets_of_encoders(general: GeneralSettings) -> list[tuple[str, ...]]:
    """Return every non-empty subset of the encoders, small ones first: 63 of six."""
    names = list(general.encoders)
    return [chosen for size in range(1, len(names) + 1) for chosen in combinations(names, size)]


def embedding_groups(general: GeneralSettings) -> dict[str, list[str]]:
    """Return the encoders by the size of their input: a job reads each face once for all of a group."""
    groups: dict[str, list[str]] = {}
    for name, encoder in general.encoders.items():
        groups.setdefault(f"size{encoder.size}", []).append(name)
    return groups


def shard_rows(faces: int, shard: int, shards: int) -> range:
    """Return the rows of one of the ``shards`` parts of a data set of ``faces`` rows, nearly equal."""
    return range(faces * shard // shards, faces * (shard + 1) // shards)


def general_records(settings: Settings, layout: Layout) -> list[Path]:
    """Return the record of every encoder, operator, student, transfer and choice; none without the study.

    In the order in which they come to be. Not among them: the faces' records, which lie with the
    faces, those of single shards of embeddings, and the export's.
    """
    general = settings.general
    if general is None:
        return []
    items = general_tasks(general)
    folders = [layout.encoder(name) for name in general.encoders]
    folders += [layout.fusion(name, seed) for name in operators(general) for seed in settings.seeds]
    folders += [layout.student(kind, seed) for kind in general.students for seed in settings.seeds]
    folders += [layout.representations(name) for name in represented_datasets(general)]
    folders += [layout.selection(item.name) for item in items if item.role == "target"]
    for item in items:
        approaches = ["frozen", *trained_methods(general, item)]
        folders += [layout.transfer(item.name, approach) for approach in approaches]
    return [folder / "record.json" for folder in [*folders, layout.views]]


def export_files(layout: Layout) -> list[Path]:
    """Return the files of the student for others."""
    return [layout.export / name for name in EXPORTED]
