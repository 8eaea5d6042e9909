"""From settings to the list of what the general study does: its tasks, operators and methods.

A task, with its data set, is what Vielzeuf et al. (2019, section 3.1) call a piece of knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal, Protocol

from engram.config import GeneralSettings, Settings
from engram.config.base import Strict
from engram.core.labels import kind_of
from engram.core.paths import Layout
from engram.studies.general.methods import BASELINES, Method, Role, Student, methods, students
from engram.studies.general.operators import FUSED, FusionOperator, fusion_operators, sizes_swept

__all__ = [
    "EXPORTED",
    "GeneralTask",
    "Representation",
    "Task",
    "embedding_groups",
    "encoder_warnings",
    "export_files",
    "finetune_methods",
    "general_datasets",
    "general_records",
    "general_tasks",
    "learnt_datasets",
    "operators",
    "overlap_targets",
    "prediction_folders",
    "probe_methods",
    "representations",
    "represented",
    "represented_datasets",
    "shard_rows",
    "shown_datasets",
    "subsets_of_encoders",
    "target_datasets",
    "target_methods",
    "trainable_encoders",
]

#: Pairs of view 2 of LFW: ten folds of 300 of the same subject and 300 of different ones.
_LFW_PAIRS = 6000
#: Fields that a task has from the settings of its target.
_OF_TARGETS = {
    "dataset",
    "task",
    "protocol",
    "folds",
    "pairs",
    "trained_on",
    "trained_faces",
    "published",
    "stands_for",
    "note",
}
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


class Task(Strict):
    """A task on a data set: all that training may know of it."""

    name: str
    """Its key: a target's own, or ``source_`` and the encoder's, of its further tasks with the task."""
    role: Role
    dataset: str
    task: str
    """The label that is predicted: one of `engram.core.labels.TARGET_TASKS`."""
    protocol: Literal["split", "leave_one_out", "pairs"]
    folds: int | None = None
    """For ``leave_one_out``: folds of several subjects; None for one a subject."""
    pairs: int | Literal["official"] = 600
    """Pairs of faces, for protocol ``pairs``, or those of the data set's owners."""
    trained_on: str | None = None
    """For ``pairs``, another data set that everything but the test is done on."""
    trained_faces: int | None = None
    """For ``pairs``, how many training faces are learnt from at most."""
    encoder: str | None = None
    """For a source, the encoder that was trained on it."""

    @property
    def kind(self) -> str:
        """What sort of label it is; see `engram.core.labels.kind_of`."""
        return kind_of(self.task)

    @property
    def learnt_on(self) -> str:
        """The data set of its training and validation faces."""
        return self.trained_on or self.dataset

    @property
    def pair_count(self) -> int:
        """How many pairs there are, all folds together; of official ones as many as LFW's view 2 has."""
        return _LFW_PAIRS if self.pairs == "official" else self.pairs


class GeneralTask(Task):
    """One row of the study's tables: a task with its headings."""

    title: str
    published: str | None = None
    """Its name in the published tables, if it is that very task."""
    stands_for: str | None = None
    """The published task that it stands in for."""
    note: str = ""
    """What tables say of it."""

    def solved(self) -> Task:
        """Return the task without its words, so that a new title trains nothing again."""
        return Task(**self.model_dump(include=set(Task.model_fields)))


def general_tasks(general: GeneralSettings) -> list[GeneralTask]:
    """Return all tasks: the targets, then the sources, each in the order of the settings."""
    targets = [
        GeneralTask(
            name=name,
            title=chosen.title or name,
            role="target",
            **chosen.model_dump(include=_OF_TARGETS),
        )
        for name, chosen in general.targets.items()
    ]
    sources = [
        GeneralTask(
            name=f"source_{name}" if number == 0 else f"source_{name}_{task}",
            title=name if len(encoder.tasks) == 1 else f"{name} ({task.replace('_', ' ')})",
            role="source",
            dataset=encoder.dataset,
            task=task,
            protocol="pairs" if task == "identity" else encoder.protocol,
            folds=None if task == "identity" else encoder.folds,
            pairs=encoder.pairs,
            trained_faces=encoder.trained_faces if task == "identity" else None,
            published=encoder.published,
            encoder=name,
        )
        for name, encoder in general.encoders.items()
        for number, task in enumerate(encoder.tasks)
        if encoder.dataset is not None
    ]
    return targets + sources


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


def shard_rows(faces: int, shard: int, shards: int) -> range:
    """Return the rows of one of ``shards`` nearly equal shards of a data set of ``faces`` faces."""
    return range(faces * shard // shards, faces * (shard + 1) // shards)


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
