"""From settings to the list of what the general study does: its data sets, operators and methods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Protocol

from engram.config import GeneralSettings, Settings
from engram.core.paths import Layout
from engram.studies.general.methods import BASELINES, Method, Student, methods, students
from engram.studies.general.operators import FUSED, FusionOperator, fusion_operators, sizes_swept
from engram.studies.general.task_plan import GeneralTask, general_tasks

__all__ = [
    "EXPORTED",
    "Representation",
    "embedding_groups",
    "encoder_warnings",
    "export_files",
    "finetune_methods",
    "general_datasets",
    "general_records",
    "learnt_datasets",
    "operators",
    "overlap_targets",
    "prediction_folders",
    "probe_methods",
    "representations",
    "represented",
    "represented_datasets",
    "shown_datasets",
    "subsets_of_encoders",
    "target_datasets",
    "target_methods",
    "trainable_encoders",
]

#: Most data sets whose faces a figure shows.
_MOST_SHOWN = 3
#: The exported student: its weights in three formats, its preprocessing, its card, the check that the
#: formats agree, and the record of the job.
EXPORTED = (
    "student.safetensors",
    "student.pt",
    "student.onnx",
    "preprocessing.json",
    "README.md",
    "check.json",
    "record.json",
)


def general_datasets(settings: Settings) -> list[str]:
    """Return the names of the data sets that the general study reads, sorted; none without it."""
    if settings.general is None:
        return []
    used = set(represented_datasets(settings.general))
    return sorted(used | {*settings.general.unsupervised})


def target_datasets(general: GeneralSettings) -> list[str]:
    """Return the targets' data sets, in the order of the settings."""
    return list(dict.fromkeys(target.dataset for target in general.targets.values()))


class _Shown(Protocol):
    """Settings of a data set, or the part of them that says whether its faces may be shown."""

    @property
    def show_faces(self) -> bool: ...


def shown_datasets(general: GeneralSettings, datasets: Mapping[str, _Shown]) -> list[str]:
    """Return the first of the targets' data sets whose faces may be shown, at most three."""
    return [name for name in target_datasets(general) if datasets[name].show_faces][:_MOST_SHOWN]


def represented_datasets(general: GeneralSettings) -> list[str]:
    """Return the data sets of all tasks, sorted: those whose faces are represented."""
    tasks = general_tasks(general)
    return sorted({name for item in tasks for name in (item.dataset, item.learnt_on)})


def learnt_datasets(general: GeneralSettings) -> list[str]:
    """Return the data sets that encoders made here, fusion, students and targets learn from."""
    encoders = [encoder.dataset for encoder in general.encoders.values() if encoder.imported is None]
    targets = [item.learnt_on for item in general_tasks(general) if item.role == "target"]
    return list(dict.fromkeys([*filter(None, encoders), *general.unsupervised, *targets]))


def overlap_targets(general: GeneralSettings) -> list[str]:
    """Return the data sets whose test subsets tables report on: the targets', then D_unsup's."""
    return list(dict.fromkeys([*target_datasets(general), *general.unsupervised]))


def operators(general: GeneralSettings) -> list[str]:
    """Return the names of the operators that are fitted."""
    return list(fusion_operators(general))


@dataclass(frozen=True)
class Representation:
    """A frozen embedding of every face: an operator's code, or the embedding of a student."""

    name: str
    source: FusionOperator | Student

    @property
    def by_student(self) -> bool:
        """Whether a student gives it, from images; an operator reads the source embeddings."""
        return isinstance(self.source, Student)

    def model(self, layout: Layout, seed: object) -> Path:
        """Return the model that gives it."""
        if isinstance(self.source, Student):
            return layout.student(self.source.kind, seed) / "model.safetensors"
        return layout.fusion(self.source.name, seed) / "model.safetensors"


def represented(general: GeneralSettings) -> list[Representation]:
    """Return the frozen representations: h_G, PCA, the students', then the sweep over h_G's size."""
    kept = [operator for operator in fusion_operators(general).values() if operator.representation]
    fixed = sorted(
        (operator for operator in kept if operator.size is None), key=lambda operator: operator != FUSED
    )
    swept = [operator for operator in kept if operator.size is not None]
    return [
        *(Representation(operator.representation, operator) for operator in fixed),
        *(Representation(student.representation, student) for student in students(general)),
        *(Representation(operator.representation, operator) for operator in swept),
    ]


def representations(general: GeneralSettings) -> list[str]:
    """Return the names of the frozen representations, in their order."""
    return [found.name for found in represented(general)]


def probe_methods(general: GeneralSettings, item: GeneralTask) -> list[Method]:
    """Return the methods that solve a task by heads on frozen embeddings, in the order of predictions."""
    found = [method for method in methods(general, item.role) if method.step == "probe"]
    order = representations(general)
    # Methods that read no representation come first.
    found.sort(key=lambda method: order.index(method.name) if method.name in order else -1)
    return found + (_swept(general) if item.role == "target" else [])


def _swept(general: GeneralSettings) -> list[Method]:
    """Return the methods of the sweep over h_G's size, which tables leave out."""
    return [Method(name, name, "probe", "representation", operators=(name,)) for name in sizes_swept(general)]


def finetune_methods(general: GeneralSettings, item: GeneralTask) -> list[Method]:
    """Return the methods that train a whole network for a task: students in the order of the settings.

    P-CNN is none of them where no encoder can be trained further, nor is CNN unless a source asks for it.
    """
    kinds = [None, *students(general)]
    found = [
        method
        for method in methods(general, item.role)
        if method.step == "finetune"
        and (method.name != "p_cnn" or trainable_encoders(general))
        and (method.reads != "nothing" or item.role == "target" or _scratch(general, item))
    ]
    return sorted(found, key=lambda method: kinds.index(method.student))


def target_methods(general: GeneralSettings) -> list[Method]:
    """Return the methods that solve targets, in the order of tables; not the baselines."""
    return [
        method
        for method in methods(general, "target")
        if method.name not in BASELINES and (method.name != "p_cnn" or trainable_encoders(general))
    ]


def trainable_encoders(general: GeneralSettings) -> list[str]:
    """Return the encoders that P-CNN can start from: a program in a file is run as it is."""
    return [
        name
        for name, encoder in general.encoders.items()
        if encoder.imported is None or encoder.imported.trainable
    ]


def _scratch(general: GeneralSettings, item: GeneralTask) -> bool:
    """Return whether a source's task is also learnt from random weights."""
    return item.encoder is not None and general.encoders[item.encoder].scratch


def subsets_of_encoders(general: GeneralSettings) -> list[tuple[str, ...]]:
    """Return every non-empty subset of the encoders, small ones first: 63 of six."""
    names = list(general.encoders)
    return [chosen for size in range(1, len(names) + 1) for chosen in combinations(names, size)]


def embedding_groups(general: GeneralSettings) -> dict[str, list[str]]:
    """Return the encoders by stored faces and size of input; a job reads each face once for a whole group."""
    groups: dict[str, list[str]] = {}
    for name, encoder in general.encoders.items():
        group = f"size{encoder.size}" if encoder.crop is None else re.sub(r"\W", "_", encoder.stored)
        groups.setdefault(group, []).append(name)
    return groups


def encoder_warnings(settings: Settings) -> list[str]:
    """Return a sentence for each imported encoder whose input is larger than the faces that are stored."""
    if settings.general is None:
        return []
    stored = settings.general.faces.size
    return [
        f"general.encoders.{name}: its input has {encoder.size} pixels, but stored faces have {stored}, so "
        "it knows less of them than it could. Cut faces out for it (`crop: {margin: 0}`), or raise "
        f"'general.faces.size' to {encoder.size}."
        for name, encoder in settings.general.encoders.items()
        if encoder.imported is not None and encoder.crop is None and encoder.size > stored
    ]


def general_records(settings: Settings, layout: Layout) -> list[Path]:
    """Return the records of encoders, operators, students, representations, subset searches, predictions.

    They are in the order in which jobs write them; there are none without the study. The records of
    faces, of single shards of embeddings and of the export are not among them.
    """
    general = settings.general
    if general is None:
        return []
    items = general_tasks(general)
    folders = [layout.encoder(name) for name in general.encoders]
    folders += [
        layout.fusion(name, seed) for name in operators(general) for seed in settings.seeds_of("general")
    ]
    folders += [
        layout.student(kind, seed) for kind in general.students for seed in settings.seeds_of("general")
    ]
    folders += [layout.representations(name) for name in represented_datasets(general)]
    folders += [layout.selection(item.name) for item in items if item.role == "target"]
    for item in items:
        folders += [layout.transfer(item.name, folder) for folder in prediction_folders(general, item)]
    return [folder / "record.json" for folder in [*folders, layout.views]]


def prediction_folders(general: GeneralSettings, item: GeneralTask) -> list[str]:
    """Return the folders of a task's predictions: ``frozen`` for all probes, and one for each network."""
    return ["frozen", *(method.name for method in finetune_methods(general, item))]


def export_files(layout: Layout) -> list[Path]:
    """Return the files of the exported student."""
    return [layout.export / name for name in EXPORTED]
